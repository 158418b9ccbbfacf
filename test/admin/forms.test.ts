import { describe, expect, it } from 'vitest'
import { ACTIONS } from '../../src/admin/pages/forms.tsx'
import type { IncidentRecord } from '../../src/incidents/model.ts'
import { HOUR_MS } from '../../src/lib/clock.ts'
import { err } from '../../src/lib/result.ts'
import { START_MS } from './dashboard.ts'
import { dashboard, part } from './open-pages.ts'

const location = (response: Response) => [response.status, response.headers.get('Location')]

const INCIDENT = {
  title: 'Slow search',
  message: 'We look\ninto it.',
  stage: 'identified',
  severity: 'critical',
}

const INCIDENT_OF_PEOPLE: IncidentRecord = {
  id: 'incident-3',
  source: 'person',
  title: 'Slow search',
  severity: 'warning',
  stage: 'identified',
  monitors: [],
  startedAtMs: START_MS,
  timeline: [{ atMs: START_MS, kind: 'opened' }],
}

describe('the forms of the pages', () => {
  it('acknowledge', async () => {
    const { send, sources, html } = await dashboard()
    const answer = await send('/admin/pages/alerts/acknowledge', {
      alert: 'error-rate',
      by: ' kim ',
      note: '',
    })
    expect(location(answer)).toEqual([303, '/admin/pages/alerts?notice=acknowledged'])
    expect(sources.acts).toEqual([{ acknowledge: 'error-rate', by: 'kim', note: undefined }])
    expect(await html('/admin/pages/alerts?notice=acknowledged')).toContain('no more reminders')
    const gone = await send('/admin/pages/alerts/acknowledge', { alert: 'redis-down' })
    expect(location(gone)).toEqual([303, '/admin/pages/alerts?notice=not-firing'])
  })

  it('silence', async () => {
    const { send, sources } = await dashboard()
    const fields = { alert: 'error-rate', for: '4h', reason: 'upgrade', by: '' }
    expect(location(await send('/admin/pages/alerts/silence', fields))).toEqual([
      303,
      '/admin/pages/alerts?notice=silenced',
    ])
    expect(sources.acts).toEqual([
      { silence: { matcher: { alert: 'error-rate' }, untilMs: START_MS + 4 * HOUR_MS, reason: 'upgrade' } },
    ])
  })

  it('silence, and say what to do where there are too many', async () => {
    const { send, sources } = await dashboard()
    sources.silenceAnswer = err({ message: 'there are 100 silences', retryable: false })
    const fields = { alert: 'error-rate', for: '4h', reason: 'upgrade', by: '' }
    const answer = await send('/admin/pages/alerts/silence', fields)
    expect(answer.status).toBe(409)
    expect(await answer.text()).toContain('there are 100 silences')
  })

  it('end a silence', async () => {
    const { send } = await dashboard()
    for (const [id, notice] of [
      ['silence-1', 'unsilenced'],
      ['silence-2', 'no-silence'],
    ] as const) {
      expect(location(await send('/admin/pages/alerts/unsilence', { id }))).toEqual([
        303,
        `/admin/pages/alerts?notice=${notice}`,
      ])
    }
  })

  it('delete a pushed group', async () => {
    const { send, sources, html } = await dashboard()
    const [, labels = ''] = /name="labels" value="([^"]*)"/.exec(await html('/admin/pages/pushed')) ?? []
    const answer = await send('/admin/pages/pushed/delete', { labels: labels.replaceAll('&quot;', '"') })
    expect(location(answer)).toEqual([303, '/admin/pages/pushed?notice=group-deleted'])
    expect(sources.acts).toEqual([{ remove: { instance: 'db-1', job: 'nightly' } }])
    const gone = await send('/admin/pages/pushed/delete', { labels: '{"job":"other"}' })
    expect(location(gone)).toEqual([303, '/admin/pages/pushed?notice=no-group'])
    for (const wrong of ['', '[]', '{"job":1}', '{']) {
      expect((await send('/admin/pages/pushed/delete', { labels: wrong })).status).toBe(400)
    }
  })

  it.each([
    ['acknowledge', { alert: '' }],
    ['silence', { alert: 'error-rate', for: '1h', reason: '  ' }],
    ['silence', { alert: 'error-rate', for: '999d', reason: 'x' }],
    ['silence', { alert: 'error-rate', for: '1h', reason: 'a\u0000b' }],
    ['acknowledge', { alert: 'error-rate', by: 'a\u0000b' }],
    ['silence', { alert: 'Not A Slug', for: '1h', reason: 'x' }],
    ['unsilence', {}],
  ])('refuse a wrong %s: %j', async (form, fields) => {
    const { send, sources } = await dashboard()
    expect((await send(`/admin/pages/alerts/${form}`, fields as Record<string, string>)).status).toBe(400)
    expect(sources.acts).toEqual([])
  })

  it.each(Object.values(ACTIONS))('do nothing without the CSRF token: %s', async (action) => {
    const { send, sources } = await dashboard()
    const fields = { ...INCIDENT, alert: 'error-rate', for: '1h', reason: 'x', id: 'incident-1' }
    const answer = await send(action, { ...fields, labels: '{"job":"nightly"}', csrf: 'wrong' })
    expect(answer.status).toBe(403)
    expect(await answer.text()).not.toContain('We look')
    expect(sources.acts).toEqual([])
  })

  it.each(['nothing', '__proto__', 'toString', '<b>'])(
    'say nothing of an unknown outcome %j',
    async (notice) => {
      const { html } = await dashboard()
      expect(await html(`/admin/pages/alerts?notice=${encodeURIComponent(notice)}`)).not.toContain(
        'class="notice',
      )
    },
  )
})

