import { Hono } from 'hono'
import * as z from 'zod'
import type { AlertLedgerClient } from '../../alerts/ledger.ts'
import { slug } from '../../config/text.ts'
import type { Clock } from '../../lib/clock.ts'
import { parseDurationMs } from '../../lib/duration.ts'
import { validate } from '../../lib/validation.ts'
import type { PushStoreClient } from '../../push/client.ts'
import { groupLabels } from '../../push/model.ts'
import type { NoticeName } from './forms.tsx'

/** A field that was left empty is not there. */
const optionalText = (maxLength: number) =>
  z
    .string()
    .trim()
    .max(maxLength)
    .transform((text) => text || undefined)
    .optional()

const acknowledgement = z.object({ alert: slug, by: optionalText(100), note: optionalText(500) })

const silence = z.object({
  alert: slug,
  for: z.enum(['30m', '1h', '4h', '24h', '7d']),
  reason: z.string().trim().min(1).max(500),
  by: optionalText(100),
})

const end = z.object({ id: z.string().min(1).max(100) })

const group = z.object({
  labels: z
    .string()
    .max(10_000)
    .transform((text, context) => {
      try {
        return z.record(z.string(), z.string()).parse(JSON.parse(text))
      } catch {
        context.addIssue({ code: 'custom', message: 'labels as JSON', input: text })
        return z.NEVER
      }
    }),
})

/** What the forms act on. */
export interface FormSources {
  readonly ledger: () => Pick<AlertLedgerClient, 'acknowledge' | 'silence' | 'unsilence'>
  readonly pushed: () => Pick<PushStoreClient, 'remove'>
  readonly clock: Clock
}

/** What the forms of the pages do. Each leads back to its page, which says what came of it. */
export function formRoutes({ ledger, pushed, clock }: FormSources) {
  const back = (page: 'alerts' | 'pushed', notice: NoticeName) => `/admin/pages/${page}?notice=${notice}`

  return new Hono()
    .post('/alerts/acknowledge', validate('form', acknowledgement), async (c) => {
      const { alert, by, note } = c.req.valid('form')
      const incident = await ledger().acknowledge(alert, { by, note })
      return c.redirect(back('alerts', incident ? 'acknowledged' : 'not-firing'), 303)
    })
    .post('/alerts/silence', validate('form', silence), async (c) => {
      const { alert, reason, by, for: duration } = c.req.valid('form')
      await ledger().silence({
        matcher: { alert },
        untilMs: clock() + (parseDurationMs(duration) ?? 0),
        reason,
        ...(by && { by }),
      })
      return c.redirect(back('alerts', 'silenced'), 303)
    })
    .post('/alerts/unsilence', validate('form', end), async (c) => {
      const ended = await ledger().unsilence(c.req.valid('form').id)
      return c.redirect(back('alerts', ended ? 'unsilenced' : 'no-silence'), 303)
    })
    .post('/pushed/delete', validate('form', group), async (c) => {
      const deleted = await pushed().remove(groupLabels(c.req.valid('form').labels))
      return c.redirect(back('pushed', deleted ? 'group-deleted' : 'no-group'), 303)
    })
}
