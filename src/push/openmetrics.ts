import type { FamilyCollector } from './family-collector.ts'
import type { PushedType } from './model.ts'
import type { OpenFamily, SampleKind } from './open-family.ts'
import { metricNameEnd, SampleScanner, SyntaxMistake, shown } from './sample-scanner.ts'
import { afterValue } from './text-format.ts'

type OpenMetricsType =
  | 'unknown'
  | 'gauge'
  | 'counter'
  | 'stateset'
  | 'info'
  | 'histogram'
  | 'gaugehistogram'
  | 'summary'

/** What a sample of some type and suffix becomes. The text format knows fewer types; samples keep their names. */
interface SampleRule {
  readonly kind: SampleKind
  readonly type: PushedType
  /** Whether it is a sample of the family itself, without its suffix. */
  readonly inBase?: boolean
  readonly exemplar?: boolean
  /** The only values it may have, beside what `OpenFamily` checks. */
  readonly allows?: (value: number) => boolean
}

const isCount = (value: number): boolean => value >= 0
const created: SampleRule = { kind: 'value', type: 'gauge', allows: (value) => !Number.isNaN(value) }
const gauge: SampleRule = { kind: 'value', type: 'gauge' }

const RULES: Readonly<Record<OpenMetricsType, Readonly<Record<string, SampleRule>>>> = {
  unknown: { '': { kind: 'value', type: 'untyped' } },
  gauge: { '': gauge },
  counter: { _total: { kind: 'value', type: 'counter', exemplar: true }, _created: created },
  stateset: { '': { ...gauge, allows: (value) => value === 0 || value === 1 } },
  info: { _info: { ...gauge, allows: (value) => value === 1 } },
  histogram: {
    _bucket: { kind: 'bucket', type: 'histogram', inBase: true, exemplar: true },
    _sum: { kind: 'sum', type: 'histogram', inBase: true },
    _count: { kind: 'count', type: 'histogram', inBase: true },
    _created: created,
  },
  gaugehistogram: { _bucket: { ...gauge, exemplar: true, allows: isCount }, _gcount: gauge, _gsum: gauge },
  summary: {
    '': { kind: 'quantile', type: 'summary', inBase: true },
    _sum: { kind: 'sum', type: 'summary', inBase: true },
    _count: { kind: 'count', type: 'summary', inBase: true },
    _created: created,
  },
}

/** A family whose lines are being read. */
interface Current {
  readonly name: string
  readonly said: Set<string>
  type: OpenMetricsType
  help: string
  hasSamples: boolean
}

/**
 * Reads OpenMetrics 1.0. Exemplars are checked and left out; timestamps are refused.
 * @param onLine told of each line before it is read, so that a mistake can name it
 * @throws SyntaxMistake; see `FamilyCollector.add`
 * @see https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md#text-format
 */
export function parseOpenMetrics(
  text: string,
  collector: FamilyCollector,
  onLine: (line: number) => void,
): void {
  const scanner = new SampleScanner(text, true)
  const exemplars = new SampleScanner(text, true)
  const names = new Set<string>()
  let current: Current | undefined
  let target: Target | undefined
  let line = 0
  for (let start = 0; ; ) {
    onLine(++line)
    if (text.startsWith('# EOF', start) && text.length - start <= 6) {
      if (text.length - start === 6 && text[start + 5] !== '\n')
        throw new SyntaxMistake('expected the end after # EOF')
      return
    }
    const end = text.indexOf('\n', start)
    if (end === -1) throw new SyntaxMistake('expected # EOF as the last line')
    if (text.startsWith('#', start)) {
      current = readMetadata(text.slice(start, end), current, names)
      target = undefined
    } else {
      const rest = scanner.scan(start, end)
      if (target?.name !== scanner.name) {
        const suffix = current && suffixOf(scanner.name, current)
        if (!current || suffix === undefined) {
          current = begin(scanner.name, names)
          target = targetOf('', current, collector)
        } else target = targetOf(suffix, current, collector)
      }
      if (rest < end) skipExemplar(text, rest, end, target.rule, exemplars)
      const { labelNames, labelValues, value } = scanner
      const { rule } = target
      if (rule.allows && !rule.allows(Number(value.replace(/inf(inity)?/i, 'Infinity')))) {
        throw new SyntaxMistake(`${target.name} can't be ${value}`)
      }
      const { kind } = rule
      if (kind === 'sum' || kind === 'count') {
        const part = rule.type === 'histogram' ? 'le' : 'quantile'
        if (labelNames.includes(part)) {
          throw new SyntaxMistake(`${target.name} must not have the label ${part}`)
        }
      }
      collector.add(target.family, kind, labelNames, labelValues, value, line)
    }
    start = end + 1
  }
}