describe('the forms of incidents', () => {
  it('post one, with the monitors that it is about', async () => {
    const { send, sources } = await dashboard()
    const fields = { ...INCIDENT, monitors: 'api-health', by: ' ' }
    const answer = await send('/admin/pages/incidents/post', fields)
    expect(location(answer)).toEqual([303, '/admin/pages/incidents?notice=posted'])
    expect(sources.acts).toEqual([
      {
        post: {
          title: 'Slow search',
          severity: 'critical',
          monitors: ['api-health'],
          stage: 'identified',
          text: 'We look\ninto it.',
        },
      },
    ])
  })

  it('update and amend one, and lead back to it', async () => {
    const { send, sources } = await dashboard()
    const update = { id: 'incident-1', stage: 'resolved', message: 'It was the disk.', by: 'kim' }
    expect(location(await send('/admin/pages/incidents/update', update))).toEqual([
      303,
      '/admin/pages/incidents?incident=incident-1&notice=updated-internal',
    ])
    const amendment = { id: 'incident-1', title: 'API was down' }
    expect(location(await send('/admin/pages/incidents/amend', amendment))).toEqual([
      303,
      '/admin/pages/incidents?incident=incident-1&notice=amended',
    ])
    expect(sources.acts).toEqual([
      { id: 'incident-1', update: { stage: 'resolved', text: 'It was the disk.', by: 'kim' } },
      { id: 'incident-1', amendment: { title: 'API was down', monitors: [] } },
    ])
  })

  it('say beside the field what is wrong, and keep what was entered', async () => {
    const { send, sources } = await dashboard()
    const fields = { ...INCIDENT, form: 'post-incident', title: ' ', by: 'k"im', monitors: 'api-health' }
    const answer = await send('/admin/pages/incidents/post', fields)
    expect(answer.status).toBe(400)
    const page = await answer.text()
    const [, form = ''] =
      /<details open=""><summary>Post an incident<\/summary>(.*?)<\/details>/s.exec(page) ?? []
    expect(page).toMatch(/role="alert">That could not be done: title: it is empty/)
    expect(form).toMatch(
      /<input name="title" aria-invalid="true" aria-describedby="post-incident-title-mistake" autofocus=""/,
    )
    expect(form).toContain(
      '<small class="mistake" id="post-incident-title-mistake">Title, for the public: it is empty',
    )
    expect(form).toContain('We look\ninto it.</textarea>')
    expect(form).toContain('<option value="identified" selected="">')
    expect(form).toMatch(/value="api-health" checked=""/)
    expect(form).toContain('value="k&quot;im"')
    // What somebody is at work on must not be replaced.
    expect(page).not.toContain('data-refresh-seconds')
    expect(sources.acts).toEqual([])
  })

  it('say why something can not be done as things stand', async () => {
    const { send, sources } = await dashboard()
    sources.refusal = 'there are 50 open incidents'
    const answer = await send('/admin/pages/incidents/post', { ...INCIDENT, form: 'post-incident' })
    expect(answer.status).toBe(409)
    expect(part(await answer.text(), 'open')).toContain('Not done: there are 50 open incidents')
    const gone = await send('/admin/pages/incidents/update', {
      form: 'update-incident',
      id: '../../admin',
      stage: 'resolved',
      message: 'x',
    })
    expect(gone.status).toBe(404)
    expect(await gone.text()).toContain('That could not be done: no such incident')
  })

  it('offer only the stages that are taken', async () => {
    const { html, sources } = await dashboard()
    const stages = async () =>
      [
        ...(await html('/admin/pages/incidents?incident=incident-1'))
          .split('id="update-incident"')[1]!
          .split('</form>')[0]!
          .matchAll(/<option value="(\w+)"/g),
      ].map(([, stage]) => stage)
    expect(await stages()).toEqual([])
    expect(await html('/admin/pages/incidents?incident=incident-1')).toContain(
      '<input type="hidden" name="stage" value="resolved"',
    )
    const { resolvedAtMs: _, ...open } = sources.incidents[0]!
    sources.incidents = [{ ...open, stage: 'investigating' }]
    expect(await stages()).toEqual(['investigating', 'identified', 'monitoring'])
    sources.incidents = [{ ...open, stage: 'investigating', source: 'person' }]
    expect(await stages()).toEqual(['investigating', 'identified', 'monitoring', 'resolved'])
  })
})

