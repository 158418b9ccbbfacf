import { monitorAlertId } from '../config/monitor-ids.ts'
import type { Rule } from '../config/rules.ts'
import { HOUR_MS, MINUTE_MS } from '../lib/clock.ts'
import type { MonitorStatus } from '../monitors/model.ts'
import { correctFutureTimes, timeAfter } from './clock-skew.ts'
import { observe } from './condition.ts'
import type { LastRun, LedgerStore } from './ledger-store.ts'
import type { Acknowledgement, AlertState, HeldBack, Incident, Owed, Pending, Seen } from './model.ts'
import { silenceOf } from './model.ts'
import { holdOf, observeMonitor, watchedMonitors } from './monitor-alert.ts'
import type { RunInput } from './run.ts'
import type { CounterSamples } from './samples.ts'
import { NO_SAMPLES } from './samples.ts'
import type { LedgerSettings } from './settings.ts'
import { isDisabled, reasonOf, sampleCounters, signalValue } from './signals.ts'
import { acknowledge, resolve, type Step, step } from './state.ts'
import { MISSED_AFTER_MS, observeMonitoring, observeScheduler } from './watchdog.ts'

// What the ledger writes: each function is one transaction, which holds new states and all that is owed for them.

/** How much of what is known of the last judgement may be lost. */
const JUDGED_SAVED_MS = 2 * MINUTE_MS

/** What a run came to. */
export interface CommittedRun {
  readonly atMs: number
  /** Every open incident, those of monitors too. */
  readonly firing: readonly Incident[]
  /** How many notifications it put into the outbox. */
  readonly owed: number
}

/**
 * Evaluates every rule.
 * @param judgedAtMs when the monitors were last judged, as far as this life of the object knows; else 0
 */
export function commitRun(
  input: RunInput,
  judgedAtMs: number,
  store: LedgerStore,
  settings: LedgerSettings,
): CommittedRun {
  return store.transaction(() => {
    const clockMs = settings.clock()
    correctFutureTimes(store, clockMs)
    const last = store.lastRun()
    // No two runs share a time: incidents and messages are told apart by it.
    const now = timeAfter(last?.atMs ?? 0, clockMs)
    const samples = updateSamples(input, store, now)
    const seenRules = observeRules(input, samples, settings)
    const judgedMs =
      settings.monitors.configured.length > 0
        ? judgedSince(Math.max(judgedAtMs, store.judgedAtMs()), last, now)
        : undefined
    const seenAlerts = [
      ...seenRules,
      observeScheduler(now, now),
      ...(judgedMs === undefined ? [] : [observeMonitoring(judgedMs, now)]),
    ]
    const silences = store.silences(now)
    const changes = new Changes(store, settings, now)

    const pending: Record<string, Pending> = {}
    for (const seen of seenAlerts) {
      const state = changes.step(seen, silenceOf(seen, silences, now), last?.pending)
      if (state.phase !== 'pending') continue
      const { phase: _phase, ...kept } = state
      pending[seen.alert] = kept
    }
    changes.resolveAllBut(
      new Set([...seenAlerts.map(({ alert }) => alert), ...watchedMonitors(settings.monitors.configured)]),
    )

    store.saveRun({
      atMs: now,
      lagSeconds: Math.max(0, input.startedMs - input.scheduledAtMs) / 1000,
      outcome: input.outcome,
      pending,
      values: Object.fromEntries(
        seenAlerts.flatMap(({ alert, value }) => (value === undefined ? [] : [[alert, value]])),
      ),
      unmeasured: unmeasured(seenRules, settings.alerts.rules),
      ...(judgedMs !== undefined && { judgedAtMs: judgedMs }),
    })
    if (last && Math.floor(last.atMs / HOUR_MS) !== Math.floor(now / HOUR_MS)) store.prune(now)
    return { atMs: now, firing: [...store.incidents.open().values()], owed: changes.commit() }
  })
}

