import type { IncidentRecord } from '../../src/incidents/model.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/lib/clock.ts'
import type { DaySummary, LatencyPoint, MonitorHistory, MonitorStatus } from '../../src/monitors/model.ts'
import type { StatusConfig, StatusFacts } from '../../src/status/page-model.ts'

/** A Saturday, a little after noon. */
export const NOW = Date.UTC(2026, 10, 21, 12, 4, 20)

const TODAY = Math.floor(NOW / DAY_MS) * DAY_MS
const QUARTER_MS = 15 * MINUTE_MS

type Lost = Partial<Record<'down' | 'degraded' | 'unknown' | 'maintenance', number>>

/** Days of which these (by how many days ago) lost some milliseconds; the rest of each was up. */
export function daysWith(lost: Readonly<Record<number, Lost>>, count = 90): DaySummary[] {
  return Array.from({ length: count }, (_, index) => {
    const ago = count - 1 - index
    const { down = 0, degraded = 0, unknown = 0, maintenance = 0 } = lost[ago] ?? {}
    const lengthMs = ago === 0 ? NOW - TODAY : DAY_MS
    return {
      date: new Date(TODAY - ago * DAY_MS).toISOString().slice(0, 10),
      up: lengthMs - down - degraded - unknown - maintenance,
      down,
      degraded,
      unknown,
      maintenance,
    }
  })
}

/** The quarters of the last 24 hours around a median; `gap` of them were not measured, and `bump` were slow. */
export function latencyAround(p50Ms: number, { gap = [0, 0], bump = [0, 0], by = 3 } = {}): LatencyPoint[] {
  const within = (index: number, [from, to]: number[]) => index >= from! && index < to!
  return Array.from({ length: 96 }, (_, index) => {
    const atMs = Math.floor(NOW / QUARTER_MS) * QUARTER_MS - (95 - index) * QUARTER_MS
    if (within(index, gap)) return { atMs }
    const wave = 1 + 0.12 * Math.sin(index / 7) + 0.05 * Math.sin(index * 2.3)
    const slow = within(index, bump) ? by : 1
    const median = p50Ms * wave * slow
    return { atMs, p50Ms: median, p95Ms: median * (1.7 + 0.35 * Math.sin(index * 1.7)) }
  })
}

const up = (id: string, more: Partial<MonitorStatus> = {}): MonitorStatus => ({
  id,
  state: 'up',
  seen: 'up',
  sinceMs: NOW - 3 * DAY_MS,
  regions: [],
  ...more,
})

interface Monitored {
  readonly name: string
  readonly group?: string
  readonly public?: boolean | { url: boolean; reason: boolean }
  readonly status?: Partial<MonitorStatus>
  readonly days?: DaySummary[]
  readonly latency?: LatencyPoint[]
}

/** A configuration and what is known, from a few words about each monitor; ids are `m0`, `m1` and so on. */
export function serviceOf(
  monitors: readonly Monitored[],
  more: {
    readonly status?: Partial<StatusConfig['status']>
    readonly incidents?: readonly IncidentRecord[]
    readonly maintenance?: StatusFacts['report']['maintenance']
    readonly judgedAtMs?: number
  } = {},
): { readonly config: StatusConfig; readonly facts: StatusFacts } {
  return {
    config: {
      service: { name: 'Meridian', version: '1.0.0', url: 'https://status.meridian.example' },
      status: { colours: {}, links: [], ...more.status },
      monitors: monitors.map(({ name, group, public: visible = true }, index) => ({
        id: `m${index}`,
        name,
        ...(group && { group }),
        type: 'http',
        url: 'https://someone:let-me-in@api.meridian.example/health?key=k-123#part',
        public: visible,
      })) as unknown as StatusConfig['monitors'],
    },
    facts: {
      report: {
        judgedAtMs: more.judgedAtMs ?? NOW - 20_000,
        monitors: monitors.map(({ status }, index) => up(`m${index}`, status)),
        maintenance: more.maintenance ?? [],
      },
      history: monitors.map(
        ({ days = daysWith({}), latency = latencyAround(120) }, index): MonitorHistory => ({
          id: `m${index}`,
          days,
          latency,
        }),
      ),
      incidents: more.incidents ?? [],
    },
  }
}

export const incident = (more: Partial<IncidentRecord> = {}): IncidentRecord => ({
  id: 'i1',
  source: 'person',
  title: 'Slow answers',
  severity: 'warning',
  stage: 'investigating',
  monitors: [],
  startedAtMs: NOW - HOUR_MS,
  timeline: [],
  ...more,
})

