/** Requests of one route within a window. */
export interface RouteTotals {
  readonly route: string
  readonly requests: number
  /** Requests that failed on our side. */
  readonly errors: number
  readonly durationSumSeconds: number
  /** Requests per bucket of `DURATION_BOUNDS_SECONDS`, not cumulative; the last one is of what is beyond. */
  readonly durationBuckets: readonly number[]
}

/** Series of a metric that have all these labels. */
export interface SeriesSelector {
  readonly metric: string
  readonly labels: Readonly<Record<string, string>>
}

/**
 * Several questions at once, so that a cron run asks only once. Times in milliseconds since the epoch.
 *
 * A window holds the whole minutes from `fromMs` up to `toMs`, both rounded down to the minute: the last five minutes
 * at 12:05:40 are those from 12:00 to 12:05. For the minute under way, give a `toMs` after its end. Where it reaches
 * back beyond 48 hours it is made of hours, and its edges there move outwards; beyond 90 days there is nothing.
 */
export interface MetricsQuery {
  readonly windows: readonly { readonly fromMs: number; readonly toMs: number }[]
  readonly series: readonly SeriesSelector[]
}

/** The sum over the selected series: of a gauge its value, of a histogram its count. */
export interface SeriesValue {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly value: number
}

/** An answer for each question, in their order. No data is `[]` or undefined, never 0. */
export interface MetricsAnswer {
  readonly windows: readonly (readonly RouteTotals[])[]
  readonly series: readonly (SeriesValue | undefined)[]
}

/** Reads what the store holds, all shards added up. Rejects when a shard can't be read: a part is not a sum. */
export interface MetricsReader {
  read(query: MetricsQuery): Promise<MetricsAnswer>
}
