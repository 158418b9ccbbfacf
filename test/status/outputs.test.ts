import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { IncidentRecord, TimelineEntry } from '../../src/incidents/model.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/lib/clock.ts'
import type { MonitorState } from '../../src/monitors/model.ts'
import { badge } from '../../src/status/badge.ts'
import { atomFeed, rssFeed } from '../../src/status/feed.ts'
import { statusDocument } from '../../src/status/json.ts'
import { monitorPage } from '../../src/status/monitor-page.tsx'
import { overviewPage } from '../../src/status/overview-page.tsx'
import type { PublicStatus, StatusConfig, StatusFacts } from '../../src/status/page-model.ts'
import { publicStatus } from '../../src/status/page-model.ts'
import { badDay, daysWith, incident, latencyAround, NOW, serviceOf } from './facts.ts'
import { all, parseXml, textOf } from './xml.ts'

const ORIGIN = 'https://status.example.com'

/** Everything that the public can get, by what it is. */
function outputsOf(status: PublicStatus): { html: string[]; xml: string[]; json: string[] } {
  return {
    html: [overviewPage(status).html, ...status.monitors.map((each) => monitorPage(status, each).html)],
    xml: [
      atomFeed(status, ORIGIN),
      rssFeed(status, ORIGIN),
      ...status.monitors.flatMap((monitor) =>
        (['state', 'uptime', 'latency'] as const).map((show) => badge(monitor, show, status.colours)),
      ),
    ],
    json: [JSON.stringify(statusDocument(status))],
  }
}

describe('what nobody said to be public', () => {
  // Marked, so that each can be looked for in the outputs: a text that is `SECRET` with a number.
  let secrets = 0
  const secret = fc.constant(null).map(() => `SECRET${++secrets}E`)
  const state = fc.constantFrom<MonitorState>('up', 'degraded', 'down', 'unknown', 'maintenance')
  const visibility = fc.oneof(fc.boolean(), fc.record({ url: fc.boolean(), reason: fc.boolean() }))

  const monitor = fc.record({
    public: visibility,
    state,
    host: secret,
    url: secret,
    user: secret,
    query: secret,
    header: secret,
    body: secret,
    label: secret,
    runbook: secret,
    reason: secret,
    blockedBy: secret,
    name: secret,
    group: fc.option(secret, { nil: undefined }),
  })
  const entry = fc.record({
    atMs: fc.integer({ min: NOW - HOUR_MS, max: NOW }),
    kind: fc.constantFrom<TimelineEntry['kind']>(
      'opened',
      'held_back',
      'told',
      'not_told',
      'acknowledged',
      'update',
      'resolved',
    ),
    text: secret,
    receiver: secret,
    by: secret,
  })
  const record = fc.record({
    source: fc.constantFrom<IncidentRecord['source']>('monitor', 'rule', 'person'),
    title: secret,
    alert: fc.constantFrom('monitor-m0', 'monitor-m1', 'monitor-m2', 'error-rate'),
    summary: secret,
    heldBack: secret,
    monitors: fc.subarray(['m0', 'm1', 'm2']),
    resolved: fc.boolean(),
    timeline: fc.array(entry, { maxLength: 3 }),
  })
  const window = fc.record({ title: secret, monitors: fc.subarray(['m0', 'm1', 'm2']) })

  it('is on none of the outputs, and the rest is', () => {
    const scenario = fc.record({
      monitors: fc.tuple(monitor, monitor, monitor),
      incidents: fc.array(record, { maxLength: 4 }),
      windows: fc.array(window, { maxLength: 2 }),
    })
    fc.assert(
      fc.property(scenario, ({ monitors, incidents, windows }) => {
        const { config, facts } = worldOf(monitors, incidents, windows)
        const { html, xml, json } = outputsOf(publicStatus(config, facts, NOW))
        const shown = new Set([...html, ...xml, ...json].join('\n').match(/SECRET\d+E/gi) ?? [])
        expect([...shown].sort()).toEqual(allowed(monitors, incidents, windows).sort())
      }),
      { numRuns: 60 },
    )
  })

  type Monitor = (typeof monitor extends fc.Arbitrary<infer T> ? T : never) & object
  type Record_ = (typeof record extends fc.Arbitrary<infer T> ? T : never) & object
  type Window_ = (typeof window extends fc.Arbitrary<infer T> ? T : never) & object

  function worldOf(monitors: readonly Monitor[], incidents: readonly Record_[], windows: readonly Window_[]) {
    const { config, facts } = serviceOf(monitors.map(({ name }) => ({ name })))
    const written = monitors.map((each, index) => ({
      id: `m${index}`,
      name: each.name,
      ...(each.group && { group: each.group }),
      type: 'http',
      public: each.public,
      url: `https://${each.user}:${each.user}@example.com/${each.url}?key=${each.query}#${each.query}`,
      headers: { Authorization: each.header },
      body: { text: each.body },
      auth: { username: each.user, password: each.header },
      expect: { body: { contains: [each.body], notContains: [] } },
      labels: { team: each.label },
      runbook: `https://example.com/${each.runbook}`,
    }))
    return {
      config: { ...config, monitors: written } as unknown as StatusConfig,
      facts: {
        ...facts,
        report: {
          judgedAtMs: NOW,
          monitors: monitors.map((each, index) => ({
            id: `m${index}`,
            state: each.state,
            seen: 'down',
            reason: each.reason,
            blockedBy: each.blockedBy,
            regions: [
              {
                region: 'us-east',
                state: 'down',
                last: { atMs: NOW, outcome: 'failed', reason: each.header },
              },
            ],
          })),
          maintenance: windows.map((each) => ({ id: each.title, ...each, fromMs: NOW, toMs: NOW + HOUR_MS })),
        },
        incidents: incidents.map(({ resolved, ...each }, index) =>
          incident({
            ...each,
            id: `i${index}`,
            timeline: each.timeline as TimelineEntry[],
            ...(resolved && { resolvedAtMs: NOW, stage: 'resolved' }),
          }),
        ),
      } as StatusFacts,
    }
  }

  /** What may be shown, by the rules in words: see docs/status.md. */
  function allowed(
    monitors: readonly Monitor[],
    incidents: readonly Record_[],
    windows: readonly Window_[],
  ): string[] {
    const isPublic = (id: string) => monitors[Number(id.slice(1))]!.public !== false
    const concernsPublic = (ids: readonly string[]) => ids.some(isPublic)
    return [
      ...monitors
        .filter((each) => each.public !== false)
        .flatMap((each) => [
          each.name,
          ...(each.group ? [each.group] : []),
          ...(typeof each.public === 'object' && each.public.url ? [each.url] : []),
          ...(typeof each.public === 'object' && each.public.reason ? [each.reason] : []),
        ]),
      ...incidents
        .filter(
          ({ source, monitors: ids, alert }) =>
            (source === 'person' && (ids.length === 0 || concernsPublic(ids))) ||
            (source === 'monitor' && alert !== 'error-rate' && isPublic(alert.slice('monitor-'.length))),
        )
        .flatMap(({ title, timeline }) => [
          title,
          ...timeline.filter(({ kind }) => kind === 'update').map(({ text }) => text),
        ]),
      ...windows
        .filter(({ monitors: ids }) => ids.length === 0 || concernsPublic(ids))
        .map(({ title }) => title),
    ]
  }
})

