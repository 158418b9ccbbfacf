import { parseNumber } from './numbers.ts'

/** Thrown where a text is not of its format. */
export class SyntaxMistake extends Error {
  override readonly name = 'SyntaxMistake'
}

const TAB = 9
const SPACE = 32
const QUOTE = 34
const COMMA = 44
const EQUALS = 61
const BACKSLASH = 92
const OPEN = 123
const CLOSE = 125

/** Letters, digits, `_` and `:`, by their code: 1 where it may begin a metric name, 2 where it may follow. */
const NAME_CHARACTERS = new Uint8Array(128)
for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:')
  NAME_CHARACTERS[character.charCodeAt(0)] = 1
for (const character of '0123456789') NAME_CHARACTERS[character.charCodeAt(0)] = 2
const COLON = 58

/**
 * Reads sample lines, one after the other, without making an object of each: what was read last stands in its fields.
 * Neighbouring lines mostly have the same names, so those of the line before are tried first.
 */
export class SampleScanner {
  /** The metric name. */
  name = ''
  /** Label names in the order of the line; of the same list while they stay the same. */
  labelNames: string[] = []
  /** Label values, still escaped. */
  labelValues: string[] = []
  /** The value as it is written; it is a number. */
  value = ''

  readonly #text: string
  readonly #strict: boolean
  #nextBackslash = -2

  /** @param strict nothing between the parts of a sample but what must be there, as OpenMetrics wants it */
  constructor(text: string, strict: boolean) {
    this.#text = text
    this.#strict = strict
  }

  /**
   * Reads the sample that begins at `start`, in a line that ends at `end`.
   * @returns where what follows its value begins; `end` where nothing does
   * @throws SyntaxMistake
   */
  scan(start: number, end: number): number {
    let at = this.#scanName(start)
    at = this.#skipBlanks(at)
    if (this.#text.charCodeAt(at) === OPEN) at = this.#skipBlanks(this.scanLabels(at, end))
    else {
      if (this.labelNames.length > 0) this.labelNames = []
      this.labelValues.length = 0
    }
    if (this.#strict) {
      if (this.#text.charCodeAt(at) !== SPACE) throw new SyntaxMistake('expected a space before the value')
      at++
    }
    return this.scanNumber(at, end)
  }

  /** Reads the value at `start`; the rest is as with `scan`. */
  scanNumber(start: number, end: number): number {
    const text = this.#text
    let at = start
    while (at < end && text.charCodeAt(at) !== SPACE && text.charCodeAt(at) !== TAB) at++
    this.value = text.slice(start, at)
    if (parseNumber(this.value) === undefined) {
      const crlf = this.value.endsWith('\r') ? ' (lines must end with a line feed alone)' : ''
      throw new SyntaxMistake(`expected a number as value, got ${shown(this.value)}${crlf}`)
    }
    return this.#skipBlanks(at)
  }

  /** Reads the label set whose brace is at `open`. @returns the place after its other brace */
  scanLabels(open: number, end: number): number {
    const text = this.#text
    const known = this.labelNames
    const names: string[] = []
    this.labelValues.length = 0
    let isKnown = true
    let at = this.#skipBlanks(open + 1)
    while (text.charCodeAt(at) !== CLOSE) {
      const index = this.labelValues.length
      const expected = known[index]
      if (expected !== undefined && text.startsWith(expected, at) && isEquals(text, at + expected.length)) {
        at += expected.length + 1
        if (!isKnown) names.push(expected)
      } else {
        if (isKnown) {
          isKnown = false
          for (let each = 0; each < index; each++) names.push(known[each]!)
        }
        const nameEnd = this.#labelNameEnd(at)
        if (nameEnd === at) throw new SyntaxMistake(`expected a label name, got ${this.#shownAt(at, end)}`)
        names.push(text.slice(at, nameEnd))
        at = this.#skipBlanks(nameEnd)
        if (text.charCodeAt(at) !== EQUALS) {
          throw new SyntaxMistake(`expected = after the label name, got ${this.#shownAt(at, end)}`)
        }
        at++
      }
      at = this.#skipBlanks(this.#scanLabelValue(this.#skipBlanks(at), end))
      if (text.charCodeAt(at) === COMMA) {
        at = this.#skipBlanks(at + 1)
        if (this.#strict && text.charCodeAt(at) === CLOSE) {
          throw new SyntaxMistake('expected a label after the comma')
        }
      } else if (text.charCodeAt(at) !== CLOSE) {
        throw new SyntaxMistake(`expected , or } after the label value, got ${this.#shownAt(at, end)}`)
      }
    }
    if (!isKnown) this.labelNames = names
    else if (known.length !== this.labelValues.length) {
      this.labelNames = known.slice(0, this.labelValues.length)
    }
    return at + 1
  }

  #scanName(start: number): number {
    const text = this.#text
    const { name } = this
    if (name !== '' && text.startsWith(name, start)) {
      const after = text.charCodeAt(start + name.length)
      if (after === OPEN || after === SPACE) return start + name.length
    }
    const at = metricNameEnd(text, start)
    if (at === start) throw new SyntaxMistake(`expected a metric name, got ${shown(text.charAt(start))}`)
    this.name = text.slice(start, at)
    return at
  }

  #labelNameEnd(start: number): number {
    const text = this.#text
    let at = start
    for (;;) {
      const code = text.charCodeAt(at)
      const kind = code < 128 && code !== COLON ? NAME_CHARACTERS[code]! : 0
      if (kind === 0 || (kind === 2 && at === start)) return at
      at++
    }
  }

