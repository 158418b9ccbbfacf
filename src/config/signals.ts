/**
 * Signals that Edgewatch measures itself, with their units in their names.
 *
 * - over requests, within the rule's `over`, of one `route` or of all: `request_rate` (per second), `error_ratio`
 *   (5xx of all, 0 to 1), `latency_p50_ms`, `latency_p95_ms`, `latency_p99_ms`
 * - of the dependencies, as probed by this run: `…_up` (1 or 0), `…_latency_ms`, and used shares from 0 to 1
 * - of one `monitor`: `monitor_up` and `monitor_degraded` (1 or 0), and within `over` `monitor_latency_p50_ms`,
 *   `…_p95_ms`, `…_p99_ms` and `monitor_uptime_ratio` (0 to 1, of the time that was measured)
 * - `cache_hit_ratio` (0 to 1) within `over`; `scheduler_lag_seconds`: how late this run is
 */
export const BUILT_IN_SIGNALS = [
  'request_rate',
  'error_ratio',
  'latency_p50_ms',
  'latency_p95_ms',
  'latency_p99_ms',
  'mongodb_up',
  'mongodb_latency_ms',
  'mongodb_connections_ratio',
  'mongodb_memory_ratio',
  'mongodb_disk_ratio',
  'redis_up',
  'redis_latency_ms',
  'redis_memory_ratio',
  'cache_hit_ratio',
  'scheduler_lag_seconds',
  'monitor_up',
  'monitor_degraded',
  'monitor_latency_p50_ms',
  'monitor_latency_p95_ms',
  'monitor_latency_p99_ms',
  'monitor_uptime_ratio',
] as const

/** See `BUILT_IN_SIGNALS`. */
export type BuiltInSignal = (typeof BUILT_IN_SIGNALS)[number]

/** Whether a signal is measured over requests, so that it can have a `route`. */
export const isOverRequests = (signal: unknown): boolean =>
  typeof signal === 'string' && /^(request_rate|error_ratio|latency_.*)$/.test(signal)

/** Whether a signal is computed from single requests, so that it jumps when there are few. */
export const isOfManyRequests = (signal: unknown): boolean =>
  isOverRequests(signal) && signal !== 'request_rate'

/** Whether a signal measures a monitor. */
export const isOfMonitor = (signal: unknown): boolean =>
  typeof signal === 'string' && signal.startsWith('monitor_')
