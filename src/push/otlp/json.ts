/** Reading JSON that others wrote: what is missing is empty, what is of another type is `undefined`. */

export type JsonRecord = Readonly<Record<string, unknown>>

export const asRecord = (value: unknown): JsonRecord | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonRecord) : undefined

/** A repeated field, which Protobuf leaves out where it is empty. */
export const asList = (value: unknown): readonly unknown[] | undefined =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : undefined

/** A text that UTF-8 can hold, so that two which look the same are the same. */
export const asText = (value: unknown): string => (typeof value === 'string' ? value.toWellFormed() : '')

/**
 * A number as Protobuf's JSON has it: 64-bit integers are texts, and so is what is not finite.
 * @see https://protobuf.dev/programming-guides/json/
 */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return undefined
  if (value === 'NaN') return Number.NaN
  return /^(-?Infinity|[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?)$/i.test(value) ? Number(value) : undefined
}
