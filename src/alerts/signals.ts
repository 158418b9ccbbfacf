import type { Rule } from '../config/rules.ts'
import { type BuiltInSignal, isOfMonitor, isOverRequests } from '../config/signals.ts'
import type { DependencyReport, DependencyState } from '../health/model.ts'
import { HEALTH_ROUTES } from '../health/model.ts'
import { MINUTE_MS } from '../lib/clock.ts'
import { DURATION_BOUNDS_SECONDS } from '../metrics/catalog.ts'
import { quantile } from '../metrics/histogram.ts'
import type {
  MetricsAnswer,
  MetricsQuery,
  RouteTotals,
  SeriesSelector,
  SeriesValue,
} from '../metrics/query.ts'
import type { MonitorMeasures, MonitorQuestion } from '../monitors/ports.ts'
import type { CounterSamples } from './samples.ts'
import { addSample, increaseWithin } from './samples.ts'

/** What a run asks the metrics store and the uptime monitor, and how to find the answers again. */
export interface SignalPlan {
  readonly query: MetricsQuery
  /** Places of the windows in the query, by their length. */
  readonly windowAt: ReadonlyMap<number, number>
  /** Places of the series in the query, by `seriesKey`. */
  readonly seriesAt: ReadonlyMap<string, number>
  readonly questions: readonly MonitorQuestion[]
  /** How long samples of counters are needed; 0 where no rule asks for series. */
  readonly keepMs: number
}

/** All that a run read. A part is undefined where it could not be read. */
export interface Readings {
  readonly now: number
  readonly scheduledAtMs: number
  readonly metrics: MetricsAnswer | undefined
  readonly dependencies: DependencyReport | undefined
  /** Answers to the plan's questions, in their order. */
  readonly monitors: readonly MonitorMeasures[] | undefined
  /** This run's sample included. */
  readonly samples: CounterSamples
}

/**
 * The questions that answer all rules, one of each source. A window is the rule's `over` in whole minutes and the minute under way:
 * counts reach the store some seconds late, so that alone the last whole minute could be read too early.
 */
export function planSignals(rules: readonly Rule[], cacheMetric: string, now: number): SignalPlan {
  const minuteMs = Math.floor(now / MINUTE_MS) * MINUTE_MS
  const lengths = [
    ...new Set(rules.filter(({ signal }) => isOverRequests(signal)).map(({ over }) => wholeMinutes(over))),
  ]
  const questions = new Map(rules.flatMap(questionOf).map((each) => [questionKey(each), each]))
  const selectors = new Map<string, SeriesSelector>()
  let keepMs = 0
  for (const rule of rules) {
    const wanted = selectorsOf(rule, cacheMetric)
    if (wanted.length > 0) keepMs = Math.max(keepMs, rule.over)
    for (const selector of wanted) selectors.set(seriesKey(selector), selector)
  }
  return {
    query: {
      windows: lengths.map((length) => ({ fromMs: minuteMs - length, toMs: minuteMs + MINUTE_MS })),
      series: [...selectors.values()],
    },
    windowAt: new Map(lengths.map((length, index) => [length, index])),
    seriesAt: new Map([...selectors.keys()].map((key, index) => [key, index])),
    questions: [...questions.values()],
    keepMs,
  }
}

/** The samples with this run's answer added. */
export function sampleCounters(
  plan: SignalPlan,
  answer: MetricsAnswer,
  known: CounterSamples,
  now: number,
): CounterSamples {
  const read = new Map<string, SeriesValue | undefined>()
  for (const [key, index] of plan.seriesAt) read.set(key, answer.series[index])
  return addSample(known, read, now, plan.keepMs)
}

/**
 * What a signal was measured to be. `none`: it was measured, and there was nothing to measure, such as the share of
 * failures among no requests. Undefined: nobody knows. Neither is 0.
 */
export type Measured = number | 'none' | undefined

/** The value of a rule's signal. */
export function signalValue(rule: Rule, plan: SignalPlan, readings: Readings, cacheMetric: string): Measured {
  if (typeof rule.signal !== 'string') return metricValue(rule, rule.signal, plan, readings)
  if (isOfMonitor(rule.signal)) return monitorSignal(rule, rule.signal, plan, readings)
  if (isOverRequests(rule.signal)) return requestSignal(rule, plan, readings)
  if (rule.signal === 'cache_hit_ratio') return cacheHitRatio(rule, readings, cacheMetric)
  if (rule.signal === 'scheduler_lag_seconds') {
    return Math.max(0, readings.now - readings.scheduledAtMs) / 1000
  }
  const state = dependencyOf(rule, readings.dependencies)
  return state && dependencySignal(rule.signal, state)
}

/** Why the dependency that a rule is about is down; undefined where it is not. */
export function reasonOf(rule: Rule, report: DependencyReport | undefined): string | undefined {
  const state = dependencyOf(rule, report)
  return state?.state === 'down' ? state.message : undefined
}

/** Whether a rule is about a dependency that is not configured: then there is nothing to alert about. */
export const isDisabled = (rule: Rule, report: DependencyReport | undefined): boolean =>
  dependencyOf(rule, report)?.state === 'disabled'

function dependencyOf(rule: Rule, report: DependencyReport | undefined): DependencyState | undefined {
  if (typeof rule.signal !== 'string') return undefined
  if (rule.signal.startsWith('mongodb_')) return report?.mongodb
  return rule.signal.startsWith('redis_') ? report?.redis : undefined
}

