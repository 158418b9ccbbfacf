import type { DaySummary, LatencyPoint, MonitorHistory } from './model.ts'
import { STATES } from './packing.ts'
import { timesAt } from './summary.ts'

/**
 * Histories as one text, which calls between objects copy as it is: 18,000 small objects for 100 monitors take longer to
 * copy than the page that is made of them.
 */
export type PackedHistories = string

/** Columns that all monitors share, and for each monitor its numbers in their order. */
interface Columns {
  readonly dates: readonly string[]
  /** When each quarter of an hour begins. */
  readonly quartersMs: readonly number[]
  readonly monitors: readonly (readonly [
    id: string,
    /** For each date the times in all states, or only that in which it was up, where there was no other; 0 where there was no monitor. */
    times: readonly (number | readonly number[])[],
    /** Pairs of p50 and p95. */
    latencies: readonly (number | null)[],
  ])[]
}

/** Packs histories whose days and quarters are in their order. A day without any time is left out. */
export function packHistories(histories: readonly MonitorHistory[]): PackedHistories {
  const dates = new Set<string>()
  const quartersMs = new Set<number>()
  for (const { days, latency } of histories) {
    for (const { date } of days) dates.add(date)
    for (const { atMs } of latency) quartersMs.add(atMs)
  }
  const shared = {
    dates: [...dates].sort(),
    quartersMs: [...quartersMs].sort((a, b) => a - b),
  }
  const monitors = histories.map(({ id, days, latency }) => {
    let nextDay = 0
    const times = shared.dates.map((date) => {
      if (days[nextDay]?.date !== date) return 0
      const day = days[nextDay++]!
      const inStates = STATES.map((state) => day[state])
      return inStates.every((ms, index) => ms === 0 || STATES[index] === 'up') ? day.up : inStates
    })
    const latencies: (number | null)[] = []
    let nextPoint = 0
    for (const atMs of shared.quartersMs) {
      const point = latency[nextPoint]?.atMs === atMs ? latency[nextPoint++] : undefined
      latencies.push(point?.p50Ms ?? null, point?.p95Ms ?? null)
    }
    return [id, times, latencies] as const
  })
  return JSON.stringify({ ...shared, monitors } satisfies Columns)
}

/** The histories that were packed, in their order. */
export function unpackHistories(packed: PackedHistories): MonitorHistory[] {
  const { dates, quartersMs, monitors } = JSON.parse(packed) as Columns
  // Most monitors were up for the whole of most days; those of one date are one object.
  const wholeDays: DaySummary[] = []
  return monitors.map(([id, times, latencies]) => {
    const days: DaySummary[] = []
    for (let index = 0; index < dates.length; index++) {
      const date = dates[index]!
      const inStates = times[index]!
      if (typeof inStates !== 'number') days.push({ date, ...timesAt(inStates, 0) })
      else if (inStates > 0) {
        if (wholeDays[index]?.up !== inStates) {
          wholeDays[index] = { date, up: inStates, degraded: 0, down: 0, unknown: 0, maintenance: 0 }
        }
        days.push(wholeDays[index]!)
      }
    }
    const latency = quartersMs.map((atMs, index): LatencyPoint => {
      const [p50Ms, p95Ms] = [latencies[2 * index], latencies[2 * index + 1]]
      return p50Ms == null || p95Ms == null ? { atMs } : { atMs, p50Ms, p95Ms }
    })
    return { id, days, latency }
  })
}
