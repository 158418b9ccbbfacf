import { Hono } from 'hono'
import * as z from 'zod'
import type { AlertLedgerClient } from '../../alerts/ledger.ts'
import { slug } from '../../config/text.ts'
import type { Clock } from '../../lib/clock.ts'
import { parseDurationMs } from '../../lib/duration.ts'
import { validate } from '../../lib/validation.ts'
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

/** What the forms of the alerts page do. Each leads back to the page, which says what came of it. */
export function alertFormRoutes(
  ledger: () => Pick<AlertLedgerClient, 'acknowledge' | 'silence' | 'unsilence'>,
  clock: Clock,
) {
  const back = (notice: NoticeName) => `/admin/pages/alerts?notice=${notice}`

  return new Hono()
    .post('/acknowledge', validate('form', acknowledgement), async (c) => {
      const { alert, by, note } = c.req.valid('form')
      const incident = await ledger().acknowledge(alert, { by, note })
      return c.redirect(back(incident ? 'acknowledged' : 'not-firing'), 303)
    })
    .post('/silence', validate('form', silence), async (c) => {
      const { alert, reason, by, for: duration } = c.req.valid('form')
      await ledger().silence({
        matcher: { alert },
        untilMs: clock() + (parseDurationMs(duration) ?? 0),
        reason,
        ...(by && { by }),
      })
      return c.redirect(back('silenced'), 303)
    })
    .post('/unsilence', validate('form', end), async (c) => {
      const ended = await ledger().unsilence(c.req.valid('form').id)
      return c.redirect(back(ended ? 'unsilenced' : 'no-silence'), 303)
    })
}