  /** Reads the label value whose quote is at `open`. @returns the place after its other quote */
  #scanLabelValue(open: number, end: number): number {
    const text = this.#text
    if (text.charCodeAt(open) !== QUOTE) {
      throw new SyntaxMistake(`expected " before the label value, got ${this.#shownAt(open, end)}`)
    }
    const start = open + 1
    let close = text.indexOf('"', start)
    const backslash = this.#backslashFrom(start)
    if (backslash !== -1 && backslash < close) return this.#scanEscapedValue(start, end)
    if (close === -1 || close > end) close = end
    if (close === end) throw new SyntaxMistake('expected " after the label value, got the end of the line')
    this.labelValues.push(text.slice(start, close))
    return close + 1
  }

  /** As `#scanLabelValue`, where there are escapes to check. */
  #scanEscapedValue(start: number, end: number): number {
    const text = this.#text
    let hasOtherEscapes = false
    let at = start
    for (; at < end && text.charCodeAt(at) !== QUOTE; at++) {
      if (text.charCodeAt(at) !== BACKSLASH) continue
      at++
      if (!'\\"n'.includes(text.charAt(at))) {
        // OpenMetrics reads a backslash before anything else as itself.
        if (!this.#strict) throw new SyntaxMistake(`\\${text.charAt(at)} is no escape sequence`)
        hasOtherEscapes = true
      }
    }
    if (at >= end) throw new SyntaxMistake('expected " after the label value, got the end of the line')
    const value = text.slice(start, at)
    this.labelValues.push(
      hasOtherEscapes ? value.replace(/\\(?:([\\"n])|)/g, (all, known) => (known ? all : '\\\\')) : value,
    )
    return at + 1
  }

  /** The first backslash from here on, remembered while it is ahead. */
  #backslashFrom(at: number): number {
    if (this.#nextBackslash !== -1 && this.#nextBackslash < at)
      this.#nextBackslash = this.#text.indexOf('\\', at)
    return this.#nextBackslash
  }

  #skipBlanks(start: number): number {
    if (this.#strict) return start
    const text = this.#text
    let at = start
    while (text.charCodeAt(at) === SPACE || text.charCodeAt(at) === TAB) at++
    return at
  }

  #shownAt(at: number, end: number): string {
    return at >= end ? 'the end of the line' : shown(this.#text.charAt(at))
  }
}

/** Where the metric name that begins at `start` ends; `start` where there is none. */
export function metricNameEnd(text: string, start: number): number {
  let at = start
  for (;;) {
    const code = text.charCodeAt(at)
    const kind = code < 128 ? NAME_CHARACTERS[code]! : 0
    if (kind === 0 || (kind === 2 && at === start)) return at
    at++
  }
}

const isEquals = (text: string, at: number): boolean => text.charCodeAt(at) === EQUALS

/** A piece of a push in a message: short, and on one line. */
export const shown = (text: string): string =>
  JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
