import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/lib/clock.ts'
import type { MonitorState } from '../../src/monitors/model.ts'
import { overallState, publicStatus } from '../../src/status/page-model.ts'
import { percent } from '../../src/status/words.ts'
import { daysWith, incident, NOW, serviceOf } from './facts.ts'

const modelOf = (...args: Parameters<typeof serviceOf>) => {
  const { config, facts } = serviceOf(...args)
  return publicStatus(config, facts, NOW)
}

describe('the state of the whole', () => {
  const cases: [MonitorState[], string][] = [
    [['up', 'up'], 'operational'],
    [['up', 'degraded'], 'degraded'],
    [['up', 'up', 'down'], 'partial_outage'],
    [['up', 'down'], 'major_outage'],
    [['down', 'unknown', 'maintenance'], 'major_outage'],
    [['up', 'maintenance'], 'maintenance'],
    [['up', 'up', 'unknown'], 'operational'],
    [['up', 'unknown', 'unknown'], 'unknown'],
    [[], 'unknown'],
  ]
  it.each(cases)('of %j is %s', (states, expected) => {
    expect(overallState(states, false, false)).toBe(expected)
  })

  it('is degraded while a person tells of an incident, and maintenance while a window is under way', () => {
    expect(overallState(['up'], false, true)).toBe('degraded')
    expect(overallState(['up'], true, false)).toBe('maintenance')
    expect(overallState(['up', 'down', 'up'], true, true)).toBe('partial_outage')
  })

  it('is unknown when the checks stopped, whatever they said last', () => {
    const { config, facts } = serviceOf([{ name: 'API' }])
    const modelAfter = (ms: number) => publicStatus(config, facts, NOW + ms)
    expect(modelAfter(4 * MINUTE_MS)).toMatchObject({ state: 'operational', outdated: false })
    expect(modelAfter(6 * MINUTE_MS)).toMatchObject({
      state: 'unknown',
      outdated: true,
      monitors: [{ state: 'unknown' }],
    })
    const unchecked = { ...facts, report: { monitors: facts.report.monitors, maintenance: [] } }
    expect(publicStatus(config, unchecked, NOW)).toMatchObject({ state: 'unknown', outdated: true })
  })

  it('takes a monitor that was never reported for unknown', () => {
    const { config, facts } = serviceOf([{ name: 'API' }, { name: 'New' }])
    const report = { ...facts.report, monitors: facts.report.monitors.slice(0, 1) }
    expect(publicStatus(config, { ...facts, report, history: [] }, NOW).monitors).toMatchObject([
      { state: 'up' },
      { state: 'unknown', uptime: { 90: undefined }, latency: [] },
    ])
  })
})

describe('uptime', () => {
  it.each([
    [1, '100.00 %'],
    [0.99995, '99.99 %'],
    [1 - 1 / (90 * DAY_MS), '99.99 %'],
    [0.9971, '99.71 %'],
    [0.07, '7.00 %'],
    [0, '0.00 %'],
    [undefined, 'no data'],
  ])('of %d reads %s', (ratio, words) => expect(percent(ratio)).toBe(words))

  it('counts only measured time, over 7, 30 and 90 days', () => {
    const days = daysWith({
      3: { unknown: DAY_MS },
      10: { down: 12 * HOUR_MS, maintenance: 12 * HOUR_MS },
      50: { down: DAY_MS },
    })
    const [monitor] = modelOf([{ name: 'API', days }]).monitors
    expect(monitor!.uptime[7]).toBe(1)
    expect(percent(monitor!.uptime[30])).toBe('98.21 %')
    expect(percent(monitor!.uptime[90])).toBe('98.29 %')
  })

  it('of a monitor that nobody measured is unknown, not 1', () => {
    const days = daysWith({ 0: { unknown: NOW % DAY_MS }, 1: { unknown: DAY_MS } }, 2)
    expect(modelOf([{ name: 'API', days }]).monitors[0]!.uptime[90]).toBeUndefined()
  })
})

describe('the days', () => {
  it('are the last 90, with what each was like', () => {
    const days = daysWith(
      {
        0: { down: 60_000 },
        1: { unknown: DAY_MS },
        2: { maintenance: 13 * HOUR_MS },
        3: { degraded: HOUR_MS },
        4: { unknown: HOUR_MS },
      },
      6,
    )
    const { days: shown } = modelOf([{ name: 'API', days }]).monitors[0]!
    expect(shown).toHaveLength(90)
    expect(shown.at(-1)).toMatchObject({ date: '2026-11-21', state: 'down', downMs: 60_000 })
    expect(shown.slice(-7).map(({ state }) => state)).toEqual([
      'none',
      'up',
      'up',
      'degraded',
      'maintenance',
      'unknown',
      'down',
    ])
    expect(shown.at(-2)!.uptime).toBeUndefined()
    expect(shown[0]).toMatchObject({ date: '2026-08-24', state: 'none', uptime: undefined })
  })

  it('name the incidents that people told of, on every day that they lasted', () => {
    const { monitors } = modelOf([{ name: 'API' }, { name: 'Web' }], {
      incidents: [
        incident({
          title: 'Disk full',
          stage: 'resolved',
          monitors: ['m0'],
          startedAtMs: NOW - 2 * DAY_MS,
          resolvedAtMs: NOW - DAY_MS,
        }),
        incident({ title: 'Still open', monitors: ['m0'], startedAtMs: NOW - DAY_MS }),
        incident({ source: 'monitor', alert: 'monitor-m0', monitors: ['m0'] }),
      ],
    })
    expect(monitors[0]!.days.slice(-4).map((day) => day.incidents)).toEqual([
      [],
      ['Disk full'],
      ['Still open', 'Disk full'],
      ['Still open'],
    ])
    expect(monitors[1]!.days.flatMap((day) => day.incidents)).toEqual([])
  })
})

