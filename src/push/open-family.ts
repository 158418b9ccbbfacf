import { formatBound, formatNumber } from '../metrics/exposition.ts'
import type { Family, PushedType } from './model.ts'
import { parseNumber } from './numbers.ts'
import { SyntaxMistake, shown } from './sample-scanner.ts'

/** What a sample tells of its metric: its value; or of a histogram or summary, a bucket or quantile, sum or count. */
export type SampleKind = 'value' | 'bucket' | 'quantile' | 'sum' | 'count'

/** A sample of a histogram or summary, and the line that it is on. */
interface Written {
  readonly value: string
  readonly line: number
}

/** A bucket or quantile. */
interface Part extends Written {
  /** Its `le` or `quantile`. */
  readonly at: number
}

/** A histogram or summary of one label set, while its samples come in. */
interface Distribution {
  /** Of its first sample. */
  readonly line: number
  readonly parts: Part[]
  sum?: Written
  count?: Written
}

/** Thrown for a mistake that is found only once all is read. */
export class LateMistake extends SyntaxMistake {
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

/** A metric while its samples come in: finds those that are there twice or make no sense, and writes the rest. */
export class OpenFamily {
  readonly name: string
  type: PushedType | undefined
  help: string | undefined
  #line = 0
  #text = ''
  #samples = 0
  readonly #seen = new Set<string>()
  readonly #distributions = new Map<string, Distribution>()

  constructor(name: string) {
    this.name = name
  }

  /** Of its first sample; 0 before there is one. */
  get line(): number {
    return this.#line
  }

  /** How many samples it has so far. */
  get samples(): number {
    return this.#samples
  }

