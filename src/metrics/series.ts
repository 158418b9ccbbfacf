import { rebucket } from './histogram.ts'
import type { Metric, MetricType } from './model.ts'

/** What a series holds is told by the rest of a metric but its help text. */
export type Shape = Omit<Metric, 'help'>

/**
 * The numbers of a series, by its metric's type: a counter `[total]`, a gauge `[value, set at, in ms]`, a histogram
 * `[sum, observations of each bucket…]`, not cumulative. One form for what is added and for what it is added to.
 */
export type Numbers = number[]

/** A series: the values of its metric's labels, in the labels' order, and its numbers. */
export interface Series {
  readonly values: readonly string[]
  readonly numbers: Numbers
}

/** A metric with its series, by `seriesKey`. */
export interface Family extends Shape {
  readonly series: Map<string, Series>
}

/** The label value of what has no series of its own. */
export const OTHER = 'other'

/** Stands between the values in a key. Not in a label value: `cleanLabelValue` takes it out. */
export const SEPARATOR = '\0'

/** Longer label values are cut: a row of the store holds many. */
const MAX_LABEL_LENGTH = 200

/** Tells series of a metric apart. */
export const seriesKey = (values: readonly string[]): string => values.join(SEPARATOR)

/** The values of the series that takes what is beyond the cap. */
export const otherValues = (shape: Shape): string[] => shape.labels.map(() => OTHER)

/** A label value that every format can carry: valid Unicode without NUL, of at most 200 UTF-16 units. */
export function cleanLabelValue(value: unknown): string {
  return String(value ?? '')
    .slice(0, MAX_LABEL_LENGTH)
    .replaceAll(SEPARATOR, '')
    .toWellFormed()
}

/** A new series' numbers. A gauge that was never set is older than any. */
export function emptyNumbers(shape: Shape): Numbers {
  if (shape.type === 'counter') return [0]
  if (shape.type === 'gauge') return [0, 0]
  return new Array<number>(shape.bounds.length + 2).fill(0)
}

/** Whether numbers may be added: what is no number, or a count below 0, would spoil its series for good. */
export function isSound({ type, bounds }: Shape, numbers: readonly number[]): boolean {
  if (type === 'gauge') return numbers.length === 2
  const counts = type === 'counter' ? numbers : numbers.slice(1)
  return (
    counts.length === (type === 'counter' ? 1 : bounds.length + 1) &&
    numbers.every(Number.isFinite) &&
    counts.every((count) => count >= 0)
  )
}

/** Takes `numbers` into `target`: counters and histograms add up, of a gauge the value that was set last stays. */
export function combine(type: MetricType, target: Numbers, numbers: readonly number[]): void {
  if (type === 'gauge') {
    if (numbers[1]! < target[1]!) return
    target[0] = numbers[0]!
    target[1] = numbers[1]!
  } else {
    addNumbers(target, numbers)
  }
}

/** Adds one by one. */
export function addNumbers(target: Numbers, numbers: readonly number[]): void {
  for (let index = 0; index < target.length; index++) target[index]! += numbers[index]!
}

/** Whether series of both can be told apart and added up the same way. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.type === b.type && sameList(a.labels, b.labels) && sameList(a.bounds, b.bounds)
}

/**
 * A metric that describes one thing by its labels, such as a build: only the series set last is true.
 * @see https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md (Info)
 */
export const isInfo = (shape: Shape): boolean => shape.type === 'gauge' && shape.name.endsWith('_info')

/** The monitor that a series of Edgewatch belongs to, if any. */
export const monitorOf = ({ name, labels }: Shape, { values }: Pick<Series, 'values'>): string | undefined =>
  name.startsWith('edgewatch_monitor_') ? (values[labels.indexOf('monitor')] ?? '') : undefined

/** The series of a metric without those of other monitors. */
export const withMonitors = (family: Family, monitors: ReadonlySet<string>): Family['series'] =>
  new Map(
    [...family.series].filter(([, series]) => {
      const monitor = monitorOf(family, series)
      return monitor === undefined || monitors.has(monitor)
    }),
  )

/**
 * A series as it was recorded under `from`, in the terms of `to`, the same metric in another deployment: labels go
 * by name (one that `from` lacks is empty), and a histogram's observations are sorted anew.
 */
export function conform(series: Series, from: Shape, to: Shape): Series {
  if (sameShape(from, to)) return series
  const values = to.labels.map((label) => series.values[from.labels.indexOf(label)] ?? '')
  if (to.type !== 'histogram') return { values, numbers: series.numbers }
  const [sum, ...buckets] = series.numbers
  return { values, numbers: [sum!, ...rebucket(buckets, from.bounds, to.bounds)] }
}

function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index])
}