describe('an incident that only the team sees', () => {
  const OF_RULE: IncidentRecord = {
    id: 'error-rate-1',
    source: 'rule',
    title: 'Error rate',
    severity: 'critical',
    stage: 'identified',
    monitors: ['api-health'],
    startedAtMs: START_MS - HOUR_MS,
    alert: 'error-rate',
    summary: 'High error rate: 7 %',
    timeline: [
      { atMs: START_MS - HOUR_MS, kind: 'opened', text: 'High error rate: 7 %' },
      { atMs: START_MS, kind: 'update', stage: 'identified', text: 'A full disk.', by: 'kim' },
    ],
  }
  const PUBLISHED: IncidentRecord = {
    ...INCIDENT_OF_PEOPLE,
    id: 'incident-2',
    title: 'Checkout fails',
    publishes: OF_RULE.id,
  }
  const path = `/admin/pages/incidents?incident=${OF_RULE.id}`
  const withIncidents = async (...incidents: IncidentRecord[]) => {
    const opened = await dashboard()
    opened.sources.incidents = incidents
    return opened
  }

  it('names an internal title, a silence and a note after the end as what they are', async () => {
    const { html, sources } = await withIncidents({
      ...OF_RULE,
      stage: 'resolved',
      resolvedAtMs: START_MS + 2,
      timeline: [
        { atMs: START_MS, kind: 'silenced', text: 'silenced: upgrade' },
        { atMs: START_MS + 1, kind: 'update', stage: 'resolved', text: 'Has room.' },
        { atMs: START_MS + 2, kind: 'resolved' },
        { atMs: START_MS + 3, kind: 'update', stage: 'resolved', text: 'It was the log.' },
      ],
    })
    const page = part(await html(path), 'incident')
    expect(page).toMatch(/Silenced : upgrade .*Resolved : Has room\. .*Resolved .*Note : It was the log\./)
    const publicTitles = async () =>
      part(await html(path), 'incident').split('Title, for the public').length - 1
    expect(await publicTitles(), 'only where it is published').toBe(1)
    sources.incidents = [{ ...INCIDENT_OF_PEOPLE, id: OF_RULE.id }]
    expect(await publicTitles(), 'only where it is changed').toBe(1)
  })

  it('says so where one types, and when the update is posted', async () => {
    const { html, send, sources } = await withIncidents(OF_RULE)
    const page = part(await html(path), 'incident')
    expect(page).toContain('Post an internal update')
    expect(page).toContain('Internal: only people who sign in here see it.')
    const update = { id: OF_RULE.id, stage: 'monitoring', message: 'Has room again.' }
    const [status, to] = location(await send('/admin/pages/incidents/update', update))
    expect([status, to]).toEqual([303, `${path}&notice=updated-internal`])
    expect(await html(to as string)).toContain('Internal update posted: the status page does not show it.')
    sources.incidents = [{ ...OF_RULE, source: 'monitor', alert: 'monitor-private' }]
    expect(part(await html(path), 'incident')).toContain('Post an internal update')
    sources.incidents = [{ ...OF_RULE, source: 'monitor', alert: 'monitor-api-health' }]
    const ofPublicMonitor = part(await html(path), 'incident')
    expect(ofPublicMonitor).toContain('Post a public update')
    expect(ofPublicMonitor).not.toContain('Publish')
    expect(location(await send('/admin/pages/incidents/update', update))).toEqual([
      303,
      `${path}&notice=updated`,
    ])
  })

  it('is published with the text of its latest update', async () => {
    const { html, send, sources } = await withIncidents(OF_RULE)
    const form = (await html(path)).split('id="publish-incident"')[1]!.split('</form>')[0]!
    expect(form).toContain('A full disk.</textarea>')
    expect(form).toMatch(/name="title"[^>]* value="Error rate"/)
    expect(form).toMatch(/value="api-health" checked=""/)
    expect(form).toContain('<input type="hidden" name="severity" value="critical"')
    const answer = await send('/admin/pages/incidents/publish', {
      id: OF_RULE.id,
      severity: 'critical',
      stage: 'identified',
      title: 'Checkout fails',
      message: 'Some orders fail.',
      monitors: 'api-health',
    })
    expect(location(answer)).toEqual([303, '/admin/pages/incidents?incident=incident-2&notice=published'])
    expect(sources.acts).toEqual([
      {
        post: {
          title: 'Checkout fails',
          text: 'Some orders fail.',
          stage: 'identified',
          severity: 'critical',
          monitors: ['api-health'],
          publishes: OF_RULE.id,
        },
      },
    ])
  })

  it('leads to what publishes it, and can be published again once that is resolved', async () => {
    const published = { ...OF_RULE, publishedAs: PUBLISHED.id }
    const { html, sources } = await withIncidents(published, PUBLISHED)
    const page = await html(path)
    expect(page).toContain(
      'Published as <a href="/admin/pages/incidents?incident=incident-2">Checkout fails</a>',
    )
    expect(page).not.toContain('id="publish-incident"')
    expect(part(await html('/admin/pages/incidents?incident=incident-2'), 'incident')).toMatch(
      /Publishes the internal incident Error rate : identified/,
    )
    sources.incidents = [published, { ...PUBLISHED, stage: 'resolved', resolvedAtMs: START_MS }]
    expect(await html(path)).toContain('id="publish-incident"')
  })

  it('is withdrawn where a person posted it', async () => {
    const { html, send, sources } = await withIncidents(OF_RULE, PUBLISHED)
    expect(await html(path)).not.toContain('id="withdraw-incident"')
    expect(await html('/admin/pages/incidents?incident=incident-2')).toContain('id="withdraw-incident"')
    expect(location(await send('/admin/pages/incidents/withdraw', { id: 'incident-2' }))).toEqual([
      303,
      '/admin/pages/incidents?notice=incident-withdrawn',
    ])
    expect(sources.acts).toEqual([{ withdrawIncident: 'incident-2' }])
    const refused = await send('/admin/pages/incidents/withdraw', {
      id: OF_RULE.id,
      form: 'withdraw-incident',
    })
    expect(refused.status).toBe(409)
    expect(await refused.text()).toContain('error-rate opened this incident')
  })
})