describe('what the public sees of incidents and maintenance', () => {
  const monitors = [{ name: 'API' }, { name: 'Vault', public: false }]

  it('are those of public monitors, and what people told of nothing in particular', () => {
    const incidents = [
      incident({ id: 'own', monitors: ['m0', 'm1'], startedAtMs: NOW - 1 }),
      incident({ id: 'general', startedAtMs: NOW - 2 }),
      incident({
        id: 'automatic',
        source: 'monitor',
        alert: 'monitor-m0',
        title: 'API is down',
        monitors: ['m0'],
        startedAtMs: NOW - 3,
      }),
      incident({ id: 'private', monitors: ['m1'] }),
      incident({ id: 'private automatic', source: 'monitor', alert: 'monitor-m1', monitors: ['m1'] }),
      incident({ id: 'attached later', source: 'monitor', alert: 'monitor-m1', monitors: ['m0'] }),
      incident({ id: 'removed', source: 'monitor', alert: 'monitor-m7', monitors: ['m0'] }),
      incident({ id: 'gone', monitors: ['was-removed'] }),
      incident({ id: 'rule', source: 'rule', monitors: ['m0'] }),
      incident({ id: 'rule without', source: 'rule' }),
      incident({ id: 'automatic without', source: 'monitor' }),
    ]
    const shown = modelOf(monitors, { incidents }).incidents
    expect(shown.map(({ id }) => id)).toEqual(['own', 'general', 'automatic'])
    expect(shown[0]).toMatchObject({ monitors: ['API'], monitorIds: ['m0'] })
    expect(shown[2]).toMatchObject({ title: 'API is down', automatic: true })
  })

  it('has only what people wrote as updates, the latest first', () => {
    const timeline = [
      { atMs: 1, kind: 'opened', text: 'hidden' },
      { atMs: 2, kind: 'told', receiver: 'hidden' },
      { atMs: 3, kind: 'update', stage: 'identified', text: 'first', by: 'hidden' },
      { atMs: 4, kind: 'acknowledged', by: 'hidden', text: 'hidden' },
      { atMs: 5, kind: 'update', text: 'second' },
      { atMs: 6, kind: 'update', stage: 'monitoring' },
      { atMs: 7, kind: 'not_told', text: 'hidden' },
    ] as const
    const [shown] = modelOf(monitors, { incidents: [incident({ timeline })] }).incidents
    expect(shown!.updates).toEqual([
      { atMs: 5, stage: 'investigating', text: 'second' },
      { atMs: 3, stage: 'identified', text: 'first' },
    ])
  })

  it('are windows over public monitors or over all, until they end', () => {
    const window = (title: string, ids: string[], fromMs: number, toMs: number) => ({
      title,
      monitors: ids,
      fromMs,
      toMs,
    })
    const { maintenance, state } = modelOf(monitors, {
      maintenance: [
        window('later', [], NOW + HOUR_MS, NOW + 2 * HOUR_MS),
        window('now', ['m1', 'm0'], NOW - HOUR_MS, NOW + 1),
        window('private', ['m1'], NOW - HOUR_MS, NOW + HOUR_MS),
        window('over', [], NOW - HOUR_MS, NOW),
      ],
    })
    expect(maintenance.map(({ title, underWay, monitors: names }) => [title, underWay, names])).toEqual([
      ['now', true, ['API']],
      ['later', false, []],
    ])
    expect(state).toBe('maintenance')
  })
})

describe('an address', () => {
  const addressOf = (more: object) => {
    const { config, facts } = serviceOf([{ name: 'API' }])
    const monitors = [{ ...config.monitors[0]!, public: { url: true, reason: false }, ...more }] as never
    return publicStatus({ ...config, monitors }, facts, NOW).monitors[0]!.address
  }

  it('is shown without user, query and fragment, where that is asked for', () => {
    expect(addressOf({})).toBe('https://api.meridian.example/health')
    expect(addressOf({ public: { url: false, reason: true } })).toBeUndefined()
    expect(addressOf({ public: true })).toBeUndefined()
  })

  it('is a host where there is no URL', () => {
    expect(addressOf({ type: 'tcp', host: 'mail.example', port: 587 })).toBe('mail.example:587')
    expect(addressOf({ type: 'dns', host: 'mail.example', resolver: 'https://dns.example' })).toBe(
      'mail.example',
    )
    expect(addressOf({ type: 'service', path: '/health' })).toBeUndefined()
  })
})
