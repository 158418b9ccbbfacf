import { MINUTE_MS } from '../../lib/clock.ts'
import type { GroupLabels, PushedType } from '../model.ts'
import { groupLabels, Refused } from '../model.ts'
import { labelsOf, readAttributes } from './attributes.ts'
import { Budget } from './budget.ts'
import type { JsonRecord } from './json.ts'
import { asList, asNumber, asRecord, asText } from './json.ts'
import { metricName } from './names.ts'

/** What one resource, that is a process, exported. */
export interface ResourceExport {
  readonly group: GroupLabels
  /** The resource's attributes but those that became `job` and `instance`, as labels. */
  readonly target: ReadonlyMap<string, string>
  readonly metrics: readonly ExportedMetric[]
}

/** A metric with its points, in Prometheus's terms. */
export interface ExportedMetric {
  readonly name: string
  readonly type: PushedType
  readonly help: string
  readonly points: readonly Point[]
  /** Points that can't be taken, by the reason. */
  readonly rejected: ReadonlyMap<string, number>
}

/** A measured value of a series, or of a histogram the values of its buckets. */
export interface Point {
  readonly labels: ReadonlyMap<string, string>
  /** Whether it tells what was added since the last point, instead of all. */
  readonly isDelta: boolean
  /** Nanoseconds since the epoch, to some hundred; 0 where it is not told. */
  readonly startNs: number
  readonly timeNs: number
  /** The value; of a histogram the observations of each bucket, not cumulative. Undefined: there is no value any more. */
  readonly numbers: readonly number[] | undefined
  /** Of a histogram: the buckets' upper bounds, without +Inf; else empty. */
  readonly bounds: readonly number[]
  /** Of a histogram that has it: the sum of all observations. */
  readonly sum?: number
}

const DELTA = 1
const CUMULATIVE = 2
const NO_RECORDED_VALUE = 1

/** Attributes that become `job` and `instance`. */
const IDENTIFYING = ['service.namespace', 'service.name', 'service.instance.id']

/** A point from further ahead would have all that follow refused as too old; Prometheus allows a scrape as much. */
const MAX_AHEAD_NS = 10 * MINUTE_MS * 1e6

/**
 * Reads an `ExportMetricsServiceRequest` in OTLP's JSON. Fields that are not known are passed over.
 * @throws Refused where it is none, or too large a one
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function decodeExport(json: string, now: number): ResourceExport[] {
  let request: JsonRecord | undefined
  try {
    request = asRecord(JSON.parse(json))
  } catch {
    throw new Refused('invalid_push', 'the body is not JSON')
  }
  const budget = new Budget()
  const latestNs = now * 1e6 + MAX_AHEAD_NS
  return budget.resources(recordsOf(request, 'resourceMetrics', 'body')).map((resourceMetrics, index) => {
    const path = `resourceMetrics[${index}]`
    const attributes = readAttributes(asRecord(resourceMetrics.resource)?.attributes)
    const group = groupOf(attributes)
    const scopes = budget.items(recordsOf(resourceMetrics, 'scopeMetrics', path))
    const metrics = scopes.flatMap((scopeMetrics, place) => {
      const scope = scopeLabels(scopeMetrics)
      const sharedLength = lengthOf(Object.entries(group)) + lengthOf(scope)
      const surroundings = { scope, sharedLength, latestNs, budget }
      return budget
        .items(recordsOf(scopeMetrics, 'metrics', `${path}.scopeMetrics[${place}]`))
        .map((metric) => decodeMetric(metric, surroundings))
    })
    const target = new Map([...attributes].filter(([key]) => !IDENTIFYING.includes(key)))
    return { group, target: labelsOf(target), metrics }
  })
}

/** How many points an export has, those that can't be taken included. */
export const pointsOf = ({ metrics }: ResourceExport): number =>
  metrics.reduce(
    (sum, { points, rejected }) =>
      [...rejected.values()].reduce((all, some) => all + some, sum + points.length),
    0,
  )

/**
 * `job` and `instance` of a resource.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#resource-attributes-1
 */
function groupOf(attributes: ReadonlyMap<string, string>): GroupLabels {
  const [namespace, name, instance = ''] = IDENTIFYING.map((key) => attributes.get(key))
  const service = name || 'unknown_service' // as the semantic conventions call it
  return groupLabels({ job: namespace ? `${namespace}/${service}` : service, instance })
}

/** What a metric is read with. */
interface Surroundings {
  /** The scope, as labels. */
  readonly scope: ReadonlyMap<string, string>
  /** Of the labels of scope and group, in UTF-16 units. */
  readonly sharedLength: number
  /** The latest time that a point may have. */
  readonly latestNs: number
  readonly budget: Budget
}

function scopeLabels({ scope, schemaUrl }: JsonRecord): ReadonlyMap<string, string> {
  const { name, version, attributes } = asRecord(scope) ?? {}
  const own = [...readAttributes(attributes)].map(([key, value]) => [`otel_scope_${key}`, value] as const)
  return labelsOf(
    new Map([
      ...own.filter(([key]) => !/^otel_scope_(name|version|schema[^a-zA-Z0-9]url)$/.test(key)),
      ['otel_scope_name', asText(name)],
      ['otel_scope_version', asText(version)],
      ['otel_scope_schema_url', asText(schemaUrl)],
    ]),
  )
}

const lengthOf = (labels: Iterable<readonly [string, string]>): number => {
  let length = 0
  for (const [name, value] of labels) length += name.length + value.length
  return length
}

