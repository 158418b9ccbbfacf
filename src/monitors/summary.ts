import { DAY_MS, HOUR_MS, MINUTE_MS } from '../lib/clock.ts'
import { exactQuantile, LatencySketch } from './latency-sketch.ts'
import type { CheckResult, TimeInStates } from './model.ts'
import type { MonitorHour, Stretch } from './packing.ts'
import { STATES } from './packing.ts'

/** What response times are charted by: a quarter of an hour. */
export const QUARTER_MS = 15 * MINUTE_MS
const QUARTERS_PER_HOUR = HOUR_MS / QUARTER_MS

/** Milliseconds by state, to add to. */
export type Times = { -readonly [State in keyof TimeInStates]: number }

/** What some time of a monitor comes to; summaries add up. */
export interface Summary {
  readonly times: Times
  /** How many checks there were, but for those that came to nothing, and how many of them failed. */
  checks: number
  failed: number
  /** Of the checks that did not fail. */
  readonly latency: LatencySketch
}

/** Response times of a quarter of an hour; null where there were none. Milliseconds. */
export type Quarter = readonly [p50: number, p95: number] | null

/** No time in any state. */
export const noTimes = (): Times => ({ up: 0, degraded: 0, down: 0, unknown: 0, maintenance: 0 })

/** The times at a place among numbers: for each place there are those of all states, in the order of `STATES`. */
export function timesAt(numbers: readonly number[], place: number): Times {
  const at = place * STATES.length
  return {
    up: numbers[at]!,
    degraded: numbers[at + 1]!,
    down: numbers[at + 2]!,
    unknown: numbers[at + 3]!,
    maintenance: numbers[at + 4]!,
  }
}

/** A summary of nothing. */
export const emptySummary = (): Summary => ({
  times: noTimes(),
  checks: 0,
  failed: 0,
  latency: new LatencySketch(),
})

/** Adds up. */
export function addSummary(target: Summary, more: Summary): void {
  addTimes(target.times, more.times)
  target.checks += more.checks
  target.failed += more.failed
  target.latency.merge(more.latency)
}

/** Adds up. */
export function addTimes(target: Times, more: TimeInStates): void {
  target.up += more.up
  target.degraded += more.degraded
  target.down += more.down
  target.unknown += more.unknown
  target.maintenance += more.maintenance
}

/** Sums up stretches, from `fromMs` up to `toMs`. */
export function timesOf(
  stretches: readonly Stretch[],
  fromMs = Number.NEGATIVE_INFINITY,
  toMs = Number.POSITIVE_INFINITY,
): Times {
  const times = noTimes()
  for (const stretch of stretches) {
    const durationMs = Math.min(stretch.toMs, toMs) - Math.max(stretch.fromMs, fromMs)
    if (durationMs > 0) times[stretch.state] += durationMs
  }
  return times
}

/** Sums up what an hour tells of a monitor, from `fromMs` up to `toMs`. */
export function summarise(
  hour: MonitorHour,
  fromMs = Number.NEGATIVE_INFINITY,
  toMs = Number.POSITIVE_INFINITY,
): Summary {
  const summary = { ...emptySummary(), times: timesOf(hour.stretches, fromMs, toMs) }
  for (const check of hour.checks) {
    if (check.atMs < fromMs || check.atMs >= toMs || check.outcome === 'unknown') continue
    summary.checks += 1
    if (check.outcome === 'failed') summary.failed += 1
    const latencyMs = responseTimeMs(check)
    if (latencyMs !== undefined) summary.latency.add(latencyMs)
  }
  return summary
}

/** The quarters of an hour. A check that began just before or after it counts to its first or last one. */
export function quartersOf(checks: readonly CheckResult[], startMs: number): Quarter[] {
  const latencies = Array.from({ length: QUARTERS_PER_HOUR }, (): number[] => [])
  for (const check of checks) {
    const latencyMs = responseTimeMs(check)
    if (latencyMs === undefined) continue
    const quarter = Math.floor((check.atMs - startMs) / QUARTER_MS)
    latencies[Math.min(Math.max(quarter, 0), QUARTERS_PER_HOUR - 1)]!.push(latencyMs)
  }
  return latencies.map((each) => {
    each.sort((a, b) => a - b)
    return each.length > 0 ? [exactQuantile(0.5, each)!, exactQuantile(0.95, each)!] : null
  })
}

/** Cuts time at the borders of UTC days. */
export function splitByDay(fromMs: number, toMs: number): { day: number; durationMs: number }[] {
  const parts: { day: number; durationMs: number }[] = []
  for (let startMs = fromMs; startMs < toMs; ) {
    const day = Math.floor(startMs / DAY_MS)
    const endMs = Math.min(toMs, (day + 1) * DAY_MS)
    parts.push({ day, durationMs: endMs - startMs })
    startMs = endMs
  }
  return parts
}

/** How long it took to answer as expected: an error page that comes at once is no good response time. */
const responseTimeMs = ({ outcome, latencyMs }: CheckResult) =>
  outcome === 'up' || outcome === 'slow' ? latencyMs : undefined
