import { HEALTH_ROUTES } from '../health/model.ts'
import { HOUR_MS, SECOND_MS } from '../lib/clock.ts'
import { DURATION_BOUNDS_SECONDS } from '../metrics/catalog.ts'
import { quantile } from '../metrics/histogram.ts'
import type { RouteTotals } from '../metrics/query.ts'

/** The window that `/admin/metrics` tells of. */
export const STATISTICS_WINDOW_MS = HOUR_MS

/** How requests did within some time. Durations in milliseconds, interpolated within the histogram's buckets. */
export interface Statistics {
  readonly requests: number
  readonly rate_per_second: number
  readonly error_ratio: number
  readonly p50_ms: number | null
  readonly p95_ms: number | null
  readonly p99_ms: number | null
}

/** How the requests of one route did. */
export interface RouteStatistics extends Statistics {
  readonly route: string
}

/** Statistics by route over `windowMs`, the busiest first. Totals of the same route are added up. */
export const requestStatistics = (
  totals: readonly RouteTotals[],
  windowMs = STATISTICS_WINDOW_MS,
): RouteStatistics[] =>
  Array.from(
    Map.groupBy(totals, ({ route }) => route),
    ([route, each]) => ({ route, ...statisticsOf(each, windowMs) }),
  ).sort((a, b) => b.requests - a.requests || a.route.localeCompare(b.route))

/** Statistics of several routes together, over `windowMs`. */
export function statisticsOf(totals: readonly RouteTotals[], windowMs: number): Statistics {
  const sum = (value: (each: RouteTotals) => number) => totals.reduce((all, each) => all + value(each), 0)
  const requests = sum((each) => each.requests)
  const errors = sum((each) => each.errors)
  const buckets = Array.from({ length: DURATION_BOUNDS_SECONDS.length + 1 }, (_, index) =>
    sum((each) => each.durationBuckets[index] ?? 0),
  )
  const quantileMs = (q: number): number | null => {
    const seconds = quantile(q, DURATION_BOUNDS_SECONDS, buckets)
    return seconds === undefined ? null : round(seconds * SECOND_MS)
  }
  return {
    requests,
    rate_per_second: round(requests / (windowMs / SECOND_MS)),
    error_ratio: requests === 0 ? 0 : round(errors / requests),
    p50_ms: quantileMs(0.5),
    p95_ms: quantileMs(0.95),
    p99_ms: quantileMs(0.99),
  }
}

/** Without health checks, as in the signals over all requests: they are many, quick, and nobody's. */
export const withoutHealthChecks = (totals: readonly RouteTotals[]): RouteTotals[] =>
  totals.filter(({ route }) => !HEALTH_ROUTES.includes(route))

/** To a millionth: below that floating point shows. */
const round = (value: number): number => Math.round(value * 1e6) / 1e6