describe('free text', () => {
  const UNPRINTABLE = '\u0000\u000b'
  const NASTY = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    ']]><b>',
    '</style></title><svg/onload=alert(1)>',
    `a & b ${UNPRINTABLE} <`,
  ].join(' ')

  const hostile = (nasty = NASTY) => {
    const { config, facts } = serviceOf(
      [
        {
          name: nasty,
          group: nasty,
          public: { url: true, reason: true },
          status: { state: 'down', reason: nasty },
          days: daysWith({ 0: { down: 60_000 } }),
        },
      ],
      {
        status: { title: nasty, links: [{ name: nasty, url: 'https://example.com/?"><script>' }] },
        incidents: [
          incident({
            id: nasty,
            title: nasty,
            monitors: ['m0'],
            timeline: [{ atMs: NOW - 1, kind: 'update', stage: 'monitoring', text: nasty }],
          }),
        ],
        maintenance: [{ title: nasty, monitors: [], fromMs: NOW - 1, toMs: NOW + HOUR_MS }],
      },
    )
    return publicStatus(config, facts, NOW)
  }

  it('is text in HTML, never markup', () => {
    const pages = outputsOf(hostile()).html
    expect(pages.length).toBeGreaterThan(0)
    for (const html of pages) {
      expect(html).toContain('&lt;script')
      expect(html).not.toMatch(/<script|<img|<svg\/|\]\]><b>/)
      // Inside quoted attributes, quotes are escaped.
      expect(html).not.toMatch(/="[^"]*<script/)
      expect(html).not.toContain("' onmouseover='")
      expect(html).not.toContain('"><img')
    }
  })

  it('is text in feeds and badges, and what XML can’t hold is left out', () => {
    const status = hostile()
    const [atom, rss, ...badges] = outputsOf(status).xml.map(parseXml)
    const kept = NASTY.replace(UNPRINTABLE, '')
    expect(textOf(atom!, 'title')).toBe(kept)
    expect(
      all(atom!, 'entry')
        .map((entry) => textOf(entry, 'content'))
        .join(),
    ).toContain(kept)
    const items = all(all(rss!, 'channel')[0]!, 'item')
    expect(items.map((item) => textOf(item, 'title'))).toContain(`Monitoring: ${kept}`)
    // Readers take an RSS description for HTML, so it is escaped once more.
    expect(items.map((item) => textOf(item, 'description')).join()).not.toContain('<script>')
    expect(badges).toHaveLength(3)
    for (const picture of badges) expect(textOf(picture, 'title')).toContain('<script>')
  })

  it('may hold half of a surrogate pair', () => {
    const { xml } = outputsOf(hostile('half \ud800 pair'))
    expect(xml.map((each) => parseXml(each).name)).toEqual(['feed', 'rss', 'svg', 'svg', 'svg'])
  })

  it('is unchanged in JSON', () => {
    const [json] = outputsOf(hostile()).json
    expect(JSON.parse(json!)).toMatchObject({ title: NASTY, incidents: [{ title: NASTY }] })
  })
})

