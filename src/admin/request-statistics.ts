import { HOUR_MS, SECOND_MS } from '../lib/clock.ts'
import { DURATION_BOUNDS_SECONDS } from '../metrics/catalog.ts'
import { quantile } from '../metrics/histogram.ts'
import type { RouteTotals } from '../metrics/query.ts'

/** The window that the statistics are of. */
export const STATISTICS_WINDOW_MS = HOUR_MS

/** How a route did in the last hour. Durations in milliseconds, interpolated within the histogram's buckets. */
export interface RouteStatistics {
  readonly route: string
  readonly requests: number
  readonly rate_per_second: number
  readonly error_ratio: number
  readonly p50_ms: number | null
  readonly p95_ms: number | null
  readonly p99_ms: number | null
}

/** Statistics by route, the busiest first. */
export const requestStatistics = (totals: readonly RouteTotals[]): RouteStatistics[] =>
  totals.map(statisticsOf).sort((a, b) => b.requests - a.requests || a.route.localeCompare(b.route))

function statisticsOf({ route, requests, errors, durationBuckets }: RouteTotals): RouteStatistics {
  const quantileMs = (q: number): number | null => {
    const seconds = quantile(q, DURATION_BOUNDS_SECONDS, durationBuckets)
    return seconds === undefined ? null : round(seconds * SECOND_MS)
  }
  return {
    route,
    requests,
    rate_per_second: round(requests / (STATISTICS_WINDOW_MS / SECOND_MS)),
    error_ratio: requests === 0 ? 0 : round(errors / requests),
    p50_ms: quantileMs(0.5),
    p95_ms: quantileMs(0.95),
    p99_ms: quantileMs(0.99),
  }
}

/** To a millionth: below that floating point shows. */
const round = (value: number): number => Math.round(value * 1e6) / 1e6