describe('the forms of maintenance', () => {
  it('announce it in UTC', async () => {
    const { send, sources, html } = await dashboard()
    expect(await html('/admin/pages/monitors')).toContain('type="datetime-local" value="2026-11-21T12:03"')
    const answer = await send('/admin/pages/monitors/announce', {
      title: 'Upgrade',
      from: '2026-12-01T02:00',
      to: '2026-12-01T03:30:15',
    })
    expect(location(answer)).toEqual([303, '/admin/pages/monitors?notice=announced'])
    expect(sources.acts).toEqual([
      {
        announce: {
          title: 'Upgrade',
          monitors: [],
          fromMs: Date.UTC(2026, 11, 1, 2),
          toMs: Date.UTC(2026, 11, 1, 3, 30, 15),
        },
      },
    ])
  })

  it.each([
    ['from', { from: 'tomorrow' }, 'From (UTC): a time such as'],
    ['to', { to: '2026-12-01T01:00' }, 'To (UTC): a time after from'],
    ['monitors', { monitors: 'none-of-ours' }, 'Monitors (none chosen: all): no monitor of this name'],
  ])('say what is wrong with %s', async (_, wrong, told) => {
    const { send, sources } = await dashboard()
    const answer = await send('/admin/pages/monitors/announce', {
      form: 'announce-maintenance',
      title: 'Upgrade',
      from: '2026-12-01T02:00',
      to: '2026-12-01T03:00',
      ...wrong,
    })
    expect(answer.status).toBe(400)
    const page = await answer.text()
    expect(part(page, 'maintenance')).toContain(told)
    expect(page).toMatch(/name="title"[^>]* value="Upgrade"/)
    expect(sources.acts).toEqual([])
  })

  it('withdraw it', async () => {
    const { send, sources } = await dashboard()
    expect(location(await send('/admin/pages/monitors/withdraw', { id: 'window-1' }))).toEqual([
      303,
      '/admin/pages/monitors?notice=withdrawn',
    ])
    const gone = await send('/admin/pages/monitors/withdraw', { id: 'window-2' })
    expect(gone.status).toBe(404)
    expect(await gone.text()).toContain('no such announced maintenance')
    expect(sources.acts).toEqual([{ withdraw: 'window-1' }, { withdraw: 'window-2' }])
  })
})

describe('the form of the business numbers', () => {
  it('has MongoDB asked, and tells what came of it', async () => {
    const { send, sources, html } = await dashboard()
    const ask = async () => location(await send('/admin/pages/business/refresh', {}))
    expect(await ask()).toEqual([303, '/admin/pages/business?notice=business-asked'])
    expect(sources.acts).toEqual(['refresh'])
    sources.business = { ...sources.business!, problem: 'timed out' }
    expect(await ask()).toEqual([303, '/admin/pages/business?notice=business-not-asked'])
    expect(await html('/admin/pages/business')).toContain('action="/admin/pages/business/refresh"')
  })
})
