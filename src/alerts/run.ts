import type { Rule } from '../config/rules.ts'
import type { DependencyReport } from '../health/model.ts'
import { HOUR_MS, SECOND_MS } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import type { MetricsAnswer } from '../metrics/query.ts'
import { observe } from './condition.ts'
import type { LastRun, LedgerStore } from './ledger-store.ts'
import type { AlertState, Incident, Observation, Owed, Pending } from './model.ts'
import { isSilenced } from './model.ts'
import type { CounterSamples } from './samples.ts'
import { NO_SAMPLES } from './samples.ts'
import type { LedgerSettings } from './settings.ts'
import type { SignalPlan } from './signals.ts'
import { isDisabled, planSignals, reasonOf, sampleCounters, signalValue } from './signals.ts'
import type { Step, StepContext } from './state.ts'
import { resolve, step } from './state.ts'
import { observeScheduler } from './watchdog.ts'

/** A source of signals that has not answered by now has no data for this run. */
const READ_TIMEOUT_MS = 10 * SECOND_MS

/** What a run read from outside; a part is undefined where it could not be read. */
export interface RunInput {
  readonly startedMs: number
  readonly scheduledAtMs: number
  readonly plan: SignalPlan
  readonly metrics: MetricsAnswer | undefined
  readonly dependencies: DependencyReport | undefined
  readonly outcome: LastRun['outcome']
}

/** What a run came to. */
export interface CommittedRun {
  readonly atMs: number
  readonly firing: readonly Incident[]
  /** How many notifications it put into the outbox. */
  readonly owed: number
}

/** Reads every signal once. What fails or hangs is logged, and has no data. */
export async function readSignals(scheduledAtMs: number, settings: LedgerSettings): Promise<RunInput> {
  const startedMs = settings.clock()
  const plan = planSignals(settings.alerts.rules, settings.catalog.cacheOperations.name, startedMs)
  const asksMetrics = plan.query.windows.length + plan.query.series.length > 0
  const [metrics, dependencies] = await Promise.all([
    asksMetrics ? readPart('metrics', () => settings.metrics.read(plan.query), settings) : undefined,
    readPart('dependencies', settings.dependencies, settings),
  ])
  const failed = [asksMetrics && metrics === undefined, dependencies === undefined]
  const outcome =
    failed[1] && (failed[0] || !asksMetrics) ? 'error' : failed.includes(true) ? 'partial' : 'ok'
  return { startedMs, scheduledAtMs, plan, metrics, dependencies, outcome }
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

/** Evaluates every rule and commits, in one transaction, the new states and all that is owed because of them. */
export function commitRun(input: RunInput, store: LedgerStore, settings: LedgerSettings): CommittedRun {
  return store.transaction(() => {
    const last = store.lastRun()
    // No two runs share a time: incidents and messages are told apart by it.
    const now = Math.max(settings.clock(), (last?.atMs ?? 0) + 1)
    const samples = updateSamples(input, store, now)
    const observations = [...observeRules(input, samples, settings), observeScheduler(now, now)]
    const silences = store.silences(now)
    const open = store.openIncidents()

    const pending: Record<string, Pending> = {}
    const firing: Incident[] = []
    const owed: Owed[] = []
    const apply = ({ state, owed: more }: Step) => {
      owed.push(...more)
      if (state.phase === 'firing') firing.push(state.incident)
      if (state.phase === 'firing' || state.phase === 'resolved') save(state.incident, open, store)
    }

    for (const seen of observations) {
      const before = stateOf(seen.alert, open, last?.pending)
      const context = stepContext(seen, isSilenced(seen, silences, now), now, settings)
      const next = step(before, seen, context)
      if (next.state.phase === 'pending') {
        const { phase: _phase, ...kept } = next.state
        pending[seen.alert] = kept
      }
      apply(next)
    }
    const observed = new Set(observations.map(({ alert }) => alert))
    for (const incident of open.values()) {
      if (!observed.has(incident.alert)) apply(resolve(incident, undefined, { now, source: settings.source }))
    }

    store.enqueue(owed, now)
    store.saveRun({
      atMs: now,
      lagSeconds: Math.max(0, input.startedMs - input.scheduledAtMs) / 1000,
      outcome: input.outcome,
      pending,
      values: Object.fromEntries(
        observations.flatMap(({ alert, value }) => (value === undefined ? [] : [[alert, value]])),
      ),
    })
    if (last && Math.floor(last.atMs / HOUR_MS) !== Math.floor(now / HOUR_MS)) store.prune(now)
    return { atMs: now, firing, owed: owed.length }
  })
}

/** Fires or keeps firing the alert of a scheduler that is missed; for when no run comes that would. */
export function commitWatch(store: LedgerStore, settings: LedgerSettings): Incident | undefined {
  const now = settings.clock()
  const last = store.lastRun()
  const seen = last && observeScheduler(last.atMs, now, store.wokeAtMs())
  if (!seen?.holds) return undefined
  return store.transaction(() => {
    const open = store.openIncidents()
    const context = stepContext(seen, isSilenced(seen, store.silences(now), now), now, settings)
    const { state, owed } = step(stateOf(seen.alert, open, undefined), seen, context)
    if (state.phase !== 'firing') return undefined
    save(state.incident, open, store)
    store.enqueue(owed, now)
    return open.has(seen.alert) ? undefined : state.incident
  })
}

function updateSamples(input: RunInput, store: LedgerStore, now: number): CounterSamples {
  if (input.plan.query.series.length === 0 || input.metrics === undefined) return NO_SAMPLES
  const samples = sampleCounters(input.plan, input.metrics, store.samples() ?? NO_SAMPLES, now)
  if (samples !== NO_SAMPLES) store.saveSamples(samples)
  return samples
}

function observeRules(input: RunInput, samples: CounterSamples, settings: LedgerSettings): Observation[] {
  const { startedMs, scheduledAtMs, plan, metrics, dependencies } = input
  const cacheMetric = settings.catalog.cacheOperations.name
  const readings = { now: startedMs, scheduledAtMs, metrics, dependencies, samples }
  const watched = (rule: Rule) => !isDisabled(rule, dependencies)
  return settings.alerts.rules
    .filter(watched)
    .map((rule) =>
      observe(rule, signalValue(rule, plan, readings, cacheMetric), reasonOf(rule, dependencies)),
    )
}

function stateOf(
  alert: string,
  open: ReadonlyMap<string, Incident>,
  pending: Readonly<Record<string, Pending>> | undefined,
): AlertState {
  const incident = open.get(alert)
  if (incident) return { phase: 'firing', incident }
  const waiting = pending?.[alert]
  return waiting ? { phase: 'pending', ...waiting } : { phase: 'inactive' }
}

function stepContext(
  seen: Observation,
  silenced: boolean,
  now: number,
  settings: LedgerSettings,
): StepContext {
  const { routes, reminder } = settings.alerts
  return { now, source: settings.source, receivers: routes[seen.severity], silenced, reminderMs: reminder }
}

/** A row is written only where something changed. */
function save(incident: Incident, open: ReadonlyMap<string, Incident>, store: LedgerStore): void {
  const before = open.get(incident.alert)
  if (!before || JSON.stringify(before) !== JSON.stringify(incident)) store.saveIncident(incident)
}
