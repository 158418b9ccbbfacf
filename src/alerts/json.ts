import type * as z from 'zod'
import { isoTime } from '../lib/clock.ts'
import type * as answers from './answers.ts'
import type { Incident, Silence } from './model.ts'
import type { PendingNotification } from './outbox.ts'
import type { SettledNotification } from './outbox-store.ts'
import type { ActiveAlert, RuleStatus, SchedulerStatus } from './status.ts'

// What `/admin/alerts` and `/admin/silences` show: times as ISO 8601, null for what there isn't.

const acknowledgedJson = (
  acknowledged: Incident['acknowledged'],
): z.infer<typeof answers.acknowledged> | null =>
  acknowledged
    ? { at: isoTime(acknowledged.atMs), by: acknowledged.by ?? null, note: acknowledged.note ?? null }
    : null

export const activeJson = (active: ActiveAlert): z.infer<typeof answers.activeAlert> => ({
  alert: active.alert,
  state: active.state,
  severity: active.severity,
  summary: active.summary,
  since: isoTime(active.sinceMs),
  value: active.value ?? null,
  silenced: active.silenced,
  held_back: active.heldBack ?? null,
  acknowledged: acknowledgedJson(active.acknowledged),
  told: active.told,
  dedup_key: active.dedupKey ?? null,
  runbook: active.runbook ?? null,
})

export const ruleJson = (status: RuleStatus): z.infer<typeof answers.rule> => ({
  ...status,
  value: status.value ?? null,
  runbook: status.runbook ?? null,
})

export const incidentJson = (incident: Incident): z.infer<typeof answers.alertIncident> => ({
  alert: incident.alert,
  severity: incident.severity,
  labels: incident.labels,
  summary: incident.summary,
  condition: incident.condition,
  value: incident.value ?? null,
  started_at: isoTime(incident.startedAtMs),
  resolved_at: isoTime(incident.resolvedAtMs),
  acknowledged: acknowledgedJson(incident.acknowledged),
  told: incident.told,
  dedup_key: incident.dedupKey,
})

type Shown = Pick<PendingNotification, 'receiver' | 'notification' | 'createdAtMs' | 'attempts' | 'lastError'>

const notificationJson = ({
  receiver,
  notification,
  createdAtMs,
  attempts,
  lastError,
}: Shown): z.infer<typeof answers.notification> => ({
  receiver,
  kind: notification.kind,
  alert: notification.alert,
  severity: notification.severity,
  summary: notification.summary,
  dedup_key: notification.dedupKey,
  created_at: isoTime(createdAtMs),
  attempts,
  last_error: lastError ?? null,
})

export const pendingJson = (pending: PendingNotification): z.infer<typeof answers.pending> => ({
  ...notificationJson(pending),
  next_attempt_at: isoTime(pending.nextAttemptAtMs),
})

export const deadJson = (dead: SettledNotification): z.infer<typeof answers.dead> => ({
  ...notificationJson(dead),
  died_at: isoTime(dead.settledAtMs),
})

export const deliveredJson = (delivered: SettledNotification): z.infer<typeof answers.delivered> => ({
  ...notificationJson(delivered),
  delivered_at: isoTime(delivered.settledAtMs),
})

export const schedulerJson = (scheduler: SchedulerStatus): z.infer<typeof answers.scheduler> => ({
  last_run_at: isoTime(scheduler.lastRunAtMs),
  last_outcome: scheduler.lastOutcome ?? null,
  lag_seconds: scheduler.lagSeconds ?? null,
})

export const silenceJson = (silence: Silence): z.infer<typeof answers.silence> => ({
  id: silence.id,
  alert: silence.matcher.alert ?? null,
  severity: silence.matcher.severity ?? null,
  labels: silence.matcher.labels ?? {},
  created_at: isoTime(silence.createdAtMs),
  until: isoTime(silence.untilMs),
  reason: silence.reason,
  by: silence.by ?? null,
})