function dependencySignal(signal: BuiltInSignal, state: DependencyState): number | undefined {
  if (state.state === 'disabled' || state.state === 'unknown') return undefined
  if (signal.endsWith('_up')) return state.state === 'up' ? 1 : 0
  if (state.state === 'down') return undefined
  const { latencyMs, connections, memory, disk } = state.details
  if (signal.endsWith('_latency_ms')) return latencyMs
  if (signal.endsWith('_connections_ratio')) {
    return connections && share(connections.current, connections.current + connections.available)
  }
  if (signal.endsWith('_memory_ratio')) return memory && share(memory.usedBytes, memory.totalBytes)
  return disk && share(disk.usedBytes, disk.totalBytes)
}

const share = (used: number, total: number | undefined): number | undefined =>
  total === undefined || total <= 0 ? undefined : used / total

function questionOf({ monitor, signal, over }: Rule): MonitorQuestion[] {
  if (monitor === undefined) return []
  switch (signal) {
    case 'monitor_up':
    case 'monitor_degraded':
      return [{ monitor, of: 'state', overMs: over }]
    case 'monitor_uptime_ratio':
      return [{ monitor, of: 'uptime', overMs: over }]
    default:
      return [{ monitor, of: 'latency', overMs: over }]
  }
}

const questionKey = ({ monitor, of, overMs }: MonitorQuestion): string => `${monitor} ${of} ${overMs}`

function monitorSignal(
  rule: Rule,
  signal: BuiltInSignal,
  { questions }: SignalPlan,
  { monitors }: Readings,
): number | undefined {
  const [asked] = questionOf(rule).map(questionKey)
  const measured = monitors?.[questions.findIndex((each) => questionKey(each) === asked)]
  switch (signal) {
    case 'monitor_up':
      return measured?.up
    case 'monitor_degraded':
      return measured?.degraded
    case 'monitor_uptime_ratio':
      return measured?.uptimeRatio
    case 'monitor_latency_p50_ms':
      return measured?.latencyMs?.p50
    case 'monitor_latency_p95_ms':
      return measured?.latencyMs?.p95
    default:
      return measured?.latencyMs?.p99
  }
}

function requestSignal(rule: Rule, plan: SignalPlan, { metrics, now }: Readings): Measured {
  const index = plan.windowAt.get(wholeMinutes(rule.over))
  const window = index === undefined ? undefined : metrics?.windows[index]
  if (index === undefined || window === undefined) return undefined
  // Who asks how we are is no traffic: while a database hangs these answers are slow, and that pages as the database.
  const routes = window.filter(({ route }) =>
    rule.route === undefined ? !HEALTH_ROUTES.includes(route) : route === rule.route,
  )
  const requests = sum(routes, (each) => each.requests)
  // Requests are counted exactly, so that none counted is a rate of 0; of none there is no ratio and no latency.
  if (rule.signal === 'request_rate') {
    return requests / ((now - plan.query.windows[index]!.fromMs) / 1000)
  }
  if (requests < (rule.minRequests ?? 1)) return 'none'
  switch (rule.signal) {
    case 'error_ratio':
      return sum(routes, (each) => each.errors) / requests
    case 'latency_p50_ms':
      return quantileMs(0.5, routes)
    case 'latency_p95_ms':
      return quantileMs(0.95, routes)
    default:
      return quantileMs(0.99, routes)
  }
}

function metricValue(
  rule: Rule,
  selector: SeriesSelector,
  plan: SignalPlan,
  { metrics, samples }: Readings,
): number | undefined {
  const key = seriesKey(selector)
  const index = plan.seriesAt.get(key)
  const series = index === undefined ? undefined : metrics?.series[index]
  if (series === undefined || series.type === 'gauge') return series?.value
  const increase = increaseWithin(samples, key, rule.over)
  return increase && increase.by / increase.inSeconds
}

function cacheHitRatio(rule: Rule, { metrics, samples }: Readings, cacheMetric: string): number | undefined {
  if (metrics === undefined) return undefined
  const [hits, misses] = selectorsOf(rule, cacheMetric).map(
    (selector) => increaseWithin(samples, seriesKey(selector), rule.over)?.by,
  )
  return hits === undefined || misses === undefined ? undefined : share(hits, hits + misses)
}

function selectorsOf(rule: Rule, cacheMetric: string): readonly SeriesSelector[] {
  if (typeof rule.signal !== 'string') return [rule.signal]
  if (rule.signal !== 'cache_hit_ratio') return []
  return ['hit', 'miss'].map((status) => ({ metric: cacheMetric, labels: { status } }))
}

function seriesKey({ metric, labels }: SeriesSelector): string {
  return JSON.stringify([metric, ...Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))])
}

const wholeMinutes = (overMs: number): number => Math.max(1, Math.ceil(overMs / MINUTE_MS)) * MINUTE_MS

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0)

function quantileMs(q: number, routes: readonly RouteTotals[]): number | undefined {
  const buckets = Array.from({ length: DURATION_BOUNDS_SECONDS.length + 1 }, (_, index) =>
    sum(routes, (each) => each.durationBuckets[index] ?? 0),
  )
  const seconds = quantile(q, DURATION_BOUNDS_SECONDS, buckets)
  return seconds === undefined ? undefined : seconds * 1000
}
