const ZERO = 48
const NINE = 57
const DOT = 46
const PLUS = 43
const MINUS = 45

/**
 * A number as both formats write it: decimal, `NaN`, or an infinity in any of its spellings; undefined for what is
 * none, or is too large for 64 bits.
 */
export function parseNumber(token: string): number | undefined {
  const first = token.charCodeAt(0)
  const last = token.charCodeAt(token.length - 1)
  // JavaScript reads more than the formats allow: blanks around, an empty text, hexadecimal.
  if (isDigitOrDot(last) && (isDigitOrDot(first) || first === PLUS || first === MINUS)) {
    if (/^0[xob]/i.test(token)) return undefined
    const value = Number(token)
    return Number.isFinite(value) ? value : undefined
  }
  const special = /^(?:(nan)|([+-]?)inf(?:inity)?)$/i.exec(token)
  if (!special) return undefined
  if (special[1]) return Number.NaN
  return special[2] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

const isDigitOrDot = (code: number): boolean => (code >= ZERO && code <= NINE) || code === DOT
