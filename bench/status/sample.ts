// Made-up monitors, with a history as services have it: most days are good, some are not.
import type { Config } from '../../src/config/schema.ts'
import type { IncidentRecord } from '../../src/incidents/model.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/lib/clock.ts'
import type {
  DaySummary,
  LatencyPoint,
  MonitorHistory,
  MonitorState,
  MonitorStatus,
} from '../../src/monitors/model.ts'
import type { StatusFacts } from '../../src/status/page-model.ts'

/** A Saturday noon. */
export const NOW = Date.UTC(2026, 10, 21, 12, 4)

/** How a monitor's days were. `eventful`: every single day had its own downtime. */
export type Kind = 'usual' | 'eventful'

const QUARTER_MS = 15 * MINUTE_MS

/** The configuration and the facts of so many monitors. */
export function sample(
  count: number,
  kind: Kind,
): { config: Pick<Config, 'service' | 'status'> & { monitors: never[] }; facts: StatusFacts } {
  const random = generator(count)
  const ids = Array.from({ length: count }, (_, index) => `monitor-${index}`)
  const monitors = ids.map((id, index) => ({
    id,
    name: `${NAMES[index % NAMES.length]} ${Math.floor(index / NAMES.length) + 1}`,
    group: `Group ${Math.floor(index / 10) + 1}`,
    type: 'http',
    url: 'https://api.example.com/health',
    public: true,
  }))
  return {
    config: {
      service: { name: 'Example', version: '1.0.0', url: 'https://status.example.com' },
      status: { colours: {}, links: [] },
      monitors: monitors as never[],
    },
    facts: {
      report: {
        judgedAtMs: NOW - 20_000,
        monitors: ids.map((id, index) => status(id, index === 3 ? 'down' : 'up')),
        maintenance: [
          {
            title: 'Database upgrade',
            monitors: ids.slice(0, 2),
            fromMs: NOW + DAY_MS,
            toMs: NOW + DAY_MS + HOUR_MS,
          },
        ],
      },
      history: ids.map((id) => history(id, kind, random)),
      incidents: Array.from({ length: 12 }, (_, index) => incident(index, ids)),
    },
  }
}

const NAMES = [
  'Website',
  'API',
  'Checkout',
  'Search',
  'Login',
  'Webhooks',
  'Reports',
  'Uploads',
  'E-mail',
  'Jobs',
]

const status = (id: string, state: Exclude<MonitorState, 'maintenance'>): MonitorStatus => ({
  id,
  state,
  seen: state,
  sinceMs: NOW - 3 * HOUR_MS,
  regions: [],
})

function history(id: string, kind: Kind, random: () => number): MonitorHistory {
  const base = 40 + random() * 200
  return {
    id,
    days: Array.from({ length: 90 }, (_, index) => day(index, kind, random)),
    latency: Array.from({ length: 96 }, (_, index): LatencyPoint => {
      const p50Ms = Math.round(base * (1 + 0.15 * Math.sin(index / 9) + 0.1 * random()))
      return {
        atMs: Math.floor(NOW / QUARTER_MS) * QUARTER_MS - (95 - index) * QUARTER_MS,
        p50Ms,
        p95Ms: Math.round(p50Ms * (1.6 + random())),
      }
    }),
  }
}

function day(index: number, kind: Kind, random: () => number): DaySummary {
  const atMs = Math.floor(NOW / DAY_MS) * DAY_MS - (89 - index) * DAY_MS
  const lengthMs = index === 89 ? NOW % DAY_MS : DAY_MS
  const luck = kind === 'eventful' ? 0 : random()
  const lostMs = Math.round(random() * 5 * HOUR_MS)
  const lost = {
    down: luck < 0.03 ? lostMs : 0,
    degraded: luck >= 0.03 && luck < 0.05 ? lostMs : 0,
    unknown: luck >= 0.05 && luck < 0.06 ? lostMs : 0,
    maintenance: luck >= 0.06 && luck < 0.07 ? lostMs : 0,
  }
  return {
    date: new Date(atMs).toISOString().slice(0, 10),
    ...lost,
    up: Math.max(0, lengthMs - (luck < 0.07 ? lostMs : 0)),
  }
}

const incident = (index: number, ids: readonly string[]): IncidentRecord => ({
  id: `incident-${index}`,
  source: index % 3 === 0 ? 'person' : 'monitor',
  alert: `monitor-${ids[index % ids.length]}`,
  title: 'Slow answers in Europe',
  severity: 'warning',
  stage: index === 0 ? 'identified' : 'resolved',
  monitors: [ids[index % ids.length]!],
  startedAtMs: NOW - HOUR_MS - index * 5 * DAY_MS,
  ...(index > 0 && { resolvedAtMs: NOW - index * 5 * DAY_MS }),
  timeline: [
    {
      atMs: NOW - 30 * MINUTE_MS - index * 5 * DAY_MS,
      kind: 'update',
      stage: 'identified',
      text: 'A database replica lags behind; we are moving reads to another one.',
      by: 'someone',
    },
  ],
})

/** The same numbers each time (mulberry32). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
