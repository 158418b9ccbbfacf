import type { Location } from '../config/locations.ts'

/** Where a check was made: a place on earth, or `internal` for what Edgewatch sees of itself and is told. */
export type Region = Location | 'internal'

/**
 * What is known of a monitor. `degraded`: up, but too slow. `unknown`: nobody measured it, which is neither up nor
 * down. `maintenance`: a window is under way, whatever the checks say.
 */
export type MonitorState = 'up' | 'degraded' | 'down' | 'unknown' | 'maintenance'

/** What was seen of a monitor from one region, or by all of them; maintenance is not seen. */
export type SeenState = Exclude<MonitorState, 'maintenance'>

/** What one check came to. `unknown`: the check itself failed, which says nothing of what it checks. */
export interface CheckResult {
  readonly monitor: string
  readonly region: Region
  /** When its connection began; milliseconds since the epoch. */
  readonly atMs: number
  readonly outcome: 'up' | 'slow' | 'failed' | 'unknown'
  /** From the connection to the end of the answer; undefined where there was none. */
  readonly latencyMs?: number
  /** What was expected and what came, where the outcome is not `up`. On one line; holds no secret and no URL. */
  readonly reason?: string
  /** The Cloudflare data center that made it, such as `FRA`, if known. Not stored with the check. */
  readonly colo?: string
}

/** A monitor as one region sees it. */
export interface RegionStatus {
  readonly region: Region
  readonly state: SeenState
  /** The Cloudflare data center of the last checks, if known. */
  readonly colo?: string
  /** The last check; undefined before the first. */
  readonly last?: Pick<CheckResult, 'atMs' | 'outcome' | 'latencyMs' | 'reason'>
}

/** A monitor as it is now. */
export interface MonitorStatus {
  readonly id: string
  readonly state: MonitorState
  /** What the checks say while `state` is `maintenance`; else the same as `state`. */
  readonly seen: SeenState
  /** Since when `state` holds; undefined where it was never measured. */
  readonly sinceMs?: number
  /** Why it is not up. */
  readonly reason?: string
  /** The id of a monitor that is down and that this one depends on. */
  readonly blockedBy?: string
  readonly regions: readonly RegionStatus[]
}

/** Milliseconds that a monitor spent in each state. What is not there was before its first check. */
export interface TimeInStates {
  readonly up: number
  readonly degraded: number
  readonly down: number
  readonly unknown: number
  readonly maintenance: number
}

/** One day of a monitor, in UTC. */
export interface DaySummary extends TimeInStates {
  /** Such as `2026-11-21`. */
  readonly date: string
}

/** Response times within a quarter of an hour; nothing was measured where both are undefined. */
export interface LatencyPoint {
  readonly atMs: number
  readonly p50Ms?: number
  readonly p95Ms?: number
}

/** What happened to a monitor. */
export interface MonitorHistory {
  readonly id: string
  /** The days of the last 90 in which there was the monitor, oldest first; the last one is today, as far as it went. */
  readonly days: readonly DaySummary[]
  /** The last 24 hours in quarters, oldest first: 96 of them. */
  readonly latency: readonly LatencyPoint[]
}

/** A maintenance window with its times. */
export interface Maintenance {
  /** Of an announced one; undefined for those of the configuration. */
  readonly id?: string
  readonly title: string
  /** Ids of monitors; all of them where there is none. */
  readonly monitors: readonly string[]
  readonly fromMs: number
  readonly toMs: number
}

/** Up and degraded time as a share of the measured time, from 0 to 1; undefined where nothing was measured. */
export function uptimeRatio(times: readonly TimeInStates[]): number | undefined {
  let good = 0
  let down = 0
  for (const each of times) {
    good += each.up + each.degraded
    down += each.down
  }
  return good + down > 0 ? good / (good + down) : undefined
}

/** A share as a percentage to two decimals, rounded down: what had downtime is never 100. */
export const uptimePercent = (ratio: number): number => Math.floor(ratio * 10_000 + 1e-8) / 100
