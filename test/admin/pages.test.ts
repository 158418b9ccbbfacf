import { describe, expect, it } from 'vitest'
import written from '../../edgewatch.config.ts'
import { PAGES } from '../../src/admin/pages/layout.tsx'
import { START_MS } from './dashboard.ts'
import { dashboard, part } from './open-pages.ts'
import { BUSY, FakeSources, totals } from './sources.ts'

describe('the pages', () => {
  it('say what there is', async () => {
    const { html } = await dashboard()
    const overview = await html('/admin')
    expect(part(overview, 'firing')).toContain('High error rate: 7 %')
    expect(part(overview, 'health')).toContain('healthy The service')
    expect(part(overview, 'requests')).toContain('10/s')
    expect(part(overview, 'scheduler')).toContain('Failed 1')

    const requests = await html('/admin/pages/requests')
    expect(part(requests, 'routes')).toMatch(/\/orders 36,000 10(\.\d+)?\/s 1 % 17.5 ms/)

    const alerts = await html('/admin/pages/alerts')
    expect(part(alerts, 'active')).toMatch(/critical High error rate.*firing for 1h.*Told: pager/)
    expect(part(alerts, 'silences')).toMatch(/redis-memory End .*2026-11-21 13:03:05 upgrade kim/)
    expect(part(alerts, 'deliveries')).toMatch(/webhook being retried .* answered 500/)
    expect(part(alerts, 'deliveries')).toMatch(/slack-alerts given up .* answered 404/)
    expect(part(alerts, 'deliveries')).toMatch(/pager delivered/)

    const incidents = await html('/admin/pages/incidents?incident=incident-1')
    expect(part(incidents, 'past')).toMatch(
      /resolved API is down API is down: status 500 .* lasted 5m, internal, monitor-api/,
    )
    expect(part(incidents, 'incident')).toMatch(
      /pager was told that it fires .* Identified by kim: a bad deploy/,
    )
    expect(await html('/admin/pages/incidents?incident=other')).toContain('No such incident')

    const monitors = await html('/admin/pages/monitors?monitor=api-health')
    expect(part(monitors, 'monitor')).toMatch(/API health .* Uptime, 7 days 99.50 %/)
    expect(part(monitors, 'monitor')).toMatch(/80 ms 120 ms .*11:33 – –/)
    expect(part(monitors, 'monitors')).toMatch(
      /API health down 5m 99.50 % us-east IAD 87 ms eu-west unknown status 500, expected 2xx/,
    )
    expect(part(monitors, 'maintenance')).toMatch(/Database upgrade under way .* all/)

    const dependencies = await html('/admin/pages/dependencies')
    expect(part(dependencies, 'mongodb')).toMatch(/up .*4 ms.*12 of 100.*300 MiB of 1 GiB.*1 GiB of 10 GiB/)
    expect(part(dependencies, 'redis')).toMatch(/2 KiB of an unknown size/)
    expect(part(dependencies, 'collections')).toContain('orders 1,234')

    const cache = await html('/admin/pages/cache')
    expect(part(cache, 'use')).toContain('Hit rate 75 %')

    const business = await html('/admin/pages/business')
    expect(part(business, 'business')).toMatch(
      /Monthly revenue \$597 Customers 3 Active today 17 Active yesterday 41/,
    )
    for (const [id, text] of [
      ['chart-users', 'Users 2026-11-20 41'],
      ['chart-revenue', '2026-11-21 $597 2026-11-20 $398'],
      ['chart-tiers', 'growth $597'],
      ['chart-customers', 'growth 3'],
      ['chart-frameworks', 'GRI 12'],
      ['chart-coverage', 'GRI 61.5 %'],
    ] as const) {
      expect(part(business, id)).toContain(text)
    }
    expect(part(business, 'events')).toContain('4 room for 10,000')

    const pushed = await html('/admin/pages/pushed')
    expect(part(pushed, 'groups')).toMatch(
      /instance="db-1", job="nightly" last push failed .* 1 metric, 2 samples .* backup_bytes gauge 2/,
    )

    const settings = await html('/admin/pages/settings')
    expect(part(settings, 'disabled')).toContain('alerts.receivers.pagerduty PAGERDUTY_KEY')
    expect(part(settings, 'config')).toContain('alerts.rules.error-rate.over 5m')

    const links = await html('/admin/pages/links')
    expect(links).toContain('<a href="https://grafana.test/d/1" rel="noreferrer">')
    expect(part(links, 'channels')).toContain('critical nobody')
  })

  it.each(PAGES.map(({ path }) => path))('%s has what every page has', async (path) => {
    const { html, csrf } = await dashboard()
    const page = await html(path)
    expect(page).toMatch(/^<!DOCTYPE html>/)
    expect(page).toContain(`<a href="${path}" aria-current="page">`)
    expect(page).toContain('<time datetime="2026-11-21T12:03:05.000Z">')
    expect(
      page
        .split('<form')
        .slice(1)
        .every((form) => form.includes(`value="${csrf}"`)),
    ).toBe(true)
    // Nothing that the Content-Security-Policy would refuse.
    expect(page).not.toMatch(/<script(?![^>]*src=)|<style|\sstyle=|\son\w+=|javascript:/)
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)
    expect(ids).toEqual([...new Set(ids)])
  })

  it('say what is not there yet', async () => {
    const sources = new FakeSources()
    sources.totals = []
    sources.cacheCounts = []
    sources.collections = []
    sources.alerts = {
      active: [],
      rules: [],
      notifications: { pending: 0, dead: 0 },
      scheduler: {},
      resolved: [],
      outbox: { pending: [], dead: [], delivered: [] },
      silences: [],
    }
    sources.incidents = []
    sources.groups = []
    sources.business = { backlog: 0, maxBacklog: 10_000, problem: 'timed out' }
    sources.monitors = { monitors: [], maintenance: [], controlSilentSinceMs: START_MS }
    const { html } = await dashboard(sources)
    const overview = await html('/admin')
    expect(part(overview, 'firing')).toContain('the scheduler has not run')
    expect(part(overview, 'requests')).toContain('No requests in the last hour')
    const alerts = await html('/admin/pages/alerts')
    for (const [id, text] of [
      ['active', 'No rule was evaluated yet'],
      ['silences', 'Nothing is silenced'],
      ['rules', 'The configuration has no rules'],
      ['deliveries', 'Nobody was told of anything'],
    ] as const) {
      expect(part(alerts, id)).toContain(text)
    }
    const incidents = await html('/admin/pages/incidents')
    expect(part(incidents, 'open')).toContain('No incident is open')
    expect(part(incidents, 'past')).toContain('No incident was resolved')
    const monitors = await html('/admin/pages/monitors')
    expect(part(monitors, 'monitors')).toMatch(/API health unknown .* nowhere yet .* were not judged yet/)
    expect(part(monitors, 'monitors')).toContain('probes.controlUrl gives no answer since 20')
    expect(part(monitors, 'maintenance')).toContain('No maintenance')
    expect(part(await html('/admin/pages/requests'), 'routes')).toContain('No requests in this time')
    expect(part(await html('/admin/pages/business'), 'business')).toMatch(
      /did not answer: timed out.*not asked yet/,
    )
    expect(part(await html('/admin/pages/pushed'), 'groups')).toContain('Nothing was pushed')
    expect(part(await html('/admin/pages/cache'), 'use')).toContain('was not used yet')
    expect(part(await html('/admin/pages/dependencies'), 'collections')).toContain('has no collections')
  })

  it('link the runbook of what fires, wherever somebody looks for it', async () => {
    const sources = new FakeSources()
    const runbook = 'https://wiki.test/errors?a=1&b=2'
    const link = '<a href="https://wiki.test/errors?a=1&amp;b=2" rel="noreferrer">Runbook'
    const withRunbook = (text: string) => {
      sources.alerts = {
        ...BUSY,
        active: BUSY.active.map((each) => ({ ...each, runbook: text })),
        rules: BUSY.rules.map((each) => ({ ...each, runbook: text })),
      }
      sources.incidents = [{ ...sources.incidents[0]!, runbook: text }]
    }
    withRunbook(runbook)
    const { html } = await dashboard(sources)
    const incident = '/admin/pages/incidents?incident=incident-1'
    expect((await html('/admin')).split(link)).toHaveLength(2)
    expect((await html('/admin/pages/alerts')).split(link)).toHaveLength(1 + 1 + BUSY.rules.length)
    expect((await html(incident)).split(link)).toHaveLength(1 + 2)
    for (const text of ['javascript:alert(1)', 'data:text/html,x', 'ask kim']) {
      withRunbook(text)
      for (const path of ['/admin', '/admin/pages/alerts', incident]) {
        const page = await html(path)
        expect(page).toContain(`Runbook: ${text}`)
        expect(page).not.toContain(`href="${text}`)
      }
    }
  })

  it('show the alert first that a link names, also without a fragment', async () => {
    const sources = new FakeSources()
    const [alert] = BUSY.active
    sources.alerts = {
      ...BUSY,
      active: [alert!, { ...alert!, alert: 'mongodb-down', summary: 'MongoDB is down' }],
    }
    const { html } = await dashboard(sources)
    const order = async (path: string) =>
      [...(await html(path)).matchAll(/<li id="([^"]*)"( class="chosen")?/g)].map(([, id, chosen]) => [
        id,
        chosen !== undefined,
      ])
    expect(await order('/admin/pages/alerts?alert=mongodb-down')).toEqual([
      ['mongodb-down', true],
      ['error-rate', false],
    ])
    expect(await order('/admin/pages/alerts?alert=redis-down')).toEqual([
      ['error-rate', false],
      ['mongodb-down', false],
    ])
    const gone = part(await html('/admin/pages/alerts?alert=redis-down'), 'active')
    expect(gone).toContain('redis-down is not active.')
    expect(part(await html('/admin/pages/alerts?alert=Call+555'), 'active')).not.toContain('Call')
    expect(await html('/admin')).toContain('href="/admin/pages/alerts?alert=mongodb-down"')
  })

  it('say of a monitor that recovers, a silence of nothing and rules without data how they stand', async () => {
    const sources = new FakeSources()
    const { reason: _, ...down } = sources.monitors.monitors[0]!
    const last = { atMs: START_MS, outcome: 'up', latencyMs: 87 } as const
    const recovering = { ...down, regions: [{ region: 'us-east', state: 'down', last } as const] }
    sources.monitors = { ...sources.monitors, monitors: [recovering] }
    const silence = sources.alerts.silences[0]!
    const rule = {
      rule: 'redis-memory',
      severity: 'warning',
      condition: 'redis_memory_ratio > 0.85',
    } as const
    sources.alerts = {
      ...BUSY,
      silences: [silence, { ...silence, id: 'silence-2', matcher: { alert: 'redis-memroy' } }],
      rules: [
        { ...rule, state: 'no_data' },
        { ...rule, rule: 'slow-p95', state: 'inactive' },
      ],
    }
    const { html } = await dashboard(sources)
    expect(part(await html('/admin/pages/monitors'), 'monitors')).toContain(
      'answers again; at least one more',
    )
    const alerts = await html('/admin/pages/alerts')
    expect(part(alerts, 'silences')).toContain('redis-memroy matches nothing now')
    expect(part(alerts, 'silences').match(/matches nothing/g)).toHaveLength(1)
    expect(part(alerts, 'rules')).toMatch(/redis-memory no data – .*slow-p95 fine nothing to measure/)
    expect(part(alerts, 'rules')).toContain('without memoryBytes')
  })

  it('say what is switched off, and how to switch it on', async () => {
    const sources = new FakeSources()
    sources.variables = {}
    sources.ingestTokens = []
    sources.business = undefined
    sources.groups = []
    sources.facts = {
      dependencies: { checkedAtMs: START_MS, mongodb: { state: 'disabled' }, redis: { state: 'disabled' } },
      scheduler: undefined,
    }
    const { html } = await dashboard(sources)
    expect(part(await html('/admin/pages/dependencies'), 'mongodb')).toContain('set MONGODB_URI')
    expect(await html('/admin/pages/monitors')).toContain('No monitors are configured')
    expect(await html('/admin/pages/business')).toContain('Nothing is configured')
    expect(await html('/admin/pages/pushed')).toContain('INGEST_TOKEN')
    expect(await html('/admin/pages/cache')).toContain('UPSTASH_REDIS_REST_TOKEN')
    const links = await html('/admin/pages/links')
    expect(part(links, 'elsewhere')).toMatch(/Status page of this service No other links are configured/)
    expect(links).toContain('<a href="/status">')
  })

  it('show text as text, whoever wrote it', async () => {
    const evil = '"><img src=x onerror=alert(1)>\'&'
    const sources = new FakeSources()
    sources.totals = [totals(evil, 5)]
    sources.collections = [{ name: evil, documents: 1 }]
    sources.facts = {
      dependencies: {
        checkedAtMs: START_MS,
        mongodb: { state: 'down', message: evil },
        redis: { state: 'down', message: evil },
      },
      scheduler: undefined,
    }
    const firing = BUSY.active[0]!
    sources.alerts = {
      ...BUSY,
      active: [
        { ...firing, alert: evil, summary: evil, value: evil, heldBack: evil, told: [evil] },
        { ...firing, acknowledged: { atMs: START_MS, by: evil, note: evil } },
      ],
      silences: [{ ...BUSY.silences[0]!, reason: evil, by: evil, matcher: { labels: { team: evil } } }],
      outbox: {
        ...BUSY.outbox,
        dead: [{ ...BUSY.outbox.dead[0]!, receiver: evil, lastError: evil }],
      },
    }
    sources.incidents = [
      {
        ...sources.incidents[0]!,
        summary: evil,
        timeline: [{ atMs: 0, kind: 'opened', text: evil, by: evil }],
      },
    ]
    sources.groups = [
      { labels: { job: evil }, metrics: [{ name: evil, type: 'gauge', help: evil, samples: 1 }] },
    ]
    const report = sources.business?.report
    sources.business = {
      backlog: 0,
      maxBacklog: 1,
      problem: evil,
      ...(report && { report: { ...report, tiers: [{ tier: evil, customers: 1, mrr: 1 }] } }),
    }
    const window = sources.monitors.maintenance[0]!
    sources.monitors = {
      monitors: [{ ...sources.monitors.monitors[0]!, reason: evil }],
      maintenance: [{ ...window, title: evil, monitors: [evil] }],
    }
    sources.config = {
      service: { name: evil },
      monitors: [{ name: evil, id: 'api-health', url: 'https://x.test' }],
      links: [{ name: evil, url: 'https://x.test/"><script>' }],
      mongodb: { uri: 'mongodb://x' },
      redis: { url: 'https://x.test', token: 'x' },
    }
    const { html } = await dashboard(sources)
    const paths = PAGES.map(({ path }) => path)
    for (const path of [...paths, `/admin/pages/requests?route=${encodeURIComponent(evil)}`]) {
      const page = await html(path)
      expect(/<img|<script>/.exec(page)?.[0]).toBeUndefined()
      expect(page.includes('&lt;img')).toBe(true)
    }
  })
})

