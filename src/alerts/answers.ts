import * as z from 'zod'
import { SEVERITIES } from '../config/severity.ts'
import { list, time } from '../lib/openapi/operation.ts'

// What `/admin/alerts` and `/admin/silences` answer. Null stands for what there isn't.

const summary = z.string().meta({ description: 'One line for the person who is paged' })
const dedupKey = z.string().meta({ description: 'The same in all that is told of one incident' })
const value = z.string().meta({ description: 'As last measured, with its unit' })
/** Where to read what to do about an alert. */
export const runbook = z.string().nullable().meta({ description: 'The URL of what to do about the alert' })
const told = list(z.string()).meta({ description: 'Receivers that were told, or will be' })

export const acknowledged = z
  .object({ at: time, by: z.string().nullable(), note: z.string().nullable() })
  .meta({ id: 'Acknowledgement' })

export const activeAlert = z
  .object({
    alert: z.string().meta({ description: 'The id of its rule, or `monitor-` and the id of its monitor' }),
    state: z.enum(['pending', 'firing']),
    severity: z.enum(SEVERITIES),
    summary,
    since: time,
    value: value.nullable(),
    silenced: z.boolean(),
    held_back: z.string().nullable().meta({ description: 'Why nobody is told for now' }),
    acknowledged: acknowledged.nullable(),
    told,
    dedup_key: dedupKey.nullable(),
    runbook,
  })
  .meta({ id: 'ActiveAlert' })

export const rule = z
  .object({
    rule: z.string().meta({ description: 'Its id' }),
    severity: z.enum(SEVERITIES),
    condition: z.string().meta({ description: 'The condition in words' }),
    state: z.enum(['inactive', 'pending', 'firing', 'no_data', 'off']).meta({
      description: 'no_data: the last run could not measure it; off: what it is about is not configured',
    }),
    value: value.nullable(),
    runbook,
  })
  .meta({ id: 'RuleStatus' })

export const alertIncident = z
  .object({
    alert: z.string(),
    severity: z.enum(SEVERITIES),
    labels: z.record(z.string(), z.string()),
    summary,
    condition: z.string().meta({ description: 'The condition in words' }),
    value: value.nullable(),
    started_at: time,
    resolved_at: time.nullable(),
    acknowledged: acknowledged.nullable(),
    told,
    dedup_key: dedupKey,
  })
  .meta({ id: 'AlertIncident' })

export const notification = z.object({
  receiver: z.string(),
  kind: z.enum(['firing', 'reminder', 'acknowledged', 'resolved', 'test']),
  alert: z.string(),
  severity: z.enum(SEVERITIES),
  summary,
  dedup_key: dedupKey,
  created_at: time,
  attempts: z.int(),
  last_error: z.string().nullable(),
})

export const pending = notification.extend({ next_attempt_at: time })
export const dead = notification.extend({ died_at: time })
export const delivered = notification.extend({ delivered_at: time })

export const scheduler = z
  .object({
    last_run_at: time.nullable(),
    last_outcome: z.enum(['ok', 'partial', 'error']).nullable(),
    lag_seconds: z.number().nullable(),
  })
  .meta({ id: 'Scheduler' })

export const silence = z
  .object({
    id: z.string(),
    alert: z.string().nullable(),
    severity: z.enum(SEVERITIES).nullable(),
    labels: z.record(z.string(), z.string()),
    created_at: time,
    until: time,
    reason: z.string(),
    by: z.string().nullable(),
  })
  .meta({ id: 'Silence' })

const matches = list(z.string()).meta({ description: 'Alerts that fire or are pending, and match' })

export const silenceWithMatches = silence.extend({ matches })

export const silences = z.object({ silences: list(silenceWithMatches) })

export const alerts = z.object({
  active: list(activeAlert),
  rules: list(rule).meta({ description: 'Every rule, in the order of the configuration' }),
  resolved: list(alertIncident).meta({ description: 'Of the last 7 days, latest first' }),
  notifications: z.object({
    counts: z.object({ pending: z.int(), dead: z.int() }),
    pending: list(pending),
    dead: list(dead),
    delivered: list(delivered),
  }),
  silences: list(silence),
  scheduler,
})

export const testAnswer = z.object({
  receiver: z.string(),
  status: z.int().meta({ description: 'What the receiver answered with' }),
  body: z.string().meta({ description: 'The beginning of its answer' }),
})
