import { Hono } from 'hono'
import type * as z from 'zod'
import { SEVERITIES } from '../config/severity.ts'
import type { Clock } from '../lib/clock.ts'
import { DAY_MS } from '../lib/clock.ts'
import { parseDurationMs } from '../lib/duration.ts'
import { HttpError, wrongField } from '../lib/http-error.ts'
import { lazySchema, type Zod } from '../lib/lazy-schema.ts'
import { nearest } from '../lib/nearest.ts'
import { durationText, labelNameText, lineText, multilineText, slugText } from '../lib/request-text.ts'
import type { Result } from '../lib/result.ts'
import { validate } from '../lib/validation.ts'
import type { testAnswer } from './answers.ts'
import {
  activeJson,
  deadJson,
  deliveredJson,
  incidentJson,
  pendingJson,
  ruleJson,
  schedulerJson,
  silenceJson,
} from './json.ts'
import type { AlertLedgerClient, SilenceResult } from './ledger.ts'

const note = (z: Zod) => multilineText(z, 500)
const person = (z: Zod) => lineText(z, 100)
/** The most characters in a silence's labels, names and values together: the dashboard shows them all. */
const MAX_LABELS_LENGTH = 1_000

const MAX_SILENCE_MS = 366 * DAY_MS

const acknowledgement = lazySchema((z) =>
  z.strictObject({ by: person(z).optional(), note: note(z).optional() }),
)

const testRequest = lazySchema((z) => z.strictObject({ receiver: slugText(z) }))

const silenceRequest = lazySchema((z) =>
  z
    .strictObject({
      alert: slugText(z).optional(),
      severity: z.enum(SEVERITIES).optional(),
      labels: z
        .record(labelNameText(z), lineText(z, 200).or(z.literal('')))
        .refine((labels) => Object.keys(labels).length <= 20, { error: 'at most 20 labels' })
        .refine((labels) => Object.entries(labels).flat().join('').length <= MAX_LABELS_LENGTH, {
          error: `at most ${MAX_LABELS_LENGTH} characters in all`,
        })
        .optional(),
      /** When it ends: this or `for`. */
      until: z.iso.datetime({ offset: true }).optional(),
      for: durationText(z).optional(),
      reason: note(z),
      by: person(z).optional(),
    })
    .superRefine((request, context) => {
      const mistake = (field: string, message: string) =>
        context.addIssue({ code: 'custom', path: [field], message, input: request })
      if (!request.alert && !request.severity && Object.keys(request.labels ?? {}).length === 0) {
        mistake('alert', 'name what to silence: alert, severity or labels')
      }
      if ((request.until === undefined) === (request.for === undefined)) {
        mistake('until', 'say when it ends: until or for, one of them')
      }
    }),
)

/** What the routes use. `ledger` is asked once per request, for a stub belongs to one. */
export interface AlertRoutesSettings {
  readonly ledger: () => AlertLedgerClient
  /** The ids of all alerts that there may be. */
  readonly alerts: readonly string[]
  readonly clock: Clock
}

/** The silence that was added. A refusal becomes a 409. */
export function silenced(result: Result<SilenceResult>): SilenceResult {
  if (result.ok) return result.value
  throw new HttpError(409, 'conflict', result.error.message)
}

/** Alerts and silences for the admin; to be mounted under `/admin`, behind its authentication. */
export function alertRoutes({ ledger, alerts, clock }: AlertRoutesSettings) {
  const unknown = (id: string) =>
    `there is no such alert; the nearest are ${nearest(id, alerts, 3).join(', ')}`
  return new Hono()
    .get('/alerts', async (c) => {
      const { active, rules, notifications, scheduler, resolved, outbox, silences } =
        await ledger().overview()
      return c.json({
        active: active.map(activeJson),
        rules: rules.map(ruleJson),
        resolved: resolved.map(incidentJson),
        notifications: {
          counts: notifications,
          pending: outbox.pending.map(pendingJson),
          dead: outbox.dead.map(deadJson),
          delivered: outbox.delivered.map(deliveredJson),
        },
        silences: silences.map(silenceJson),
        scheduler: schedulerJson(scheduler),
      })
    })
    .post('/alerts/test', validate('json', testRequest), async (c) => {
      const { receiver } = c.req.valid('json')
      const answer = await ledger().test(receiver)
      if (!answer) throw wrongField('receiver', 'no receiver of this name is configured')
      if (!answer.ok) throw new HttpError(502, 'receiver_failed', `${receiver}: ${answer.error.message}`)
      const { status, body } = answer.value
      return c.json({ receiver, status, body } satisfies z.infer<typeof testAnswer>)
    })
    .post('/alerts/:id/acknowledge', validate('json', acknowledgement), async (c) => {
      const id = c.req.param('id')
      const incident = await ledger().acknowledge(id, c.req.valid('json'))
      if (!incident) {
        const message = alerts.includes(id) ? `${id} does not fire` : `${id}: ${unknown(id)}`
        throw new HttpError(404, 'not_found', message)
      }
      return c.json(incidentJson(incident))
    })
    .get('/silences', async (c) => {
      const silences = await ledger().listSilences()
      return c.json({
        silences: silences.map(({ silence, matches }) => ({ ...silenceJson(silence), matches })),
      })
    })
    .post('/silences', validate('json', silenceRequest), async (c) => {
      const { until, for: forText, reason, by, alert, severity, labels } = c.req.valid('json')
      const now = clock()
      const untilMs = until === undefined ? now + (parseDurationMs(forText ?? '') ?? 0) : Date.parse(until)
      if (untilMs <= now) throw wrongField('until', 'a time that has passed')
      if (untilMs - now > MAX_SILENCE_MS) {
        throw wrongField(until === undefined ? 'for' : 'until', 'at most a year (366 days) from now')
      }
      if (alert !== undefined && !alerts.includes(alert)) throw wrongField('alert', unknown(alert))
      const { silence, matches } = silenced(
        await ledger().silence({
          matcher: { ...(alert && { alert }), ...(severity && { severity }), ...(labels && { labels }) },
          untilMs,
          reason,
          ...(by && { by }),
        }),
      )
      return c.json({ ...silenceJson(silence), matches }, 201)
    })
    .delete('/silences/:id', async (c) => {
      if (await ledger().unsilence(c.req.param('id'))) return c.body(null, 204)
      throw new HttpError(404, 'not_found', 'no such silence')
    })
}
