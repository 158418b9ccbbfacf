import { escapeLabelValue } from '../../metrics/exposition.ts'
import type { JsonRecord } from './json.ts'
import { asList, asRecord, asText } from './json.ts'
import { labelName } from './names.ts'

/** Attributes as OTLP has them: a list of keys and typed values. What is none is left out. */
export function readAttributes(value: unknown): Map<string, string> {
  const attributes = new Map<string, string>()
  for (const each of asList(value) ?? []) {
    const pair = asRecord(each)
    const key = asText(pair?.key)
    if (key !== '') attributes.set(key, anyValueText(pair?.value))
  }
  return attributes
}

/**
 * An attribute's value as text.
 * @see https://opentelemetry.io/docs/specs/otel/common/#anyvalue-representation-for-non-otlp-protocols
 */
function anyValueText(value: unknown): string {
  const plain = plainValue(asRecord(value))
  return typeof plain === 'string' ? plain : plain === undefined ? '' : JSON.stringify(plain)
}

function plainValue(value: JsonRecord | undefined): unknown {
  if (value === undefined) return undefined
  if (value.stringValue !== undefined) return asText(value.stringValue).toWellFormed()
  if (value.boolValue !== undefined) return value.boolValue
  if (value.intValue !== undefined) return Number(value.intValue)
  if (value.doubleValue !== undefined) return value.doubleValue
  if (value.bytesValue !== undefined) return asText(value.bytesValue)
  if (value.arrayValue !== undefined) {
    return (asList(asRecord(value.arrayValue)?.values) ?? []).map(
      (each) => plainValue(asRecord(each)) ?? null,
    )
  }
  if (value.kvlistValue !== undefined) {
    return Object.fromEntries(
      [...readAttributes(asRecord(value.kvlistValue)?.values)].map(([key, text]) => [key, text]),
    )
  }
  return undefined
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
