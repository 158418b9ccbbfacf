import type { PushedType } from '../model.ts'

/** UCUM units as Prometheus spells them; others stay as they are. */
const UNITS: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  TiBy: 'tebibytes',
  kBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  TBy: 'terabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '%': 'percent',
  '1': '',
}

/** What something is counted per. */
const PER_UNITS: Readonly<Record<string, string>> = {
  s: 'second',
  m: 'minute',
  min: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  mo: 'month',
  y: 'year',
}

/**
 * The name that a metric of OpenTelemetry has in Prometheus: with its unit, `_total` for a counter, and `_ratio` for a
 * gauge of unit `1`. Empty where nothing of the name can stay.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1
 */
export function metricName(name: string, unit: string, type: PushedType): string {
  let base = cleaned(name, /[^a-zA-Z0-9_:]+/g)
  if (!/[a-zA-Z0-9:]/.test(base)) return ''
  if (type === 'counter') base = base.replace(/_total$/, '')
  for (const word of unit === '1' && type === 'gauge' ? ['ratio'] : unitWords(unit)) {
    if (base !== word && !base.endsWith(`_${word}`)) base += `_${word}`
  }
  if (type === 'counter') base += '_total'
  return /^\d/.test(base) ? `_${base}` : base
}

/** The name that an attribute has as a label; empty where nothing of it can stay. */
export function labelName(key: string): string {
  const name = cleaned(key, /[^a-zA-Z0-9_]+/g)
  if (!/[a-zA-Z0-9]/.test(name)) return ''
  return /^\d/.test(name) ? `key_${name}` : name
}

function unitWords(unit: string): string[] {
  const [main = '', per = ''] = unit
    .replaceAll(/\{[^}]*\}/g, '')
    .split('/', 2)
    .map((part) => part.trim())
  const words = [cleaned(ownValue(UNITS, main) ?? main, /[^a-zA-Z0-9_]+/g)]
  if (per !== '') words.push(`per_${cleaned(ownValue(PER_UNITS, per) ?? per, /[^a-zA-Z0-9_]+/g)}`)
  return words.map((word) => word.replace(/^_+|_+$/g, '')).filter((word) => word !== '')
}

const ownValue = (words: Readonly<Record<string, string>>, unit: string): string | undefined =>
  Object.hasOwn(words, unit) ? words[unit] : undefined

/** What is not allowed becomes `_`, of which only one ever stands alone. */
const cleaned = (text: string, disallowed: RegExp): string =>
  text.replaceAll(disallowed, '_').replaceAll(/__+/g, '_')
