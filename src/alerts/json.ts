import type { Incident, Silence } from './model.ts'
import type { PendingNotification } from './outbox.ts'
import type { SettledNotification } from './outbox-store.ts'
import type { ActiveAlert, SchedulerStatus } from './status.ts'

// What `/admin/alerts` and `/admin/silences` show: times as ISO 8601, null for what there isn't.

const iso = (atMs: number | undefined) => (atMs === undefined ? null : new Date(atMs).toISOString())

const acknowledgedJson = (acknowledged: Incident['acknowledged']) =>
  acknowledged
    ? { at: iso(acknowledged.atMs), by: acknowledged.by ?? null, note: acknowledged.note ?? null }
    : null

export const activeJson = (active: ActiveAlert) => ({
  alert: active.alert,
  state: active.state,
  severity: active.severity,
  summary: active.summary,
  since: iso(active.sinceMs),
  value: active.value ?? null,
  silenced: active.silenced,
  held_back: active.heldBack ?? null,
  acknowledged: acknowledgedJson(active.acknowledged),
  told: active.told,
  dedup_key: active.dedupKey ?? null,
})

export const incidentJson = (incident: Incident) => ({
  alert: incident.alert,
  severity: incident.severity,
  labels: incident.labels,
  summary: incident.summary,
  condition: incident.condition,
  value: incident.value ?? null,
  started_at: iso(incident.startedAtMs),
  resolved_at: iso(incident.resolvedAtMs),
  acknowledged: acknowledgedJson(incident.acknowledged),
  told: incident.told,
  dedup_key: incident.dedupKey,
})

type Shown = Pick<PendingNotification, 'receiver' | 'notification' | 'createdAtMs' | 'attempts' | 'lastError'>

const notificationJson = ({ receiver, notification, createdAtMs, attempts, lastError }: Shown) => ({
  receiver,
  kind: notification.kind,
  alert: notification.alert,
  severity: notification.severity,
  summary: notification.summary,
  dedup_key: notification.dedupKey,
  created_at: iso(createdAtMs),
  attempts,
  last_error: lastError ?? null,
})

export const pendingJson = (pending: PendingNotification) => ({
  ...notificationJson(pending),
  next_attempt_at: iso(pending.nextAttemptAtMs),
})

export const deadJson = (dead: SettledNotification) => ({
  ...notificationJson(dead),
  died_at: iso(dead.settledAtMs),
})

export const deliveredJson = (delivered: SettledNotification) => ({
  ...notificationJson(delivered),
  delivered_at: iso(delivered.settledAtMs),
})

export const schedulerJson = (scheduler: SchedulerStatus) => ({
  last_run_at: iso(scheduler.lastRunAtMs),
  last_outcome: scheduler.lastOutcome ?? null,
  lag_seconds: scheduler.lagSeconds ?? null,
})

export const silenceJson = (silence: Silence) => ({
  id: silence.id,
  alert: silence.matcher.alert ?? null,
  severity: silence.matcher.severity ?? null,
  labels: silence.matcher.labels ?? {},
  created_at: iso(silence.createdAtMs),
  until: iso(silence.untilMs),
  reason: silence.reason,
  by: silence.by ?? null,
})
