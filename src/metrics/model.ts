/** Kinds of metrics, as Prometheus has them. */
export type MetricType = 'counter' | 'gauge' | 'histogram'

/** What a metric is. Its label values make its series. */
export interface Metric<Label extends string = string> {
  readonly type: MetricType
  /** The whole name, namespace included; of a counter with its `_total`. */
  readonly name: string
  readonly help: string
  readonly labels: readonly Label[]
  /** Upper bounds of a histogram's buckets, rising, without +Inf. Empty for the others. */
  readonly bounds: readonly number[]
}

export interface Counter<Label extends string = string> extends Metric<Label> {
  readonly type: 'counter'
}
export interface Gauge<Label extends string = string> extends Metric<Label> {
  readonly type: 'gauge'
}
export interface Histogram<Label extends string = string> extends Metric<Label> {
  readonly type: 'histogram'
}

/** A value for every label of a metric. */
export type LabelValues<Label extends string> = Readonly<Record<Label, string>>

/** Counts things. Whatever goes wrong, it never throws: telemetry must not break what it measures. */
export interface Recorder {
  /** Adds to a counter; `by` is not negative. */
  increment<Label extends string>(metric: Counter<Label>, labels: LabelValues<Label>, by?: number): void
  /** Sets a gauge. */
  set<Label extends string>(metric: Gauge<Label>, labels: LabelValues<Label>, value: number): void
  /** Adds one observation to a histogram. */
  observe<Label extends string>(metric: Histogram<Label>, labels: LabelValues<Label>, value: number): void
}

type Declaration<Label extends string> = { name: string; help: string; labels?: readonly Label[] }

/** Declares a counter. @throws TypeError for a name, label or help text that Prometheus would refuse. */
export function counter<Label extends string = never>(declaration: Declaration<Label>): Counter<Label> {
  return { ...declare(declaration, ['_total']), type: 'counter', bounds: [] }
}

/** Declares a gauge. @throws TypeError as `counter` does. */
export function gauge<Label extends string = never>(declaration: Declaration<Label>): Gauge<Label> {
  return { ...declare(declaration), type: 'gauge', bounds: [] }
}

/** Declares a histogram. @throws TypeError as `counter` does, and for bounds that do not rise. */
export function histogram<Label extends string = never>(
  declaration: Declaration<Label> & { bounds: readonly number[] },
): Histogram<Label> {
  const { bounds, ...rest } = declaration
  const rising = bounds.every(
    (bound, index) => Number.isFinite(bound) && (index === 0 || bound > bounds[index - 1]!),
  )
  if (bounds.length === 0 || !rising) throw new TypeError(`${rest.name}: bounds must be finite and rise`)
  if (rest.labels?.includes('le' as Label))
    throw new TypeError(`${rest.name}: a histogram has its own label le`)
  return { ...declare(rest), type: 'histogram', bounds }
}

// https://prometheus.io/docs/concepts/data_model/ (the classic character set, which every client can read)
const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/
// OpenMetrics appends these itself.
const RESERVED_SUFFIXES = ['_bucket', '_count', '_sum', '_created', '_info', '_total']

function declare<Label extends string>(
  declaration: Declaration<Label>,
  allowedSuffixes: readonly string[] = [],
) {
  const { name, help, labels = [] } = declaration
  if (!METRIC_NAME.test(name)) throw new TypeError(`${name}: not a metric name`)
  const suffix = RESERVED_SUFFIXES.find((each) => name.endsWith(each))
  if (allowedSuffixes.length > 0 && !allowedSuffixes.some((each) => name.endsWith(each))) {
    throw new TypeError(`${name}: must end in ${allowedSuffixes.join(' or ')}`)
  }
  if (suffix && !allowedSuffixes.includes(suffix) && suffix !== '_info' && suffix !== '_count') {
    throw new TypeError(`${name}: ${suffix} is reserved`)
  }
  if (help.trim() === '') throw new TypeError(`${name}: needs a help text`)
  for (const label of labels)
    if (!LABEL_NAME.test(label)) throw new TypeError(`${name}: ${label} is not a label name`)
  if (new Set(labels).size !== labels.length) throw new TypeError(`${name}: a label is named twice`)
  return { name, help, labels }
}