describe('the overview', () => {
  const { config, facts } = badDay()
  const status = publicStatus(config, facts, NOW)
  const { html } = overviewPage(status)

  it('says the state in the title, the heading and words', () => {
    expect(html).toContain('<title>Partial outage – Meridian status</title>')
    expect(html).toContain('<h1>Partial outage</h1>')
    expect(html).toContain('2 operational, 1 degraded, 1 down, 1 unknown, 1 in maintenance')
  })

  it('has a bar for each day of each monitor, and tells what happened', () => {
    const bars = html.match(/<i[ >]/g)
    expect(bars).toHaveLength(90 * 6)
    expect(html).toContain('data-t="down 3h 12m"')
    expect(html).toMatch(/<b>3 Nov<\/b> down 3h 12m/)
    expect(html).toMatch(/<b>5 Oct<\/b> not measured 22h/)
    expect(html).toContain('.bars i:nth-child(90){--d:"21 Nov"}')
  })

  it('never says 100 % of what was down for a moment', () => {
    const { config: once, facts: lost } = serviceOf([{ name: 'API', days: daysWith({ 5: { down: 1_000 } }) }])
    const page = overviewPage(publicStatus(once, lost, NOW)).html
    expect(page).toContain('99.99 % uptime')
    expect(page).not.toContain('100.00 %')
  })

  it('says of a service without monitors that nothing is known', () => {
    const { config: none, facts: nothing } = serviceOf([])
    expect(overviewPage(publicStatus(none, nothing, NOW)).html).toContain('<h1>State unknown</h1>')
  })

  it('is headed by an incident that a person opened where every monitor is good', () => {
    const reported = serviceOf([{ name: 'API' }], { incidents: [incident()] })
    expect(overviewPage(publicStatus(reported.config, reported.facts, NOW)).html).toContain(
      '<h1>An incident is open</h1>',
    )
  })

  it('draws response times only where there are some, with gaps', () => {
    const { config: one, facts: some } = serviceOf([
      { name: 'API', latency: latencyAround(100, { gap: [10, 20] }) },
    ])
    const [, p95, p50] = /class=p95 d="([^"]*)"\/><path class=p50 d="([^"]*)"/.exec(
      overviewPage(publicStatus(one, some, NOW)).html,
    )!
    for (const path of [p50!, p95!]) expect(path.match(/M/g)).toHaveLength(2)
    expect(html.match(/<svg class=chart/g)).toHaveLength(5)
  })
})

