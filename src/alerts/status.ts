import type { Severity } from '../config/severity.ts'
import { MINUTE_MS } from '../lib/clock.ts'
import { describe, summarise } from './condition.ts'
import type { LastRun, LedgerStore, Unmeasured } from './ledger-store.ts'
import type { Acknowledgement, Incident, Silence } from './model.ts'
import { isSilenced } from './model.ts'
import type { PendingNotification } from './outbox.ts'
import type { SettledNotification } from './outbox-store.ts'
import { OUTBOX_HISTORY_MS } from './outbox-store.ts'
import type { LedgerSettings } from './settings.ts'

/** An alert that fires, or whose condition holds but not yet for long enough. */
export interface ActiveAlert {
  readonly alert: string
  readonly state: 'pending' | 'firing'
  readonly severity: Severity
  readonly summary: string
  /** Since when it fires, or its condition holds; milliseconds since the epoch. */
  readonly sinceMs: number
  /** As last measured, with its unit; undefined where the last run had no data. */
  readonly value?: string
  readonly silenced: boolean
  /** Why nobody is told for now. */
  readonly heldBack?: string
  readonly acknowledged?: Acknowledgement
  readonly dedupKey?: string
  /** The URL of what to do about the alert. */
  readonly runbook?: string
  /** Who was told that it fires. */
  readonly told: readonly string[]
}

/** What the last run saw of a rule. `no_data`: nobody knows; `off`: what it is about is not configured. */
export interface RuleStatus {
  readonly rule: string
  readonly severity: Severity
  /** Its condition in words. */
  readonly condition: string
  readonly state: 'inactive' | ActiveAlert['state'] | Unmeasured
  /** As last measured, with its unit; undefined where no number was. */
  readonly value?: string
  /** See the `runbook` of an active alert. */
  readonly runbook?: string
}

/** How the scheduler does; all of it is undefined before the first run. */
export interface SchedulerStatus {
  readonly lastRunAtMs?: number
  readonly lastOutcome?: LastRun['outcome']
  /** How late the last run was, or how overdue the next one is, whichever is more. */
  readonly lagSeconds?: number
}

/** The state of the alerts in short. */
export interface LedgerStatus {
  readonly active: readonly ActiveAlert[]
  readonly notifications: { readonly pending: number; readonly dead: number }
  readonly scheduler: SchedulerStatus
}

/** The state of the alerts with their history: what was resolved and sent in the last 7 days, latest first. */
export interface AlertsOverview extends LedgerStatus {
  /** In the order of the configuration. */
  readonly rules: readonly RuleStatus[]
  readonly resolved: readonly Incident[]
  readonly outbox: {
    readonly pending: readonly PendingNotification[]
    readonly dead: readonly SettledNotification[]
    readonly delivered: readonly SettledNotification[]
  }
  readonly silences: readonly Silence[]
}

/** See `LedgerStatus`. */
export function readStatus(store: LedgerStore, settings: LedgerSettings): LedgerStatus {
  const now = settings.clock()
  const run = store.lastRun()
  return {
    active: [...firingAlerts(store, run, now), ...pendingAlerts(run, store.silences(now), settings, now)],
    notifications: { pending: store.outbox.pendingCount(), dead: store.outbox.deadCount() },
    scheduler: run ? schedulerStatus(run, now) : {},
  }
}

/** See `AlertsOverview`. */
export function readOverview(store: LedgerStore, settings: LedgerSettings): AlertsOverview {
  const status = readStatus(store, settings)
  return {
    ...status,
    rules: ruleStatuses(status.active, store.lastRun(), settings),
    resolved: store.incidents.resolvedSince(settings.clock() - OUTBOX_HISTORY_MS, 100),
    outbox: {
      pending: store.outbox.waiting(100),
      dead: store.outbox.settled('dead'),
      delivered: store.outbox.settled('delivered'),
    },
    silences: store.silences(settings.clock()),
  }
}

function firingAlerts(store: LedgerStore, run: LastRun | undefined, now: number): ActiveAlert[] {
  const silences = store.silences(now)
  return [...store.incidents.open().values()].map((incident) => {
    // Monitors are not measured by the run: theirs is what was last seen.
    const value = incident.monitor ? incident.value : run?.values[incident.alert]
    return {
      alert: incident.alert,
      state: 'firing',
      severity: incident.severity,
      summary: incident.summary,
      sinceMs: incident.startedAtMs,
      ...(value !== undefined && { value }),
      silenced: isSilenced(incident, silences, now),
      ...(incident.heldBack && { heldBack: incident.heldBack.reason }),
      ...(incident.acknowledged && { acknowledged: incident.acknowledged }),
      dedupKey: incident.dedupKey,
      ...(incident.runbook !== undefined && { runbook: incident.runbook }),
      told: incident.told,
    }
  })
}

function pendingAlerts(
  run: LastRun | undefined,
  silences: readonly Silence[],
  settings: LedgerSettings,
  now: number,
): ActiveAlert[] {
  return Object.entries(run?.pending ?? {}).flatMap(([id, { sinceMs }]) => {
    const rule = settings.alerts.rules.find((each) => each.id === id)
    if (!rule) return []
    const { severity, labels, runbook } = rule
    const value = run?.values[id]
    return {
      alert: id,
      state: 'pending' as const,
      severity,
      summary: summarise(rule, value),
      sinceMs,
      ...(value !== undefined && { value }),
      silenced: isSilenced({ alert: id, severity, labels }, silences, now),
      ...(runbook !== undefined && { runbook }),
      told: [],
    }
  })
}

function ruleStatuses(
  active: readonly ActiveAlert[],
  run: LastRun | undefined,
  { alerts }: LedgerSettings,
): RuleStatus[] {
  const activeOf = new Map(active.map((each) => [each.alert, each.state]))
  return alerts.rules.map((rule) => {
    const { id, severity, runbook } = rule
    const value = run?.values[id]
    return {
      rule: id,
      severity,
      condition: describe(rule),
      // Before its first run nothing is known of a rule.
      state: activeOf.get(id) ?? (run ? (run.unmeasured?.[id] ?? 'inactive') : 'no_data'),
      ...(value !== undefined && { value }),
      ...(runbook !== undefined && { runbook }),
    }
  })
}

function schedulerStatus({ atMs, outcome, lagSeconds }: LastRun, now: number): SchedulerStatus {
  const overdueSeconds = Math.max(0, now - atMs - MINUTE_MS) / 1000
  return { lastRunAtMs: atMs, lastOutcome: outcome, lagSeconds: Math.max(lagSeconds, overdueSeconds) }
}
