import { formatBound, formatNumber } from '../metrics/exposition.ts'
import type { Family, PushedType } from './model.ts'
import { parseNumber } from './numbers.ts'
import { SyntaxMistake, shown } from './sample-scanner.ts'

/** What a sample tells of its metric: its value; or of a histogram or summary, a bucket or quantile, sum or count. */
export type SampleKind = 'value' | 'bucket' | 'quantile' | 'sum' | 'count'

/** A histogram or summary of one label set, while its samples come in. */
interface Distribution {
  /** Of its first sample. */
  readonly line: number
  /** By `le` or `quantile`. */
  readonly parts: { readonly at: number; readonly value: string; readonly line: number }[]
  sum?: string
  count?: string
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
      if (distribution[kind] !== undefined) throw this.#twice(labels)
      distribution[kind] = value
    } else {
      const at = parseNumber(special ?? '')
      const label = kind === 'bucket' ? 'le' : 'quantile'
      if (at === undefined || Number.isNaN(at)) {
        throw new SyntaxMistake(
          `expected a number as ${label}, got ${special === undefined ? 'no such label' : shown(special)}`,
        )
      }
      if (kind === 'bucket' && !(Number(value) >= 0)) throw new SyntaxMistake(`a bucket can't hold ${value}`)
      distribution.parts.push({ at, value, line })
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
      if (this.type === 'histogram') completeBuckets(this.name, distribution)
      for (const { at, value } of distribution.parts) {
        text += `${this.name}${suffix}{${labels},${label}="${boundText(at)}"} ${plainNumber(value)}\n`
        samples++
      }
      for (const each of ['sum', 'count'] as const) {
        const value = distribution[each]
        if (value === undefined) continue
        text += `${this.name}_${each}{${labels}} ${plainNumber(value)}\n`
        samples++
      }
    }
    return { name: this.name, type: this.type ?? 'untyped', help: this.help ?? '', text, samples }
  }

  #twice(labels: string): SyntaxMistake {
    return new SyntaxMistake(`a second sample of ${this.name}{${labels}} (labels of the group included)`)
  }
}

/** Sees to a bucket `+Inf` and a count, each of which tells the other. */
function completeBuckets(name: string, distribution: Distribution): void {
  const { line, parts } = distribution
  if (parts.at(-1)?.at !== Number.POSITIVE_INFINITY) {
    const { count } = distribution
    if (count === undefined) throw new LateMistake(line, `the histogram ${name} lacks its bucket le="+Inf"`)
    parts.push({ at: Number.POSITIVE_INFINITY, value: count, line })
  }
  parts.forEach(({ value }, index) => {
    if (index > 0 && Number(value) < Number(parts[index - 1]!.value)) {
      throw new LateMistake(
        line,
        `the buckets of the histogram ${name} must not fall from one bound to the next`,
      )
    }
  })
  if (distribution.sum !== undefined) distribution.count ??= parts.at(-1)!.value
}

/** Numbers stay as they were written; only what isn't finite has several spellings, of which one goes everywhere. */
function plainNumber(value: string): string {
  const last = value.charCodeAt(value.length - 1)
  return last > 57 ? formatNumber(parseNumber(value)!) : value
}

const boundText = (at: number): string => (Number.isFinite(at) ? formatBound(at) : formatNumber(at))