  /**
   * Takes a sample.
   * @param labels see `LabelPlan.text`
   * @param value a number
   * @param special the number of its `le` or `quantile`, as text
   * @returns by how many UTF-16 units the text will be longer, at least
   * @throws SyntaxMistake
   */
  add(kind: SampleKind, labels: string, value: string, special: string | undefined, line: number): number {
    if (this.#samples++ === 0) this.#line = line
    if (kind === 'value') {
      if (this.#seen.has(labels)) throw this.#twice(labels)
      this.#seen.add(labels)
      if (this.type === 'counter' && !isTotal(value))
        throw new SyntaxMistake(`${this.name} can't be ${value}`)
      const text = `${this.name}{${labels}} ${plainNumber(value)}\n`
      this.#text += text
      return text.length
    }
    let distribution = this.#distributions.get(labels)
    if (!distribution) {
      distribution = { line, parts: [] }
      this.#distributions.set(labels, distribution)
    }
    if (kind === 'sum' || kind === 'count') {
      if (distribution[kind]) throw this.#twice(labels)
      distribution[kind] = { value: this.#checked(kind, value), line }
    } else {
      distribution.parts.push({ at: partOf(kind, special), value: this.#checked(kind, value), line })
    }
    return this.name.length + labels.length
  }

  /** The metric, whole. @throws LateMistake */
  close(): Family {
    let text = this.#text
    let samples = this.#seen.size
    for (const [labels, distribution] of this.#distributions) {
      const { parts } = distribution
      parts.sort((a, b) => a.at - b.at || a.line - b.line)
      const [suffix, label] = this.type === 'histogram' ? ['_bucket', 'le'] : ['', 'quantile']
      const repeated = parts.find(({ at }, index) => at === parts[index - 1]?.at)
      if (repeated)
        throw new LateMistake(repeated.line, this.#twice(`${labels},${label}="${repeated.at}"`).message)
      if (this.type === 'histogram') completeHistogram(this.name, distribution)
      for (const { at, value } of distribution.parts) {
        text += `${this.name}${suffix}{${labels},${label}="${boundText(at)}"} ${plainNumber(value)}\n`
        samples++
      }
      for (const each of ['sum', 'count'] as const) {
        const written = distribution[each]
        if (!written) continue
        text += `${this.name}_${each}{${labels}} ${plainNumber(written.value)}\n`
        samples++
      }
    }
    return { name: this.name, type: this.type ?? 'untyped', help: this.help ?? '', text, samples }
  }

  /** The value of a sample of a histogram or summary. @throws SyntaxMistake for one that it can't have */
  #checked(kind: Exclude<SampleKind, 'value'>, value: string): string {
    const isCount = kind === 'bucket' || kind === 'count'
    if (isCount ? /^\d{1,15}$/.test(value) : isTotal(value)) return value // as nearly all are
    const number = parseNumber(value)!
    if (isCount) {
      // Beyond 53 bits other parsers could find different what is equal here.
      if (Number.isSafeInteger(number) && number >= 0) return value
      if (Number.isInteger(number) && number > 0) return String(number)
    } else if (kind === 'quantile') {
      if (!(number < 0)) return value // NaN stands for no observations
    } else if (this.type === 'histogram') return value // depends on the bounds, and is checked with them
    throw new SyntaxMistake(`${this.name}${kind === 'quantile' ? '' : `_${kind}`} can't be ${value}`)
  }

  #twice(labels: string): SyntaxMistake {
    return new SyntaxMistake(`a second sample of ${this.name}{${labels}} (labels of the group included)`)
  }
}

/** The number of a `le` or `quantile`. @throws SyntaxMistake */
function partOf(kind: 'bucket' | 'quantile', written: string | undefined): number {
  const label = kind === 'bucket' ? 'le' : 'quantile'
  const number = parseNumber(written ?? '')
  if (number === undefined || Number.isNaN(number)) {
    const got = written === undefined ? 'no such label' : shown(written)
    throw new SyntaxMistake(`expected a number as ${label}, got ${got}`)
  }
  if (kind === 'quantile' && (number < 0 || number > 1)) {
    throw new SyntaxMistake(`expected a quantile from 0 to 1, got ${shown(written ?? '')}`)
  }
  return number
}

/**
 * Adds the bucket `+Inf` or the count where it is missing, and checks what OpenMetrics requires of a histogram.
 * @param distribution its buckets sorted by their bounds
 * @throws LateMistake
 */
function completeHistogram(name: string, distribution: Distribution): void {
  const { line, parts, sum } = distribution
  if (parts.at(-1)?.at !== Number.POSITIVE_INFINITY) {
    const { count } = distribution
    if (!count) throw new LateMistake(line, `the histogram ${name} lacks its bucket le="+Inf"`)
    parts.push({ at: Number.POSITIVE_INFINITY, ...count })
  }
  const last = parts.at(-1)!
  distribution.count ??= last
  const { count } = distribution
  parts.forEach(({ at, value, line }, index) => {
    const before = parts[index - 1]
    if (!before || Number(value) >= Number(before.value)) return
    const fallen = `the bucket le="${boundText(at)}" of the histogram ${name}, ${value},`
    throw new LateMistake(line, `${fallen} is lower than le="${boundText(before.at)}", ${before.value}`)
  })
  if (Number(count.value) !== Number(last.value)) {
    throw new LateMistake(
      count.line,
      `${name}_count is ${count.value}, but its bucket le="+Inf" is ${last.value}`,
    )
  }
  // A histogram with bounds below 0 has no sum in OpenMetrics, so it may be anything.
  if (sum && !(parts[0]!.at < 0) && !isTotal(sum.value)) {
    throw new LateMistake(sum.line, `${name}_sum can't be ${sum.value}`)
  }
}

/** Whether a number, as it was written, can be that of a counter: 0 or more. */
function isTotal(value: string): boolean {
  const first = value.charCodeAt(0)
  return (first >= 48 && first <= 57) || parseNumber(value)! >= 0
}

/** A value as it was written; of what isn't finite, whose spellings vary, the one that every parser reads. */
function plainNumber(value: string): string {
  const last = value.charCodeAt(value.length - 1)
  return last > 57 ? formatNumber(parseNumber(value)!) : value
}

const boundText = (at: number): string => (Number.isFinite(at) ? formatBound(at) : formatNumber(at))