function decodeMetric(metric: JsonRecord, surroundings: Surroundings): ExportedMetric {
  const shape = shapeOf(metric)
  const written = asText(metric.name)
  const name = metricName(written, asText(metric.unit), shape.type)
  const rejected = new Map<string, number>()
  const reject = (reason: string) => {
    const message = `${JSON.stringify(written)}: ${reason}`
    rejected.set(message, (rejected.get(message) ?? 0) + 1)
  }
  const points: Point[] = []
  for (const each of surroundings.budget.items(shape.dataPoints)) {
    const problem = name === '' ? 'it needs a name' : shape.problem
    const decoded = problem ?? decodePoint(asRecord(each), shape, surroundings)
    if (typeof decoded === 'string') reject(decoded)
    else points.push(decoded)
  }
  return { name, type: shape.type, help: asText(metric.description), points, rejected }
}

interface MetricShape {
  readonly type: PushedType
  readonly isDelta: boolean
  readonly dataPoints: readonly unknown[]
  /** Why no point can be taken. */
  readonly problem?: string
}

function shapeOf(metric: JsonRecord): MetricShape {
  const { gauge, sum, histogram } = metric
  const data = asRecord(gauge ?? sum ?? histogram ?? metric.exponentialHistogram ?? metric.summary)
  const dataPoints = asList(data?.dataPoints) ?? []
  if (gauge !== undefined) return { type: 'gauge', isDelta: false, dataPoints }
  const temporality = data?.aggregationTemporality
  const type = histogram !== undefined ? 'histogram' : data?.isMonotonic === true ? 'counter' : 'gauge'
  const shape = { type, isDelta: temporality === DELTA, dataPoints } as const
  if (sum === undefined && histogram === undefined) {
    return { ...shape, problem: 'only sums, gauges and histograms with explicit bounds are taken' }
  }
  if (temporality === DELTA || temporality === CUMULATIVE) return shape
  return { ...shape, problem: 'aggregationTemporality must be 1 (delta) or 2 (cumulative)' }
}

/** A point, or why it is none. */
function decodePoint(
  point: JsonRecord | undefined,
  { type, isDelta }: MetricShape,
  { scope, sharedLength, latestNs, budget }: Surroundings,
): Point | string {
  if (point === undefined) return 'a data point must be an object'
  if (asList(point.attributes) === undefined) return 'attributes must be a list'
  const own = labelsOf(readAttributes(point.attributes))
  budget.labels(sharedLength + lengthOf(own))
  const labels = new Map([...own, ...scope])
  if (type === 'histogram' && labels.has('le')) return 'a histogram must not have the attribute le'
  const startNs = asNumber(point.startTimeUnixNano ?? 0)
  const timeNs = asNumber(point.timeUnixNano ?? 0)
  if (!isTime(startNs) || !isTime(timeNs)) return 'startTimeUnixNano and timeUnixNano must be nanoseconds'
  if (timeNs > latestNs) return 'timeUnixNano is more than 10 minutes ahead'
  const at = { labels, isDelta, startNs, timeNs }
  if (((asNumber(point.flags) ?? 0) & NO_RECORDED_VALUE) !== 0) {
    return { ...at, numbers: undefined, bounds: [] }
  }
  if (type === 'histogram') {
    const measured = decodeHistogram(point)
    return typeof measured === 'string' ? measured : { ...at, ...measured }
  }
  const value = asNumber(point.asDouble ?? point.asInt)
  if (value === undefined) return 'a data point must have a number as asDouble or asInt'
  if (type === 'counter' && !(value >= 0 && Number.isFinite(value))) return `a counter can't be ${value}`
  if (isDelta && !Number.isFinite(value)) return `${value} can't be added`
  return { ...at, numbers: [value], bounds: [] }
}

function decodeHistogram(point: JsonRecord): Pick<Point, 'numbers' | 'bounds' | 'sum'> | string {
  const count = asNumber(point.count ?? 0)
  if (count === undefined) return 'count must be a number'
  const written = asList(point.bucketCounts)?.map((each) => asNumber(each) ?? Number.NaN)
  const bounds = asList(point.explicitBounds)?.map((each) => asNumber(each) ?? Number.NaN)
  if (!written || !bounds) return 'bucketCounts and explicitBounds must be lists'
  const numbers = written.length === 0 && bounds.length === 0 ? [count] : written
  if (numbers.length !== bounds.length + 1) return 'there must be one bucketCount more than explicitBounds'
  if (!numbers.every((each) => each >= 0 && Number.isInteger(each))) return 'a bucketCount must be 0 or more'
  if (
    !bounds.every((bound, index) => Number.isFinite(bound) && (index === 0 || bound > bounds[index - 1]!))
  ) {
    return 'explicitBounds must be finite and rise'
  }
  if (numbers.reduce((all, each) => all + each, 0) !== count) return 'count must be the sum of bucketCounts'
  const sum = asNumber(point.sum)
  // The sum of what may be negative doesn't only grow; where no bound says so it would pass for a counter.
  const isKept = sum !== undefined && Number.isFinite(sum) && (sum >= 0 || bounds[0]! < 0)
  return { numbers, bounds, ...(isKept && { sum }) }
}

const isTime = (ns: number | undefined): ns is number => ns !== undefined && ns >= 0 && Number.isFinite(ns)

function recordsOf(parent: JsonRecord | undefined, field: string, path: string): JsonRecord[] {
  const list = parent && asList(parent[field])
  const records = list?.map(asRecord)
  if (!records || records.includes(undefined)) {
    throw new Refused('invalid_push', `${path}: ${field} must be a list of objects`)
  }
  return records as JsonRecord[]
}
