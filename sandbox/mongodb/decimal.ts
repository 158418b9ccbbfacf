import { Decimal128, Long } from 'bson'

/** A value of one of BSON's numeric types, as the driver hands it over. */
export type Numeric = number | Decimal128 | Long

/** `coefficient` times ten to the power of `exponent`. */
interface Decimal {
  readonly coefficient: bigint
  readonly exponent: number
}

/** More digits than a Decimal128 has. */
const MAX_DIGITS = 36

export const isNumeric = (value: unknown): value is Numeric =>
  typeof value === 'number' || value instanceof Decimal128 || value instanceof Long

/** The sum as MongoDB gives it: a decimal where one of the terms is, otherwise a number or, beyond its precision, a Long. */
export function sum(terms: readonly Numeric[]): Numeric {
  if (terms.every((term) => typeof term === 'number')) return terms.reduce((total, term) => total + term, 0)
  const total = addAll(terms)
  if (terms.some((term) => term instanceof Decimal128)) return toDecimal128(total)
  return toInteger(total) ?? terms.reduce<number>((rest, term) => rest + Number(term), 0)
}

/** The average as MongoDB gives it: a decimal where one of the terms is, otherwise a number; null of no terms. */
export function average(terms: readonly Numeric[]): Numeric | null {
  if (terms.length === 0) return null
  if (!terms.some((term) => term instanceof Decimal128)) return Number(sum(terms)) / terms.length
  const total = addAll(terms)
  return toDecimal128(total && divide(total, BigInt(terms.length)))
}

/** The product as MongoDB gives it; see `sum`. */
export function product(a: Numeric, b: Numeric): Numeric {
  if (typeof a === 'number' && typeof b === 'number') return a * b
  const [x, y] = [parse(a), parse(b)]
  const result = x && y && { coefficient: x.coefficient * y.coefficient, exponent: x.exponent + y.exponent }
  if (a instanceof Decimal128 || b instanceof Decimal128) return toDecimal128(result)
  return toInteger(result) ?? Number(a) * Number(b)
}

/** Negative where `a` is less than `b`, whatever their types. */
export function compareNumeric(a: Numeric, b: Numeric): number {
  const [x, y] = [parse(a), parse(b)]
  if (!x || !y) return Number(a.toString()) - Number(b.toString())
  const [left, right] = aligned(x, y)
  return left < right ? -1 : left > right ? 1 : 0
}

/** Undefined for what is not finite. */
function parse(value: Numeric): Decimal | undefined {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    value.toString().match(/^(-?)(\d+)(?:\.(\d+))?(?:E([+-]?\d+))?$/i) ?? []
  if (whole === '') return undefined
  return {
    coefficient: BigInt(`${sign}${whole}${fraction}`),
    exponent: Number(power) - fraction.length,
  }
}

function addAll(terms: readonly Numeric[]): Decimal | undefined {
  let total: Decimal = { coefficient: 0n, exponent: 0 }
  for (const term of terms) {
    const parsed = parse(term)
    if (!parsed) return undefined
    const [a, b] = aligned(total, parsed)
    total = { coefficient: a + b, exponent: Math.min(total.exponent, parsed.exponent) }
  }
  return total
}

/** Both coefficients for the smaller of the exponents. */
function aligned(a: Decimal, b: Decimal): [bigint, bigint] {
  const exponent = Math.min(a.exponent, b.exponent)
  const scaled = (each: Decimal) => each.coefficient * 10n ** BigInt(each.exponent - exponent)
  return [scaled(a), scaled(b)]
}

/** With as few digits as are exact, or as many as there are. */
function divide({ coefficient, exponent }: Decimal, divisor: bigint): Decimal {
  let scaled = coefficient
  let digits = exponent
  while (scaled % divisor !== 0n && String(scaled / divisor).length < MAX_DIGITS) {
    scaled *= 10n
    digits--
  }
  return { coefficient: scaled / divisor, exponent: digits }
}

const toDecimal128 = (value: Decimal | undefined): Decimal128 =>
  value
    ? Decimal128.fromStringWithRounding(`${value.coefficient}E${value.exponent}`)
    : Decimal128.fromString('NaN')

/** A Long, or a number where that is exact; undefined where it is no integer of 64 bits. */
function toInteger(value: Decimal | undefined): number | Long | undefined {
  if (value?.exponent !== 0 || BigInt.asIntN(64, value.coefficient) !== value.coefficient) return undefined
  const number = Number(value.coefficient)
  return Number.isSafeInteger(number) ? number : Long.fromBigInt(value.coefficient)
}