describe('the feeds', () => {
  const { config, facts } = badDay()
  const atom = parseXml(atomFeed(publicStatus(config, facts, NOW), ORIGIN))
  const entries = all(atom, 'entry')

  it('tell of incidents, their updates and their end, and of maintenance, the latest first', () => {
    expect(entries.map((entry) => textOf(entry, 'title'))).toEqual([
      'Identified: Payments fail for some customers',
      'Maintenance has begun: Search index is rebuilt',
      expect.stringMatching(/^Checkout .* is down$/),
      'Investigating: Payments fail for some customers',
      'Payments fail for some customers',
      'Maintenance planned: Database upgrade to version 9',
      'Maintenance planned: Search index is rebuilt',
      'Resolved: API is down',
      'API is down',
      'Resolved: Website is down',
      'Website is down',
    ])
  })

  it('have entries with ids that stay, none twice', () => {
    const idsAt = (now: number) =>
      all(parseXml(atomFeed(publicStatus(config, facts, now), ORIGIN)), 'entry').map((entry) =>
        textOf(entry, 'id'),
      )
    expect(new Set(idsAt(NOW)).size).toBe(entries.length)
    expect(idsAt(NOW + 60_000)).toEqual(idsAt(NOW))
    const rss = all(parseXml(rssFeed(publicStatus(config, facts, NOW), ORIGIN)), 'channel')[0]!
    expect(all(rss, 'item').map((item) => textOf(item, 'guid'))).toEqual(idsAt(NOW))
  })

  it('tell once of what a person opened and resolved, in the words of its updates', () => {
    const update = (atMs: number, stage: 'investigating' | 'resolved', text: string) =>
      ({ atMs, kind: 'update', stage, text }) as const
    const [fromMs, toMs] = [NOW - HOUR_MS, NOW - MINUTE_MS]
    const posted = incident({
      monitors: ['m0'],
      startedAtMs: fromMs,
      resolvedAtMs: toMs,
      timeline: [update(fromMs, 'investigating', 'We look.'), update(toMs, 'resolved', 'All is well.')],
    })
    const service = serviceOf([{ name: 'API' }], { incidents: [posted] })
    const feed = parseXml(atomFeed(publicStatus(service.config, service.facts, NOW), ORIGIN))
    expect(all(feed, 'entry').map((each) => [textOf(each, 'title'), textOf(each, 'content')])).toEqual([
      ['Resolved: Slow answers', 'All is well.\nConcerns: API.'],
      ['Investigating: Slow answers', 'We look.\nConcerns: API.'],
    ])
  })

  it('tell of maintenance from 14 days before it', () => {
    const window = { title: 'Move', monitors: [], fromMs: NOW + 15 * DAY_MS, toMs: NOW + 16 * DAY_MS }
    const service = serviceOf([{ name: 'API' }], { maintenance: [window] })
    const titlesAt = (now: number) =>
      all(parseXml(atomFeed(publicStatus(service.config, service.facts, now), ORIGIN)), 'entry').map(
        (entry) => textOf(entry, 'title'),
      )
    expect(titlesAt(NOW)).toEqual([])
    expect(titlesAt(NOW + DAY_MS)).toEqual(['Maintenance planned: Move'])
  })

  it('have what RFC 4287 and RSS 2.0 ask for', () => {
    for (const name of ['id', 'title', 'updated']) {
      for (const element of [atom, ...entries]) expect(textOf(element, name)).toBeTruthy()
    }
    expect(textOf(atom, 'updated')).toBe(textOf(entries[0]!, 'updated'))
    for (const entry of entries) expect(Date.parse(textOf(entry, 'updated')!)).toBeLessThanOrEqual(NOW)
    const rss = all(parseXml(rssFeed(publicStatus(config, facts, NOW), ORIGIN)), 'channel')[0]!
    for (const name of ['title', 'link', 'description']) expect(textOf(rss, name)).toBeTruthy()
    expect(textOf(all(rss, 'item')[0]!, 'pubDate')).toBe('Sat, 21 Nov 2026 11:53:20 GMT')
  })

  it('are feeds also where nothing ever happened', () => {
    const { config: calm, facts: nothing } = serviceOf([{ name: 'API' }])
    expect(textOf(parseXml(atomFeed(publicStatus(calm, nothing, NOW), ORIGIN)), 'updated')).toBeTruthy()
  })
})

it.each([
  [0, '#12805c'],
  [2 * HOUR_MS, '#12805c'],
  [3 * DAY_MS, '#b26a00'],
  [40 * DAY_MS, '#cf2b36'],
])('a badge of uptime has the colour of its uptime: %i ms of 90 days down', (down, colour) => {
  const days = daysWith(
    Object.fromEntries(Array.from({ length: 80 }, (_, index) => [index + 1, { down: down / 80 }])),
  )
  const { config, facts } = serviceOf([{ name: 'API', days }])
  const status = publicStatus(config, facts, NOW)
  expect(badge(status.monitors[0]!, 'uptime', status.colours)).toContain(`rx="3" fill="${colour}"`)
})
