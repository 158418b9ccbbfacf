import type { FamilyCollector } from './family-collector.ts'
import type { PushedType } from './model.ts'
import type { OpenFamily, SampleKind } from './open-family.ts'
import { metricNameEnd, SampleScanner, SyntaxMistake, shown } from './sample-scanner.ts'

const HASH = 35
const BLANKS = [9, 32]
const TYPES: readonly string[] = [
  'counter',
  'gauge',
  'histogram',
  'summary',
  'untyped',
] satisfies PushedType[]

/**
 * Reads the Prometheus text format 0.0.4, as strictly as Pushgateway does: timestamps are refused, and each line must
 * end with a line feed.
 * @param onLine told of each line before it is read, so that a mistake can name it
 * @throws SyntaxMistake; see `FamilyCollector.add`
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
 */
export function parseText(text: string, collector: FamilyCollector, onLine: (line: number) => void): void {
  const scanner = new SampleScanner(text, false)
  let target: Target | undefined
  let line = 0
  for (let start = 0; start < text.length; ) {
    onLine(++line)
    const end = text.indexOf('\n', start)
    if (end === -1) throw new SyntaxMistake('the last line must end with a line feed, too')
    let at = start
    while (BLANKS.includes(text.charCodeAt(at))) at++
    if (text.charCodeAt(at) === HASH) {
      readComment(text.slice(at + 1, end), collector)
      target = undefined
    } else if (at < end) {
      const rest = scanner.scan(at, end)
      if (rest < end) throw afterValue(text.slice(rest, end))
      if (target?.name !== scanner.name) target = targetOf(scanner.name, collector)
      const { labelNames, labelValues, value } = scanner
      if (target.forbids !== undefined && labelNames.includes(target.forbids)) {
        throw new SyntaxMistake(`${target.name} must not have the label ${target.forbids}`)
      }
      collector.add(target.family, target.kind, labelNames, labelValues, value, line)
    }
    start = end + 1
  }
}

/** Where the samples of a name belong. */
interface Target {
  readonly name: string
  readonly family: OpenFamily
  readonly kind: SampleKind
  /** A label that only other samples of the family have. */
  readonly forbids?: 'le' | 'quantile'
}

function targetOf(name: string, collector: FamilyCollector): Target {
  const exact = collector.get(name)
  if (exact?.type === 'summary') return { name, family: exact, kind: 'quantile' }
  if (exact?.type === 'histogram') {
    throw new SyntaxMistake(
      `${name} is a histogram: its samples are ${name}_bucket, ${name}_sum and ${name}_count`,
    )
  }
  if (!exact) {
    const suffix = /_(bucket|sum|count)$/.exec(name)
    const family = suffix ? collector.get(name.slice(0, suffix.index)) : undefined
    const kind = suffix?.[1] as 'bucket' | 'sum' | 'count'
    if (family?.type === 'histogram') {
      return kind === 'bucket' ? { name, family, kind } : { name, family, kind, forbids: 'le' }
    }
    if (family?.type === 'summary' && kind !== 'bucket') return { name, family, kind, forbids: 'quantile' }
  }
  const family = collector.open(name)
  family.type ??= 'untyped'
  return { name, family, kind: 'value' }
}

/** Reads what follows a `#`: a help text, a type, or nothing of interest. */
function readComment(comment: string, collector: FamilyCollector): void {
  const [, keyword, said = ''] = /^[ \t]*(HELP|TYPE)(?:[ \t]+([\s\S]*))?$/.exec(comment) ?? []
  if (keyword === undefined || said === '') return
  const nameEnd = metricNameEnd(said, 0)
  const name = said.slice(0, nameEnd)
  if (nameEnd === 0 || /^[^ \t]/.test(said.slice(nameEnd))) {
    throw new SyntaxMistake(`expected a metric name after ${keyword}, got ${shown(said.split(/[ \t]/)[0]!)}`)
  }
  const rest = said.slice(nameEnd).replace(/^[ \t]+/, '')
  if (rest === '') return
  const family = collector.open(name)
  if (keyword === 'HELP') {
    if (family.help !== undefined) throw new SyntaxMistake(`a second HELP of ${name}`)
    family.help = unescapeHelp(rest)
  } else {
    if (family.type !== undefined)
      throw new SyntaxMistake(`a second TYPE of ${name}, or one after its samples`)
    const type = rest.toLowerCase()
    if (!TYPES.includes(type)) throw new SyntaxMistake(`${shown(rest)} is no type: ${TYPES.join(', ')} are`)
    family.type = type as PushedType
  }
}

/** The text of a help line. @throws SyntaxMistake */
function unescapeHelp(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\([\s\S]?)/g, (_, escaped: string) => {
    if (escaped === 'n') return '\n'
    if (escaped === '\\' || escaped === '"') return escaped
    throw new SyntaxMistake(`\\${escaped} is no escape sequence`)
  })
}

/** What is wrong with something behind a value. */
export function afterValue(rest: string): SyntaxMistake {
  return /^[-+]?[\d.]+[ \t]*$/.test(rest)
    ? new SyntaxMistake('a timestamp: what is pushed must not have any')
    : new SyntaxMistake(`expected the end of the line after the value, got ${shown(rest)}`)
}