/** Where the samples of a name belong. */
interface Target {
  readonly name: string
  readonly family: OpenFamily
  readonly rule: SampleRule
}

/** What follows the family's name in one of its samples; undefined where it is not one of them. */
function suffixOf(name: string, { name: base, type }: Current): string | undefined {
  if (!name.startsWith(base)) return undefined
  const suffix = name.slice(base.length)
  return Object.hasOwn(RULES[type], suffix) ? suffix : undefined
}

function targetOf(suffix: string, current: Current, collector: FamilyCollector): Target {
  const rule = RULES[current.type][suffix]!
  const name = current.name + suffix
  const familyName = rule.inBase ? current.name : name
  const known = collector.get(familyName)
  if (!current.hasSamples && known) throw new SyntaxMistake(`${familyName} is the name of another metric`)
  current.hasSamples = true
  const family = known ?? collector.open(familyName)
  if (family.type !== undefined && family.type !== rule.type) {
    throw new SyntaxMistake(`${familyName} is the name of another metric`)
  }
  family.type = rule.type
  family.help = suffix === '_created' ? undefined : current.help
  return { name, family, rule }
}

function begin(name: string, names: Set<string>): Current {
  if (names.has(name)) throw new SyntaxMistake(`the lines of ${name} must stand together`)
  names.add(name)
  return { name, said: new Set(), type: 'unknown', help: '', hasSamples: false }
}

function readMetadata(said: string, current: Current | undefined, names: Set<string>): Current {
  const [, keyword = '', rest = ''] = /^# (TYPE|HELP|UNIT) ([\s\S]*)$/.exec(said) ?? []
  const nameEnd = metricNameEnd(rest, 0)
  if (nameEnd === 0 || (rest[nameEnd] !== ' ' && !(keyword === 'UNIT' && nameEnd === rest.length))) {
    throw new SyntaxMistake(`expected # TYPE, # HELP or # UNIT with a name, or # EOF, got ${shown(said)}`)
  }
  const name = rest.slice(0, nameEnd)
  const value = rest.slice(nameEnd + 1)
  const family = current?.name === name ? current : begin(name, names)
  if (family.hasSamples) throw new SyntaxMistake(`${keyword} of ${name} must stand before its samples`)
  if (family.said.has(keyword)) throw new SyntaxMistake(`a second ${keyword} of ${name}`)
  family.said.add(keyword)
  if (keyword === 'TYPE') {
    if (!Object.hasOwn(RULES, value)) {
      throw new SyntaxMistake(`${shown(value)} is no type: ${Object.keys(RULES).join(', ')} are`)
    }
    family.type = value as OpenMetricsType
  } else if (keyword === 'HELP') {
    family.help = value.replace(/\\([\\"n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
  } else if (value !== '' && !name.endsWith(`_${value}`)) {
    throw new SyntaxMistake(`the name ${name} must end in _${value}, its unit`)
  }
  return family
}

/** Reads past an exemplar. @throws SyntaxMistake for anything else */
function skipExemplar(text: string, at: number, end: number, rule: SampleRule, scanner: SampleScanner): void {
  if (!text.startsWith(' # {', at)) throw afterValue(text.slice(at + 1, end))
  if (!rule.exemplar) throw new SyntaxMistake('an exemplar, which only totals and buckets may have')
  const value = scanner.scanLabels(at + 3, end)
  if (text[value] !== ' ') throw new SyntaxMistake('expected a space before the value of the exemplar')
  const timestamp = scanner.scanNumber(value + 1, end)
  if (timestamp === end) return
  if (scanner.scanNumber(timestamp + 1, end) < end) {
    throw new SyntaxMistake('expected the end of the line after the exemplar')
  }
}
