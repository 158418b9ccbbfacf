import type { Rule } from '../config/rules.ts'
import { type BuiltInSignal, isOverRequests } from '../config/signals.ts'
import { formatDuration } from '../lib/duration.ts'
import type { Seen } from './model.ts'
import type { Measured } from './signals.ts'

/** Signals that are measured over the rule's window; the others are of the moment. */
const isWindowed = ({ signal }: Rule): boolean =>
  typeof signal !== 'string' ||
  signal === 'cache_hit_ratio' ||
  isOverRequests(signal) ||
  /^monitor_(latency|uptime)_/.test(signal)

/**
 * What a run saw of a rule whose signal was measured to be this. Where there was nothing to measure the condition does
 * not hold; where nobody knows, neither is said.
 * @param reason why what the rule is about is down; holds no host, URI or credential
 */
export function observe(rule: Rule, value: Measured, reason?: string): Seen {
  const known = typeof value === 'number' && Number.isFinite(value) ? value : undefined
  const measured = known === undefined ? undefined : formatValue(rule.signal, known)
  const shown = measured && reason !== undefined ? `${measured}: ${reason}` : measured
  return {
    alert: rule.id,
    severity: rule.severity,
    labels: rule.labels,
    condition: describe(rule),
    summary: summarise(rule, shown),
    ...(rule.runbook !== undefined && { runbook: rule.runbook }),
    forMs: rule.for,
    holds: holdsFor(rule, value === 'none' ? value : known),
    ...(shown !== undefined && { value: shown }),
  }
}

/** A rule's summary with what was measured filled in. */
export const summarise = (rule: Rule, shown: string | undefined): string =>
  rule.summary
    .replaceAll('{value}', () => shown ?? 'unknown')
    .replaceAll('{threshold}', () => formatValue(rule.signal, rule.threshold))

/** A signal's value for people, with its unit. */
function formatValue(signal: Rule['signal'], value: number): string {
  if (typeof signal !== 'string') return short(value)
  return UNITS[unitOf(signal)](value)
}

const UNITS = {
  ratio: (value: number) => `${short(value * 100)} %`,
  ms: (value: number) => `${short(value)} ms`,
  seconds: (value: number) => `${short(value)} s`,
  rate: (value: number) => `${short(value)}/s`,
  up: (value: number) => (value === 1 ? 'up' : value === 0 ? 'down' : short(value)),
  degraded: (value: number) => (value === 1 ? 'degraded' : value === 0 ? 'not degraded' : short(value)),
  uptime: (value: number) => `${Number((value * 100).toFixed(3))} %`,
} as const

function unitOf(signal: BuiltInSignal): keyof typeof UNITS {
  if (signal === 'request_rate') return 'rate'
  if (signal === 'monitor_uptime_ratio') return 'uptime'
  return signal.split('_').at(-1) as keyof typeof UNITS
}

/** At most three decimals, none that say nothing. */
const short = (value: number): string =>
  String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toFixed(Math.abs(value) < 1 ? 3 : 1)))

/** A rule's condition in words. */
export function describe(rule: Rule): string {
  const { signal, route, monitor, operator, threshold, minRequests } = rule
  const subject = route ?? monitor
  const name = typeof signal === 'string' ? signal : selector(signal)
  return [
    `${name}${subject === undefined ? '' : ` of ${subject}`} ${operator} ${threshold}`,
    isWindowed(rule) ? ` over ${formatDuration(rule.over)}` : '',
    minRequests === undefined ? '' : ` of at least ${minRequests} requests`,
    rule.for > 0 ? ` for ${formatDuration(rule.for)}` : '',
  ].join('')
}

function selector({ metric, labels }: Exclude<Rule['signal'], string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return pairs.length === 0 ? metric : `${metric}{${pairs.join(',')}}`
}

function holdsFor({ operator, threshold }: Rule, value: Measured): boolean | undefined {
  if (value === 'none') return false
  return value === undefined ? undefined : compare(value, operator, threshold)
}

function compare(value: number, operator: Rule['operator'], threshold: number): boolean {
  switch (operator) {
    case '>':
      return value > threshold
    case '>=':
      return value >= threshold
    case '<':
      return value < threshold
    case '<=':
      return value <= threshold
    case '==':
      return value === threshold
    case '!=':
      return value !== threshold
  }
}
