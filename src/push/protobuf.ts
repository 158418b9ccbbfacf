import { escapeLabelValue, formatNumber } from '../metrics/exposition.ts'
import type { FamilyCollector } from './family-collector.ts'
import type { PushedType } from './model.ts'
import type { OpenFamily, SampleKind } from './open-family.ts'
import { ProtobufMistake, readDelimited, readFields, readText } from './protobuf-reader.ts'
import { metricNameEnd, SyntaxMistake, shown } from './sample-scanner.ts'

/** `MetricType` of the schema, by its numbers; the text format knows no gauge histograms. */
const TYPES: readonly (PushedType | undefined)[] = ['counter', 'gauge', 'summary', 'untyped', 'histogram']
/** The field of a `Metric` that has its value, by type. */
const VALUE_FIELDS: Readonly<Record<PushedType, number>> = {
  gauge: 2,
  counter: 3,
  summary: 4,
  untyped: 5,
  histogram: 7,
}
const TIMESTAMP_FIELD = 6
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** Whether a body is `io.prometheus.client.MetricFamily` messages, which Go's client sends. */
export const isProtobuf = (contentType: string): boolean =>
  /^application\/vnd\.google\.protobuf *(;|$)/i.test(contentType)

/**
 * Reads `MetricFamily` messages, each after its length. Of native histograms only the classic buckets are taken.
 * @param onFamily told of each family, from 1, before it is read, so that a mistake can name it
 * @throws SyntaxMistake; see `FamilyCollector.add`
 * @see https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto
 */
export function parseProtobuf(
  body: Uint8Array,
  collector: FamilyCollector,
  onFamily: (family: number) => void,
): void {
  try {
    let index = 0
    onFamily(1)
    for (const message of readDelimited(body)) {
      onFamily(++index)
      readFamily(message, collector, index)
    }
  } catch (error) {
    throw error instanceof ProtobufMistake ? new SyntaxMistake(error.message) : error
  }
}

function readFamily(message: Uint8Array, collector: FamilyCollector, index: number): void {
  let name = ''
  let help = ''
  let type = TYPES[0]
  const metrics: Uint8Array[] = []
  for (const { number, varint, bytes } of readFields(message)) {
    if (number === 1) name = readText(bytes)
    else if (number === 2) help = readText(bytes)
    else if (number === 3) type = TYPES[varint]
    else if (number === 4) metrics.push(bytes)
  }
  if (name === '' || metricNameEnd(name, 0) !== name.length)
    throw new SyntaxMistake(`${shown(name)} is no metric name`)
  if (type === undefined) throw new SyntaxMistake(`${name} is of a type that the text format has not`)
  if (collector.get(name)) throw new SyntaxMistake(`a second family ${name}`)
  const family = collector.open(name)
  family.type = type
  family.help = help
  for (const metric of metrics) readMetric(metric, family, type, collector, index)
}

function readMetric(
  message: Uint8Array,
  family: OpenFamily,
  type: PushedType,
  collector: FamilyCollector,
  index: number,
): void {
  const names: string[] = []
  const values: string[] = []
  let value: Uint8Array | undefined
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) readLabel(bytes, names, values)
    else if (number === VALUE_FIELDS[type]) value = bytes
    else if (number === TIMESTAMP_FIELD)
      throw new SyntaxMistake('a timestamp: what is pushed must not have any')
  }
  if (!value) throw new SyntaxMistake(`a ${type} ${family.name} without its value`)
  const add = (kind: SampleKind, measured: number, at?: readonly [label: string, value: number]) => {
    const allNames = at ? [...names, at[0]] : names
    const allValues = at ? [...values, formatNumber(at[1])] : values
    collector.add(family, kind, allNames, allValues, formatNumber(measured), index)
  }
  const special = type === 'histogram' ? 'le' : type === 'summary' ? 'quantile' : undefined
  if (special === undefined) {
    let measured = 0
    for (const { number, double } of readFields(value)) if (number === 1) measured = double
    add('value', measured)
    return
  }
  if (names.includes(special)) throw new SyntaxMistake(`${family.name} must not have the label ${special}`)
  let count = 0
  let sum = 0
  for (const { number, varint, double, bytes } of readFields(value)) {
    if (number === 1) count = varint
    else if (number === 2) sum = double
    else if (number === 3) {
      const [at, measured] = special === 'le' ? readBucket(bytes) : readQuantile(bytes)
      add(special === 'le' ? 'bucket' : 'quantile', measured, [special, at])
    } else if (number === 4 && special === 'le') count = double
  }
  add('sum', sum)
  add('count', count)
}

function readLabel(message: Uint8Array, names: string[], values: string[]): void {
  let name = ''
  let value = ''
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) name = readText(bytes)
    else if (number === 2) value = readText(bytes)
  }
  if (!LABEL_NAME.test(name)) throw new SyntaxMistake(`${shown(name)} is no label name`)
  names.push(name)
  values.push(escapeLabelValue(value))
}

function readBucket(message: Uint8Array): readonly [bound: number, count: number] {
  let bound = 0
  let count = 0
  for (const { number, varint, double } of readFields(message)) {
    if (number === 1) count = varint
    else if (number === 2) bound = double
    else if (number === 4) count = double
  }
  return [bound, count]
}

function readQuantile(message: Uint8Array): readonly [quantile: number, value: number] {
  let quantile = 0
  let value = 0
  for (const { number, double } of readFields(message)) {
    if (number === 1) quantile = double
    else if (number === 2) value = double
  }
  return [quantile, value]
}
