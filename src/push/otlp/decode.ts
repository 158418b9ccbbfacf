import type { GroupLabels, PushedType } from '../model.ts'
import { groupLabels, Refused } from '../model.ts'
import { labelsOf, readAttributes } from './attributes.ts'
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

/**
 * Reads an `ExportMetricsServiceRequest` in OTLP's JSON. Fields that are not known are passed over.
 * @throws Refused where it is none
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function decodeExport(json: string): ResourceExport[] {
  let request: JsonRecord | undefined
  try {
    request = asRecord(JSON.parse(json))
  } catch {
    throw new Refused('invalid_push', 'the body is not JSON')
  }
  return recordsOf(request, 'resourceMetrics', 'body').map((resourceMetrics, index) => {
    const path = `resourceMetrics[${index}]`
    const attributes = readAttributes(asRecord(resourceMetrics.resource)?.attributes)
    const metrics = recordsOf(resourceMetrics, 'scopeMetrics', path).flatMap((scopeMetrics, place) => {
      const scope = scopeAttributes(scopeMetrics)
      return recordsOf(scopeMetrics, 'metrics', `${path}.scopeMetrics[${place}]`).map((metric) =>
        decodeMetric(metric, scope),
      )
    })
    const target = new Map([...attributes].filter(([key]) => !IDENTIFYING.includes(key)))
    return { group: groupOf(attributes), target: labelsOf(target), metrics }
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

function scopeAttributes({ scope, schemaUrl }: JsonRecord): ReadonlyMap<string, string> {
  const { name, version, attributes } = asRecord(scope) ?? {}
  const own = [...readAttributes(attributes)].map(([key, value]) => [`otel_scope_${key}`, value] as const)
  return new Map([
    ...own.filter(([key]) => !/^otel_scope_(name|version|schema[^a-zA-Z0-9]url)$/.test(key)),
    ['otel_scope_name', asText(name)],
    ['otel_scope_version', asText(version)],
    ['otel_scope_schema_url', asText(schemaUrl)],
  ])
}

function decodeMetric(metric: JsonRecord, scope: ReadonlyMap<string, string>): ExportedMetric {
  const shape = shapeOf(metric)
  const written = asText(metric.name)
  const name = metricName(written, asText(metric.unit), shape.type)
  const rejected = new Map<string, number>()
  const reject = (reason: string) => {
    const message = `${JSON.stringify(written)}: ${reason}`
    rejected.set(message, (rejected.get(message) ?? 0) + 1)
  }
  const points: Point[] = []
  for (const each of shape.dataPoints) {
    const problem = name === '' ? 'it needs a name' : shape.problem
    const decoded = problem ?? decodePoint(asRecord(each), shape, scope)
    if (typeof decoded === 'string') reject(decoded)
    else points.push(decoded)
  }
  return { name, type: shape.type, help: asText(metric.description).toWellFormed(), points, rejected }
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
  scope: ReadonlyMap<string, string>,
): Point | string {
  if (point === undefined) return 'a data point must be an object'
  const labels = labelsOf(new Map([...readAttributes(point.attributes), ...scope]))
  if (type === 'histogram' && labels.has('le')) return 'a histogram must not have the attribute le'
  const at = {
    labels,
    isDelta,
    startNs: asNumber(point.startTimeUnixNano) ?? 0,
    timeNs: asNumber(point.timeUnixNano) ?? 0,
  }
  if ((Number(point.flags ?? 0) & NO_RECORDED_VALUE) !== 0) return { ...at, numbers: undefined, bounds: [] }
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
  const count = asNumber(point.count) ?? 0
  const written = (asList(point.bucketCounts) ?? []).map((each) => asNumber(each) ?? Number.NaN)
  const bounds = (asList(point.explicitBounds) ?? []).map((each) => asNumber(each) ?? Number.NaN)
  const numbers = written.length === 0 && bounds.length === 0 ? [count] : written
  if (numbers.length !== bounds.length + 1) return 'there must be one bucketCount more than explicitBounds'
  if (!numbers.every((each) => each >= 0 && Number.isFinite(each))) return "a bucketCount can't be below 0"
  if (
    !bounds.every((bound, index) => Number.isFinite(bound) && (index === 0 || bound > bounds[index - 1]!))
  ) {
    return 'explicitBounds must be finite and rise'
  }
  if (numbers.reduce((all, each) => all + each, 0) !== count) return 'count must be the sum of bucketCounts'
  const sum = asNumber(point.sum)
  return { numbers, bounds, ...(sum !== undefined && Number.isFinite(sum) && { sum }) }
}

function recordsOf(parent: JsonRecord | undefined, field: string, path: string): JsonRecord[] {
  const list = parent && asList(parent[field])
  const records = list?.map(asRecord)
  if (!records || records.includes(undefined)) {
    throw new Refused('invalid_push', `${path}: ${field} must be a list of objects`)
  }
  return records as JsonRecord[]
}
