import { escapeLabelValue } from '../../metrics/exposition.ts'
import { Refused } from '../model.ts'
import type { JsonRecord } from './json.ts'
import { asList, asNumber, asRecord, asText } from './json.ts'
import { labelName } from './names.ts'

/** Deeper than anybody nests lists in attributes; Protobuf's own readers end at 100. */
const MAX_DEPTH = 32

/**
 * Attributes as OTLP has them: a list of keys and typed values. What is none is left out.
 * @throws Refused where they are nested too deep
 */
export function readAttributes(value: unknown, depth = 0): Map<string, string> {
  const attributes = new Map<string, string>()
  for (const each of asList(value) ?? []) {
    const pair = asRecord(each)
    const key = asText(pair?.key)
    if (key !== '') attributes.set(key, anyValueText(pair?.value, depth))
  }
  return attributes
}

/**
 * An attribute's value as text.
 * @see https://opentelemetry.io/docs/specs/otel/common/#anyvalue-representation-for-non-otlp-protocols
 */
function anyValueText(value: unknown, depth: number): string {
  const plain = plainValue(asRecord(value), depth)
  return typeof plain === 'string' ? plain : plain === undefined ? '' : JSON.stringify(plain)
}

type Plain = string | number | boolean | undefined | readonly Plain[] | { readonly [key: string]: string }

function plainValue(value: JsonRecord | undefined, depth: number): Plain {
  if (value === undefined) return undefined
  if (depth > MAX_DEPTH)
    throw new Refused('invalid_push', `attributes are nested more than ${MAX_DEPTH} deep`)
  if (value.stringValue !== undefined) return asText(value.stringValue)
  if (value.boolValue !== undefined) return value.boolValue === true
  if (value.intValue !== undefined) return plainNumber(value.intValue, Number.isSafeInteger)
  if (value.doubleValue !== undefined) return plainNumber(value.doubleValue, Number.isFinite)
  if (value.bytesValue !== undefined) return asText(value.bytesValue)
  if (value.arrayValue !== undefined) {
    return (asList(asRecord(value.arrayValue)?.values) ?? []).map((each) =>
      plainValue(asRecord(each), depth + 1),
    )
  }
  if (value.kvlistValue !== undefined) {
    return Object.fromEntries(readAttributes(asRecord(value.kvlistValue)?.values, depth + 1))
  }
  return undefined
}

/** A number that JavaScript can hold; any other as the text that it came as, such as large integers and `NaN`. */
function plainNumber(value: unknown, canHold: (number: number) => boolean): Plain {
  const number = asNumber(value)
  return number === undefined || canHold(number) ? number : String(value)
}

/**
 * Attributes as labels, by name, with escaped values. Keys that become the same name are joined by `;`, in their order;
 * what is empty is no label.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-attributes
 */
export function labelsOf(attributes: ReadonlyMap<string, string>): Map<string, string> {
  const labels = new Map<string, string>()
  for (const key of [...attributes.keys()].sort()) {
    const name = labelName(key)
    const value = escapeLabelValue(attributes.get(key)!)
    if (name === '' || value === '') continue
    const known = labels.get(name)
    labels.set(name, known === undefined ? value : `${known};${value}`)
  }
  return labels
}