/** A service on a bad day, as it may well look. */
export const badDay = () =>
  serviceOf(
    [
      {
        name: 'Website',
        group: 'Customers',
        days: daysWith({ 33: { down: 12 * MINUTE_MS }, 61: { maintenance: 2 * HOUR_MS } }),
        latency: latencyAround(84),
      },
      {
        name: 'API',
        group: 'Customers',
        public: { url: true, reason: true },
        status: {
          state: 'degraded',
          seen: 'degraded',
          sinceMs: NOW - 47 * MINUTE_MS,
          reason: 'answered in 2.4 s, expected 2 s',
        },
        days: daysWith({
          0: { degraded: 47 * MINUTE_MS },
          18: { down: 3 * HOUR_MS + 12 * MINUTE_MS },
          19: { down: 20 * HOUR_MS },
          47: { unknown: 22 * HOUR_MS },
          48: { unknown: 24 * HOUR_MS },
          75: { down: 40_000 },
        }),
        latency: latencyAround(210, { bump: [84, 96], by: 7 }),
      },
      {
        name: 'Checkout and payments, including refunds and partial captures for all European markets',
        group: 'Customers',
        status: { state: 'down', seen: 'down', sinceMs: NOW - 26 * MINUTE_MS },
        days: daysWith({
          0: { down: 26 * MINUTE_MS },
          7: { degraded: 3 * HOUR_MS },
          19: { down: 2 * HOUR_MS },
        }),
        latency: latencyAround(390, { gap: [94, 96], bump: [60, 66] }),
      },
      {
        name: 'Search',
        group: 'Customers',
        status: { state: 'maintenance', seen: 'down', sinceMs: NOW - 20 * MINUTE_MS },
        days: daysWith({ 0: { maintenance: 20 * MINUTE_MS }, 14: { maintenance: 14 * HOUR_MS } }, 60),
        latency: latencyAround(45, { gap: [30, 44] }),
      },
      { name: 'Login', group: 'Inside', latency: latencyAround(33) },
      {
        name: 'Nightly backup',
        group: 'Inside',
        status: { state: 'unknown', seen: 'unknown' },
        days: [],
        latency: [],
      },
    ],
    {
      status: {
        links: [
          { name: 'Website', url: 'https://meridian.example' },
          { name: 'Contact', url: 'mailto:help@meridian.example' },
        ],
      },
      maintenance: [
        {
          title: 'Search index is rebuilt',
          monitors: ['m3'],
          fromMs: NOW - 20 * MINUTE_MS,
          toMs: NOW + 40 * MINUTE_MS,
        },
        {
          title: 'Database upgrade to version 9',
          monitors: [],
          fromMs: NOW + 3 * DAY_MS,
          toMs: NOW + 3 * DAY_MS + 2 * HOUR_MS,
        },
      ],
      incidents: [
        incident({
          id: 'payments',
          title: 'Payments fail for some customers',
          stage: 'identified',
          monitors: ['m1', 'm2'],
          startedAtMs: NOW - 45 * MINUTE_MS,
          timeline: [
            { atMs: NOW - 45 * MINUTE_MS, kind: 'opened' },
            { atMs: NOW - 44 * MINUTE_MS, kind: 'told', receiver: 'pagerduty' },
            {
              atMs: NOW - 40 * MINUTE_MS,
              kind: 'update',
              stage: 'investigating',
              text: 'About one in five payments is refused. We are looking into it.',
              by: 'mara',
            },
            {
              atMs: NOW - 11 * MINUTE_MS,
              kind: 'update',
              stage: 'identified',
              text: 'Our payment provider has trouble in its Frankfurt region.\nWe are sending payments through Dublin instead; this takes about 20 minutes.',
              by: 'mara',
            },
          ],
        }),
        incident({
          id: 'checkout',
          source: 'monitor',
          alert: 'monitor-m2',
          title: 'Checkout and payments is down',
          monitors: ['m2'],
          startedAtMs: NOW - 26 * MINUTE_MS,
        }),
        incident({
          id: 'api-19',
          source: 'monitor',
          alert: 'monitor-m1',
          stage: 'resolved',
          title: 'API is down',
          monitors: ['m1'],
          startedAtMs: NOW - 19 * DAY_MS - 8 * HOUR_MS,
          resolvedAtMs: NOW - 18 * DAY_MS - 9 * HOUR_MS,
          timeline: [
            {
              atMs: NOW - 18 * DAY_MS - 9 * HOUR_MS,
              kind: 'update',
              stage: 'resolved',
              text: 'A full disk stopped the database. It has been extended, and we are warned earlier now.',
              by: 'jo',
            },
          ],
        }),
        incident({
          id: 'web-33',
          source: 'monitor',
          alert: 'monitor-m0',
          stage: 'resolved',
          title: 'Website is down',
          monitors: ['m0'],
          startedAtMs: NOW - 33 * DAY_MS,
          resolvedAtMs: NOW - 33 * DAY_MS + 12 * MINUTE_MS,
        }),
      ],
    },
  )