/** Fires or keeps firing the alert of a scheduler that is missed; for when no run comes that would. */
export function commitWatch(store: LedgerStore, settings: LedgerSettings): Incident | undefined {
  const now = settings.clock()
  store.transaction(() => correctFutureTimes(store, now))
  const last = store.lastRun()
  const seen = last && observeScheduler(last.atMs, now, store.wokeAtMs())
  if (!seen?.holds) return undefined
  return store.transaction(() => {
    const changes = new Changes(store, settings, now)
    const state = changes.step(seen, silenceOf(seen, store.silences(now), now))
    changes.commit()
    return state.phase === 'firing' && !changes.openBefore(seen.alert) ? state.incident : undefined
  })
}

/**
 * Takes note of a judgement of the monitors. Those that are not configured are passed over.
 * @param now differs from that of the judgement before: incidents are told apart by it
 * @returns how many notifications it put into the outbox
 */
export function commitJudgement(
  statuses: readonly MonitorStatus[],
  judgedAtMs: number,
  now: number,
  store: LedgerStore,
  settings: LedgerSettings,
): number {
  const { configured } = settings.monitors
  return store.transaction(() => {
    correctFutureTimes(store, settings.clock())
    // The next run writes it down, too, unless the object is evicted before it, as one is that nobody else asks.
    const savedMs = Math.max(store.judgedAtMs(), store.lastRun()?.judgedAtMs ?? 0)
    const silences = store.silences(now)
    const changes = new Changes(store, settings, now)
    for (const status of statuses) {
      const monitor = configured.find(({ id }) => id === status.id)
      if (!monitor) continue
      const incident = changes.openBefore(monitorAlertId(monitor.id))
      const seen = observeMonitor(monitor, status, incident)
      if (status.state === 'maintenance' && !incident) continue // none begins
      const silenced = silenceOf(seen, silences, now)
      const hold = { monitor, status, incident, configured, silenced, judgedAtMs: Math.min(judgedAtMs, now) }
      changes.step(seen, holdOf(hold))
    }
    // A late judgment must not undo a change, not even after the object was evicted.
    if (changes.isMade || judgedAtMs - savedMs >= JUDGED_SAVED_MS) {
      store.saveJudgedAt(Math.min(judgedAtMs, now))
    }
    return changes.commit()
  })
}

/**
 * Acknowledges a firing alert.
 * @returns its incident, and how many notifications it put into the outbox; undefined where the alert doesn't fire
 */
export function commitAcknowledgement(
  alert: string,
  said: Omit<Acknowledgement, 'atMs'>,
  store: LedgerStore,
  settings: LedgerSettings,
): { readonly incident: Incident; readonly owed: number } | undefined {
  return store.transaction(() => {
    const changes = new Changes(store, settings, settings.clock())
    const incident = changes.acknowledge(alert, said)
    return incident && { incident, owed: changes.commit() }
  })
}

/** What one transaction changes: steps are made one after another, and what is owed is put into the outbox at once. */
class Changes {
  readonly #store: LedgerStore
  readonly #settings: LedgerSettings
  readonly #now: number
  readonly #open: ReadonlyMap<string, Incident>
  readonly #owed: Owed[] = []
  #isMade = false

  constructor(store: LedgerStore, settings: LedgerSettings, now: number) {
    this.#store = store
    this.#settings = settings
    this.#now = now
    this.#open = store.incidents.open()
  }

  /** Whether any incident changed. */
  get isMade(): boolean {
    return this.#isMade
  }

  /** The open incident of an alert, as it was before these changes. */
  openBefore(alert: string): Incident | undefined {
    return this.#open.get(alert)
  }

  step(
    seen: Seen,
    heldBack: HeldBack | undefined,
    pending: Readonly<Record<string, Pending>> = {},
  ): AlertState {
    const { source, alerts } = this.#settings
    const before = stateOf(seen.alert, this.#open, pending)
    const stepAt = (now: number) =>
      step(before, seen, {
        now,
        source,
        receivers: alerts.routes[seen.severity],
        acknowledgeable: this.#acknowledgeable(),
        heldBack,
        reminderMs: alerts.reminder,
      })
    let now = this.#now
    let next = stepAt(now)
    // A clock that was ahead may have opened another incident of this alert at the same time.
    while (before.phase !== 'firing' && next.state.phase === 'firing' && this.#isTaken(next.state.incident)) {
      next = stepAt(++now)
    }
    return this.#apply(next)
  }

  #isTaken({ dedupKey }: Incident): boolean {
    return this.#store.incidents.find(dedupKey) !== undefined
  }