describe('very much of everything', () => {
  it('makes no page that nobody could load, and says what is left out', async () => {
    const sources = new FakeSources()
    const many = <T>(length: number, make: (index: number) => T) =>
      Array.from({ length }, (_, index) => make(index))
    const monitors = many(200, (index) => ({ name: `Monitor ${index}`, url: 'https://x.test' }))
    sources.config = { ...written, service: { name: 'Shop' }, monitors }
    const down = sources.monitors.monitors[0]!
    sources.monitors = {
      ...sources.monitors,
      monitors: many(200, (index) => ({ ...down, id: `monitor-${index}` })),
    }
    sources.alerts = {
      ...BUSY,
      active: many(200, (index) => ({ ...BUSY.active[0]!, alert: `monitor-monitor-${index}` })),
      outbox: { ...BUSY.outbox, delivered: many(5_000, () => BUSY.outbox.delivered[0]!) },
    }
    const incident = sources.incidents[0]!
    sources.incidents = many(1_000, (index) => ({ ...incident, id: `incident-${index}` }))
    const { html } = await dashboard(sources)
    const overview = await html('/admin')
    expect(part(overview, 'firing')).toContain('and 192 more')
    expect(part(overview, 'monitors')).toContain('and 194 more')
    const alerts = await html('/admin/pages/alerts')
    expect(part(alerts, 'active')).toContain('50 of 200')
    expect(part(alerts, 'deliveries')).toContain('The latest 50 of 5002')
    expect(part(await html('/admin/pages/incidents'), 'past')).toContain('The latest 50 of 1000')
    for (const { path } of PAGES) {
      if (path !== '/admin/pages/settings') expect((await html(path)).length, path).toBeLessThan(200_000)
    }
  })
})

