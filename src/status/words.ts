import type { IncidentStage } from '../incidents/model.ts'
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../lib/clock.ts'
import { formatDuration } from '../lib/duration.ts'
import type { MonitorState } from '../monitors/model.ts'
import { uptimePercent } from '../monitors/model.ts'
import type { DayState, PublicDay } from './days.ts'
import type { OverallState, PublicLatency, PublicStatus } from './page-model.ts'

/** A monitor's state, for people. */
export const STATE_WORDS: Readonly<Record<MonitorState, string>> = {
  up: 'Operational',
  degraded: 'Degraded',
  down: 'Down',
  unknown: 'Unknown',
  maintenance: 'Maintenance',
}

export const STAGE_WORDS: Readonly<Record<IncidentStage, string>> = {
  investigating: 'Investigating',
  identified: 'Identified',
  monitoring: 'Monitoring',
  resolved: 'Resolved',
}

const OVERALL_WORDS: Readonly<Record<OverallState, string>> = {
  operational: 'All systems operational',
  degraded: 'Degraded performance',
  partial_outage: 'Partial outage',
  major_outage: 'Major outage',
  maintenance: 'Maintenance under way',
  unknown: 'State unknown',
}

/** Which state's colour and shape stand for the whole. */
export const OVERALL_LOOK: Readonly<Record<OverallState, MonitorState>> = {
  operational: 'up',
  degraded: 'degraded',
  partial_outage: 'down',
  major_outage: 'down',
  maintenance: 'maintenance',
  unknown: 'unknown',
}

/** The state of the whole in a few words. */
export function headline({ state, monitors }: PublicStatus): string {
  if (state === 'degraded' && monitors.every((each) => each.state !== 'degraded'))
    return 'An incident is open'
  if (state === 'operational' && monitors.some((each) => each.state === 'unknown')) {
    return 'All measured systems operational'
  }
  return OVERALL_WORDS[state]
}

/** How many are what, such as `8 operational, 1 down`. */
export function tally({ monitors }: PublicStatus): string {
  const counts = (Object.keys(STATE_WORDS) as MonitorState[])
    .map((state) => [monitors.filter((each) => each.state === state).length, STATE_WORDS[state]] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word === 'Maintenance' ? 'in maintenance' : word.toLowerCase()}`)
  return counts.join(', ')
}

/** Such as `99.98 %`. */
export const percent = (ratio: number | undefined): string =>
  ratio === undefined ? 'no data' : `${uptimePercent(ratio).toFixed(2)} %`

/** `2026-11-21` as `21 Nov`. */
export const dayWords = (date: string): string =>
  `${Number(date.slice(8))} ${MONTHS[Number(date.slice(5, 7)) - 1]}`

/** Such as `14:05`, in UTC. */
export function clockWords(atMs: number): string {
  const minutes = Math.floor((atMs % DAY_MS) / MINUTE_MS)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

/** Such as `21 Nov 2026, 14:05`, in UTC. */
export function timeWords(atMs: number): string {
  const iso = new Date(atMs).toISOString()
  return `${dayWords(iso.slice(0, 10))} ${iso.slice(0, 4)}, ${clockWords(atMs)}`
}

/** From when to when, naming the day once where it is the same. */
export function spanWords(fromMs: number, toMs: number): string {
  const sameDay = Math.floor(fromMs / DAY_MS) === Math.floor(toMs / DAY_MS)
  const to = sameDay ? clockWords(toMs) : timeWords(toMs)
  return `${timeWords(fromMs)} – ${to}`
}

/** A time span for people; what is shorter than a minute in seconds, else in minutes. */
export const durationWords = (durationMs: number): string =>
  durationMs < MINUTE_MS
    ? formatDuration(Math.ceil(durationMs / SECOND_MS) * SECOND_MS)
    : formatDuration(Math.round(durationMs / MINUTE_MS) * MINUTE_MS)

/** What happened on a day; undefined where that is nothing but being up, or its state alone says it. */
export function dayEvents({
  state,
  downMs,
  degradedMs,
  unknownMs,
  maintenanceMs,
  incidents,
}: PublicDay): string | undefined {
  if (downMs + degradedMs + unknownMs + maintenanceMs + incidents.length === 0) return undefined
  const parts: string[] = []
  if (downMs > 0) parts.push(`down ${durationWords(downMs)}`)
  if (degradedMs >= MINUTE_MS || state === 'degraded') parts.push(`degraded ${durationWords(degradedMs)}`)
  if (maintenanceMs > 0) parts.push(`maintenance ${durationWords(maintenanceMs)}`)
  // A minute or two around a deployment is no news.
  if (unknownMs >= UNKNOWN_WORTH_TELLING_MS) parts.push(`not measured ${durationWords(unknownMs)}`)
  parts.push(...incidents)
  return parts.length > 0 ? parts.join(' · ') : undefined
}

/** What a day without events was like. */
export const QUIET_DAY_WORDS: Readonly<Record<DayState, string>> = {
  up: 'no downtime',
  degraded: 'degraded',
  down: 'down',
  maintenance: 'maintenance',
  unknown: 'not measured',
  none: 'no data',
}

/** The latest quarter of an hour in which something was measured. */
export const latestLatency = (points: readonly PublicLatency[]): PublicLatency | undefined =>
  points.findLast(({ p50Ms }) => p50Ms !== undefined)

/** Such as `140 ms` or `2.5 s`. */
export const latencyWords = (ms: number): string =>
  ms < 1_000
    ? `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`
    : `${Number((ms / 1_000).toFixed(2))} s`

/** The response times of a day in a sentence; undefined where there are none. */
export function latencySummary(points: readonly PublicLatency[]): string | undefined {
  const latest = latestLatency(points)
  if (latest?.p50Ms === undefined) return undefined
  let [low, high, highest] = [latest.p50Ms, latest.p50Ms, latest]
  for (const point of points) {
    if (point.p50Ms === undefined) continue
    low = Math.min(low, point.p50Ms)
    high = Math.max(high, point.p50Ms)
    if ((point.p95Ms ?? 0) > (highest.p95Ms ?? 0)) highest = point
  }
  const p95 = latest.p95Ms === undefined ? '' : `, p95 ${latencyWords(latest.p95Ms)}`
  const peak =
    highest.p95Ms === undefined
      ? ''
      : ` Highest p95 ${latencyWords(highest.p95Ms)} at ${clockWords(highest.atMs)} UTC.`
  const range = low === high ? latencyWords(low) : `${latencyWords(low)} to ${latencyWords(high)}`
  return `Latest p50 ${latencyWords(latest.p50Ms)}${p95}. Over 24 hours p50 ${range}.${peak}`
}

const UNKNOWN_WORTH_TELLING_MS = 5 * MINUTE_MS
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
