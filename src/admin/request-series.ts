import { SECOND_MS } from '../lib/clock.ts'
import type { MetricsReader, RouteTotals } from '../metrics/query.ts'
import type { RouteStatistics, Statistics } from './request-statistics.ts'
import { requestStatistics, statisticsOf, withoutHealthChecks } from './request-statistics.ts'
import type { TimeRange } from './time-range.ts'
import { windowsOf } from './time-range.ts'

/** Requests by route in each step of a range. */
export interface RequestHistory {
  readonly range: TimeRange
  readonly steps: readonly RequestStep[]
}

/** One step: what was counted from `fromMs` on, during `lengthMs` of it. */
interface RequestStep {
  readonly fromMs: number
  /** Shorter than the others for the one that is under way. */
  readonly lengthMs: number
  readonly totals: readonly RouteTotals[]
}

/** A step's statistics. */
interface RequestPoint extends Statistics {
  readonly fromMs: number
}

/** What a page shows of the requests of one route, or of all. */
export interface RequestSeries {
  readonly points: readonly RequestPoint[]
  /** Over the whole range. */
  readonly total: Statistics
}

/** Reads a range, in one question. Rejects where the store does. */
export async function readHistory(
  metrics: MetricsReader,
  range: TimeRange,
  now: number,
): Promise<RequestHistory> {
  const windows = windowsOf(range, now)
  const answer = await metrics.read({ windows, series: [] })
  const steps = windows.map(({ fromMs }, index) => ({
    fromMs,
    lengthMs: Math.max(SECOND_MS, Math.min(range.stepMs, now - fromMs)),
    totals: answer.windows[index] ?? [],
  }))
  return { range, steps }
}

/** How a route did over time; without one, all of them but the health checks. */
export function seriesOf({ steps }: RequestHistory, route?: string): RequestSeries {
  const chosen = steps.map(({ fromMs, lengthMs, totals }) => ({
    fromMs,
    lengthMs,
    totals: route === undefined ? withoutHealthChecks(totals) : totals.filter((each) => each.route === route),
  }))
  return {
    points: chosen.map(({ fromMs, lengthMs, totals }) => ({ fromMs, ...statisticsOf(totals, lengthMs) })),
    total: statisticsOf(
      chosen.flatMap(({ totals }) => totals),
      lengthOf(steps),
    ),
  }
}

/** How each route did over the whole range, the busiest first. */
export const byRoute = ({ steps }: RequestHistory): RouteStatistics[] =>
  requestStatistics(
    steps.flatMap(({ totals }) => totals),
    lengthOf(steps),
  )

const lengthOf = (steps: readonly RequestStep[]): number =>
  steps.reduce((sum, { lengthMs }) => sum + lengthMs, 0)
