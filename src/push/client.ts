import type { ExpositionFormat } from '../metrics/exposition.ts'
import type {
  MetricsAnswer,
  MetricsQuery,
  MetricsReader,
  SeriesSelector,
  SeriesValue,
} from '../metrics/query.ts'
import type { PushedBody } from './body.ts'
import type { GroupLabels, Refusable } from './model.ts'
import type { ExportOutcome, GroupSummary, Push } from './store.ts'

/** What a `PushStore` answers to. */
export interface PushStoreClient {
  push(push: Push): Promise<Refusable<void>>
  export(body: PushedBody): Promise<Refusable<ExportOutcome>>
  remove(labels: GroupLabels): Promise<boolean>
  list(): Promise<readonly GroupSummary[]>
  exposition(format: ExpositionFormat): Promise<string>
  values(selectors: readonly SeriesSelector[]): Promise<(SeriesValue | undefined)[]>
}

/** What `/metrics` and the alert rules read. */
export interface ExposedMetrics extends MetricsReader {
  /** @param monitors leaves out the series of all other monitors */
  exposition(format: ExpositionFormat, monitors?: readonly string[]): Promise<string>
}

const END = '# EOF\n'

/**
 * Edgewatch's own metrics and the pushed ones as one. The push store is only asked where there may be an answer: for
 * series by names that are not Edgewatch's, and not at all where nothing can be pushed. Rejects where either can't be
 * read: a part would look like counters that began anew.
 */
export class MetricsWithPushed implements ExposedMetrics {
  readonly #own: ExposedMetrics
  readonly #ownNames: ReadonlySet<string>
  readonly #pushed: () => PushStoreClient

  /**
   * @param ownNames of Edgewatch's metrics
   * @param pushed asked each time, for a stub belongs to the event that made it
   */
  constructor(own: ExposedMetrics, ownNames: Iterable<string>, pushed: () => PushStoreClient) {
    this.#own = own
    this.#ownNames = new Set(ownNames)
    this.#pushed = pushed
  }

  async read(query: MetricsQuery): Promise<MetricsAnswer> {
    const foreign = query.series.filter(({ metric }) => !this.#ownNames.has(metric))
    if (foreign.length === 0) return this.#own.read(query)
    const [answer, values] = await Promise.all([this.#own.read(query), this.#pushed().values(foreign)])
    const series = query.series.map((selector, index) =>
      this.#ownNames.has(selector.metric) ? answer.series[index] : values[foreign.indexOf(selector)],
    )
    return { ...answer, series }
  }

  async exposition(format: ExpositionFormat, monitors?: readonly string[]): Promise<string> {
    const [own, pushed] = await Promise.all([
      this.#own.exposition(format, monitors),
      this.#pushed().exposition(format),
    ])
    return format === 'openmetrics' ? own.slice(0, -END.length) + pushed + END : own + pushed
  }
}
