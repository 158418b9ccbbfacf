import { MINUTE_MS } from '../lib/clock.ts'
import { getOrAdd } from '../lib/get-or-add.ts'
import type { Logger } from '../logging/model.ts'
import type { MetricDelta, MinuteDelta } from './batch.ts'
import type { Catalog } from './catalog.ts'
import { DURATION_BOUNDS_SECONDS } from './catalog.ts'
import { bucketIndex } from './histogram.ts'
import type { Counter, Gauge, Histogram, LabelValues, Metric, Recorder } from './model.ts'
import type { Numbers, Series } from './series.ts'
import { cleanLabelValue, emptyNumbers, OTHER, otherValues, SEPARATOR, seriesKey } from './series.ts'
import type { Window } from './windows.ts'
import { routeNumbers, toDelta } from './windows.ts'

/** A request that was answered. */
export interface RequestRecord {
  /** One of the nine standard methods, or `OTHER`. */
  readonly method: string
  /** The route's template, never the path itself; `unmatched` where there is none. */
  readonly route: string
  readonly status: number
  readonly durationMs: number
  /** Whether it counts as an error: answered with 500 or more, and not because that is what was asked for. */
  readonly failed: boolean
  /** Slower than `observe.slowMs`. */
  readonly slow: boolean
  /** When it was answered; milliseconds since the epoch. */
  readonly atMs: number
}

/** See `Accumulator`. */
export interface AccumulatorOptions {
  readonly catalog: Catalog
  /** Series per metric; beyond it label values become `other`. */
  readonly maxSeries: number
  readonly clock: () => number
  readonly log: Logger
}

/** Where a request's numbers go, found by route, method and status once and kept. */
interface RequestCell {
  readonly requests: Numbers
  readonly duration: Numbers
  minute: number
  window: Numbers
}

interface OpenFamily {
  readonly metric: Metric
  readonly series: Map<string, Series>
}

/** While nothing can be handed over, later minutes are added to the last of these. */
const MAX_OPEN_MINUTES = 15

/** Adds up what is recorded until it is drained. Bounded: by series per metric, routes per minute, and minutes. */
export class Accumulator implements Recorder {
  protected readonly catalog: Catalog
  protected readonly clock: () => number
  protected readonly log: Logger
  readonly #maxSeries: number
  readonly #warned = new Set<string>()

  #isEmpty = true
  #families = new Map<string, OpenFamily>()
  #minutes = new Map<number, Window>()
  #requestCells = new Map<string, Map<string, Map<number, RequestCell>>>()

  constructor(options: AccumulatorOptions) {
    this.catalog = options.catalog
    this.#maxSeries = options.maxSeries
    this.clock = options.clock
    this.log = options.log
  }

  increment<Label extends string>(metric: Counter<Label>, labels: LabelValues<Label>, by = 1): void {
    if (!(by >= 0 && by < Number.POSITIVE_INFINITY)) return
    this.#numbers(metric, labels)[0]! += by
  }

  set<Label extends string>(metric: Gauge<Label>, labels: LabelValues<Label>, value: number): void {
    const numbers = this.#numbers(metric, labels)
    numbers[0] = value
    numbers[1] = this.clock()
  }

  observe<Label extends string>(metric: Histogram<Label>, labels: LabelValues<Label>, value: number): void {
    if (Number.isFinite(value)) addObservation(this.#numbers(metric, labels), metric.bounds, value)
  }

  /**
   * Counts a request in its metrics and in its minute. This runs for every request, so the usual one only finds its
   * cell: no strings are built and nothing is allocated.
   */
  recordRequest(request: RequestRecord): void {
    this.#isEmpty = false
    const cell =
      this.#requestCells.get(request.route)?.get(request.method)?.get(request.status) ??
      this.#requestCell(request)
    const minute = Math.floor(request.atMs / MINUTE_MS)
    if (cell.minute !== minute) {
      cell.window = this.#window(minute, request.route)
      cell.minute = minute
    }
    const seconds = request.durationMs > 0 && request.durationMs < 1e12 ? request.durationMs / 1000 : 0
    const bucket = bucketIndex(DURATION_BOUNDS_SECONDS, seconds)
    cell.requests[0]!++
    cell.duration[0]! += seconds
    cell.duration[bucket + 1]!++
    if (request.failed) cell.window[0]!++
    cell.window[1]! += seconds
    cell.window[bucket + 2]!++
    if (request.slow) this.increment(this.catalog.slowRequests, request)
  }

  protected get isEmpty(): boolean {
    return this.#isEmpty
  }

  /** All that was added up; it begins anew. */
  protected drain(): { metrics: MetricDelta[]; minutes: MinuteDelta[] } {
    const metrics = [...this.#families.values()].map(({ metric, series }) => ({
      type: metric.type,
      name: metric.name,
      labels: metric.labels,
      bounds: metric.bounds,
      series: [...series.values()],
    }))
    const minutes = [...this.#minutes].map(([minute, window]) => ({ minute, ...toDelta(window) }))
    this.#isEmpty = true
    this.#families = new Map()
    this.#minutes = new Map()
    this.#requestCells = new Map()
    return { metrics, minutes }
  }