  /** The incident, acknowledged; undefined where the alert doesn't fire. */
  acknowledge(alert: string, said: Omit<Acknowledgement, 'atMs'>): Incident | undefined {
    const before = this.#open.get(alert)
    if (!before) return undefined
    const { incident, owed } = acknowledge(
      before,
      { atMs: this.#now, ...said },
      { now: this.#now, source: this.#settings.source, acknowledgeable: this.#acknowledgeable() },
    )
    this.#owed.push(...owed)
    this.#save(incident)
    return incident
  }

  #acknowledgeable(): string[] {
    return this.#settings.receivers.flatMap(({ name, showsAcknowledged }) => (showsAcknowledged ? name : []))
  }

  /** Ends the incidents of alerts that are gone from the configuration, or switched off. */
  resolveAllBut(watched: ReadonlySet<string>): void {
    for (const incident of this.#open.values()) {
      if (!watched.has(incident.alert)) {
        this.#apply(resolve(incident, { now: this.#now, source: this.#settings.source }))
      }
    }
  }

  /** @returns how many notifications are owed */
  commit(): number {
    this.#store.outbox.enqueue(this.#owed, this.#now, this.#settings.clock())
    return this.#owed.length
  }

  #apply({ state, owed }: Step): AlertState {
    this.#owed.push(...owed)
    if (state.phase === 'firing' || state.phase === 'resolved') this.#save(state.incident)
    return state
  }

  /** A row is written only where something changed. */
  #save(incident: Incident): void {
    const before = this.#open.get(incident.alert)
    if (before && JSON.stringify(before) === JSON.stringify(incident)) return
    this.#isMade = true
    this.#store.incidents.save(incident)
  }
}

function stateOf(
  alert: string,
  open: ReadonlyMap<string, Incident>,
  pending: Readonly<Record<string, Pending>>,
): AlertState {
  const incident = open.get(alert)
  if (incident) return { phase: 'firing', incident }
  const waiting = pending[alert]
  return waiting ? { phase: 'pending', ...waiting } : { phase: 'inactive' }
}

/** Time in which the cron didn't run is not held against the monitors; nor is that before there were any. */
function judgedSince(judgedAtMs: number, last: LastRun | undefined, now: number): number {
  const ran = last !== undefined && now - last.atMs < MISSED_AFTER_MS
  return Math.max(judgedAtMs, ran ? (last.judgedAtMs ?? now) : now)
}

function updateSamples(input: RunInput, store: LedgerStore, now: number): CounterSamples {
  if (input.plan.query.series.length === 0 || input.metrics === undefined) return NO_SAMPLES
  const samples = sampleCounters(input.plan, input.metrics, store.samples(), now)
  if (samples !== NO_SAMPLES) store.saveSamples(samples)
  return samples
}

function observeRules(input: RunInput, samples: CounterSamples, settings: LedgerSettings): Seen[] {
  const { startedMs, plan, dependencies } = input
  const cacheMetric = settings.catalog.cacheOperations.name
  const readings = { ...input, now: startedMs, samples }
  const watched = (rule: Rule) => !isDisabled(rule, dependencies)
  return settings.alerts.rules
    .filter(watched)
    .map((rule) =>
      observe(rule, signalValue(rule, plan, readings, cacheMetric), reasonOf(rule, dependencies)),
    )
}

/** Rules of which a run could not say whether they hold. What is switched off was not even seen. */
function unmeasured(seen: readonly Seen[], rules: readonly Rule[]): LastRun['unmeasured'] {
  const holds = new Map(seen.map((each) => [each.alert, each.holds]))
  return Object.fromEntries(
    rules
      .filter(({ id }) => holds.get(id) === undefined)
      .map(({ id }) => [id, holds.has(id) ? 'no_data' : 'off']),
  )
}