describe('a part that fails', () => {
  it('says so, and takes no other part with it', async () => {
    const sources = new FakeSources()
    sources.broken.add('metrics')
    const { html } = await dashboard(sources)
    const page = await html('/admin')
    expect(part(page, 'requests')).toMatch(/Requests, last hour can't be shown: .*admin_part_unavailable/)
    expect(page).not.toContain('stack trace')
    expect(part(page, 'firing')).toContain('High error rate')
  })

  it('says which incidents are left out', async () => {
    const { sources, html } = await dashboard()
    sources.missingIncidents = ['ledger']
    const page = part(await html('/admin/pages/incidents'), 'open')
    expect(page).toContain("What monitors and rules opened can't be read at the moment")
    sources.missingIncidents = ['ledger', 'book']
    expect(part(await html('/admin/pages/incidents'), 'past')).toContain('neither the alert ledger nor')
  })

  it('shows what it last was, and when that was', async () => {
    const { service, sources, html } = await dashboard()
    await html('/admin/pages/dependencies')
    service.now += 60_000
    sources.broken.add('mongodb')
    const page = part(await html('/admin/pages/dependencies'), 'collections')
    expect(page).toContain(
      "can't be read at the moment: connection refused. Last good at 2026-11-21 12:03:05",
    )
    expect(page).toContain('orders 1,234')
    sources.broken.clear()
    expect(part(await html('/admin/pages/dependencies'), 'collections')).not.toContain('Last good')
  })
})

describe('the requests page', () => {
  it.each([
    ['1h', 60],
    ['24h', 96],
    ['7d', 84],
    ['90d', 90],
  ])('asks once for %s, in steps that join', async (range, points) => {
    const { sources, html } = await dashboard()
    sources.queries.length = 0
    const page = await html(`/admin/pages/requests?range=${range}`)
    expect(sources.queries).toHaveLength(1)
    const windows = sources.queries[0]?.windows ?? []
    expect(windows).toHaveLength(points)
    windows.forEach(({ fromMs, toMs }, index) => {
      expect(toMs).toBeGreaterThan(fromMs)
      if (index > 0) expect(fromMs).toBe(windows[index - 1]?.toMs)
    })
    expect(windows.at(-1)?.fromMs).toBeLessThan(START_MS)
    expect(page).toMatch(new RegExp(`href="[^"]*range=${range}" aria-current="true"`))
    expect(page.split('data-time=')).toHaveLength(3 * points + 1)
  })

  it('takes an unknown range for the shortest, and shows one route if asked', async () => {
    const { html } = await dashboard()
    expect(await html('/admin/pages/requests?range=1y')).toMatch(/range=1h" aria-current="true"/)
    const page = await html('/admin/pages/requests?range=24h&route=%2Fhealth')
    expect(part(page, 'charts')).toMatch(/\/health .*Requests 96,000/)
    expect(page).toContain('/admin/pages/requests?range=7d&amp;route=%2Fhealth')
  })

  it('leaves a step out that has just begun', async () => {
    const { service, sources, html } = await dashboard()
    const last = async () => {
      sources.queries.length = 0
      await html('/admin/pages/requests')
      return sources.queries[0]?.windows.at(-1)?.fromMs
    }
    service.now = START_MS + 5000 // 12:03:10
    expect(await last()).toBe(Date.UTC(2026, 10, 21, 12, 2))
    service.now = START_MS + 11_000 // 12:03:16
    expect(await last()).toBe(Date.UTC(2026, 10, 21, 12, 3))
  })
})