  #requestCell(request: RequestRecord): RequestCell {
    const { method, route, status } = request
    const { requests: requestsMetric, requestDuration } = this.catalog
    const requests = this.#numbers(requestsMetric, { method, route, status: String(status) })
    const duration = this.#numbers(requestDuration, { method, route })
    const minute = Math.floor(request.atMs / MINUTE_MS)
    const cell = { requests, duration, minute, window: this.#window(minute, route) }
    // A request beyond the cap comes here each time: its label values must not be remembered.
    if (this.#isOther(requestsMetric, requests) || this.#isOther(requestDuration, duration)) return cell

    const methods = getOrAdd(this.#requestCells, route, () => new Map<string, Map<number, RequestCell>>())
    getOrAdd(methods, method, () => new Map<number, RequestCell>()).set(status, cell)
    return cell
  }

  #window(minute: number, route: string): Numbers {
    const isFull = this.#minutes.size >= MAX_OPEN_MINUTES && !this.#minutes.has(minute)
    const open = isFull ? [...this.#minutes.keys()].at(-1)! : minute
    const window = getOrAdd(this.#minutes, open, () => new Map())
    return routeNumbers(window, cleanLabelValue(route))
  }

  /** The numbers of a series, to add to; those of `other` beyond the cap. */
  #numbers<Label extends string>(metric: Metric<Label>, labels: LabelValues<Label>): Numbers {
    this.#isEmpty = false
    const family = this.#family(metric)
    const key = recordedKey(metric.labels, labels)
    const known = family.series.get(key)
    if (known) return known.numbers
    if (family.series.size < this.#maxSeries) {
      return addSeries(
        family,
        key,
        metric.labels.map((label) => cleanLabelValue(labels[label])),
      )
    }
    this.#countDropped(metric)
    const values = otherValues(metric)
    return family.series.get(seriesKey(values))?.numbers ?? addSeries(family, seriesKey(values), values)
  }

  #family(metric: Metric): OpenFamily {
    return getOrAdd(this.#families, metric.name, () => ({ metric, series: new Map() }))
  }

  #isOther(metric: Metric, numbers: Numbers): boolean {
    return this.#family(metric).series.get(seriesKey(otherValues(metric)))?.numbers === numbers
  }

  #countDropped(metric: Metric): void {
    const values = [metric.name]
    const family = this.#family(this.catalog.seriesDropped)
    const numbers = family.series.get(metric.name)?.numbers ?? addSeries(family, metric.name, values)
    numbers[0]!++
    if (this.#warned.has(metric.name)) return
    this.#warned.add(metric.name)
    this.log.warn('metric_series_capped', { metric: metric.name, max_series: this.#maxSeries, into: OTHER })
  }
}

/** The key of a series by its values as they were given; built without a list, as it is for each recording. */
function recordedKey<Label extends string>(names: readonly Label[], labels: LabelValues<Label>): string {
  if (names.length === 0) return ''
  let key: string = labels[names[0]!]
  for (let index = 1; index < names.length; index++) key += SEPARATOR + labels[names[index]!]
  return key
}

function addSeries(family: OpenFamily, key: string, values: readonly string[]): Numbers {
  const numbers = emptyNumbers(family.metric)
  family.series.set(key, { values, numbers })
  return numbers
}

function addObservation(numbers: Numbers, bounds: readonly number[], value: number): void {
  numbers[0]! += value
  numbers[bucketIndex(bounds, value) + 1]!++
}
