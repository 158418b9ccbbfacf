import type { DependencyReport } from '../health/model.ts'
import { SECOND_MS } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import type { MetricsAnswer } from '../metrics/query.ts'
import type { MonitorMeasures } from '../monitors/ports.ts'
import type { LastRun } from './ledger-store.ts'
import type { LedgerSettings } from './settings.ts'
import type { SignalPlan } from './signals.ts'
import { planSignals } from './signals.ts'

/** A source of signals that takes longer has no data for this run. Long enough to probe a dependency twice. */
const READ_TIMEOUT_MS = 15 * SECOND_MS

/** What a run read from outside; a part is undefined where it could not be read. */
export interface RunInput {
  readonly startedMs: number
  readonly scheduledAtMs: number
  readonly plan: SignalPlan
  readonly metrics: MetricsAnswer | undefined
  readonly dependencies: DependencyReport | undefined
  readonly monitors: readonly MonitorMeasures[] | undefined
  readonly outcome: LastRun['outcome']
}

/** Reads every signal once. What fails or hangs is logged, and has no data. */
export async function readSignals(scheduledAtMs: number, settings: LedgerSettings): Promise<RunInput> {
  const startedMs = settings.clock()
  const plan = planSignals(settings.alerts.rules, settings.catalog.cacheOperations.name, startedMs)
  const { query, questions } = plan
  const asks = {
    metrics: query.windows.length + query.series.length > 0,
    dependencies: true,
    monitors: questions.length > 0,
  }
  const [metrics, dependencies, monitors] = await Promise.all([
    asks.metrics ? readPart('metrics', () => settings.metrics.read(query), settings) : undefined,
    readPart('dependencies', settings.dependencies, settings),
    asks.monitors ? readPart('monitors', () => settings.monitors.measure(questions), settings) : undefined,
  ])
  const read = { metrics, dependencies, monitors }
  const asked = (['metrics', 'dependencies', 'monitors'] as const).filter((source) => asks[source])
  const failed = asked.filter((source) => read[source] === undefined)
  const outcome = failed.length === 0 ? 'ok' : failed.length === asked.length ? 'error' : 'partial'
  return { startedMs, scheduledAtMs, plan, ...read, outcome }
}

async function readPart<T>(
  source: string,
  read: () => Promise<T>,
  { log, errors }: LedgerSettings,
): Promise<T | undefined> {
  try {
    const answer = await within(READ_TIMEOUT_MS, read())
    if (answer.ok) return answer.value
    log.error('signals_unavailable', { source, reason: answer.error.message })
  } catch (error) {
    log.error('signals_unavailable', { source, error })
    errors.report(error, { tags: { job: 'tick', source } })
  }
  return undefined
}
