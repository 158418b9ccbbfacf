import type { CheckResult, Maintenance, MonitorStatus, Region } from './model.ts'
import type { PackedHistories } from './packed-history.ts'

/** What a region is asked to do: to check each of these monitors once. */
export interface ProbeRequest {
  readonly region: Region
  readonly monitors: readonly string[]
}

/** A region prober, as the uptime monitor calls it. Results are in the order in which the checks were made. */
export interface RegionProberClient {
  run(request: ProbeRequest): Promise<readonly CheckResult[]>
}

/** A question of an alert rule about one monitor. */
export interface MonitorQuestion {
  readonly monitor: string
  /** What is to be told; of the rest nothing is read. */
  readonly of: 'state' | 'uptime' | 'latency'
  /** The window that latency and uptime are asked of. */
  readonly overMs: number
}

/** An answer; what nobody knows, or asked, is undefined. */
export interface MonitorMeasures {
  readonly up?: 0 | 1
  readonly degraded?: 0 | 1
  readonly uptimeRatio?: number
  readonly latencyMs?: { readonly p50: number; readonly p95: number; readonly p99: number }
}

/** All monitors as they are now. */
export interface MonitorsReport {
  /** When the monitors were last judged; undefined before the first time. */
  readonly judgedAtMs?: number
  /** Since when the control URL gives no answer; undefined while it does, or nobody asked. */
  readonly controlSilentSinceMs?: number
  readonly monitors: readonly MonitorStatus[]
  /** Windows that are under way or come, by their beginning; recurring ones of the configuration within 14 days. */
  readonly maintenance: readonly Maintenance[]
}

/** What a job says: that it began, that it is done, or that it failed. */
export type BeatKind = 'start' | 'done' | 'fail'

/** What came of a run: `refused` where another was under way. */
export interface MonitorsTickResult {
  readonly outcome: 'ok' | 'refused'
  readonly checks: number
}

/** The uptime monitor, as Workers and other objects call it. */
export interface UptimeMonitorClient {
  /** Makes the checks that are due, and judges. */
  tick(scheduledAtMs: number): Promise<MonitorsTickResult>
  report(): Promise<MonitorsReport>
  /** Of these monitors, in their order; those that are not configured are left out. See `unpackHistories`. */
  history(ids: readonly string[]): Promise<PackedHistories>
  /** Every check of a monitor in this time, oldest first; at most 7 days back. */
  checks(id: string, fromMs: number, toMs: number): Promise<readonly CheckResult[]>
  measure(questions: readonly MonitorQuestion[]): Promise<readonly MonitorMeasures[]>
  /** False where there is no such heartbeat. */
  beat(id: string, kind: BeatKind): Promise<boolean>
  announce(window: Omit<Maintenance, 'id'>): Promise<Maintenance>
  /** Whether there was one. */
  withdraw(id: string): Promise<boolean>
}

/** Told of every judgement, once it is stored. The alert ledger listens. */
export type OnJudged = (monitors: readonly MonitorStatus[], judgedAtMs: number) => Promise<void>
