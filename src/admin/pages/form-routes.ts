import type { MiddlewareHandler } from 'hono'
import { Hono } from 'hono'
import type { ZodType } from 'zod'
import { silenced } from '../../alerts/routes.ts'
import { parseDurationMs } from '../../lib/duration.ts'
import { HttpError } from '../../lib/http-error.ts'
import { lazySchema, type Zod } from '../../lib/lazy-schema.ts'
import { lineText, multilineText, slugText } from '../../lib/request-text.ts'
import { validate } from '../../lib/validation.ts'
import { groupLabels } from '../../push/model.ts'
import { formFields } from '../form-fields.ts'
import { wantsPage } from '../wants-page.ts'
import { incidentFormRoutes, maintenanceFormRoutes } from './incident-form-routes.ts'
import type { NoticeName } from './notice.tsx'
import type { PageHandler, PageSources, PageVariables } from './page-kit.tsx'
import { SILENCE_TIMES } from './silences.tsx'

/** A field that was left empty is not there. */
const optional = (z: Zod, text: ZodType<string, string>) =>
  z
    .string()
    .trim()
    .transform((entered) => entered || undefined)
    .pipe(text.optional())
    .optional()

const acknowledgement = lazySchema((z) =>
  z.object({
    alert: slugText(z),
    by: optional(z, lineText(z, 100)),
    note: optional(z, multilineText(z, 500)),
  }),
)

const silence = lazySchema((z) =>
  z.object({
    alert: slugText(z),
    for: z.enum(SILENCE_TIMES.map(([value]) => value)),
    reason: multilineText(z, 500),
    by: optional(z, lineText(z, 100)),
  }),
)

const end = lazySchema((z) => z.object({ id: z.string().min(1).max(100) }))

const group = lazySchema((z) =>
  z.object({
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
  }),
)

/** The pages that have forms. */
export type PagesWithForms = Readonly<
  Record<'alerts' | 'incidents' | 'monitors' | 'business' | 'pushed', PageHandler>
>

/** What the forms of the pages do. Each leads back to its page, which says what came of it. */
export function formRoutes(sources: PageSources, pages: PagesWithForms) {
  const { ledger, pushed, business, clock } = sources
  const back = (page: keyof PagesWithForms, notice: NoticeName) => `/admin/pages/${page}?notice=${notice}`

  const routes = new Hono<{ Variables: PageVariables }>()
  for (const [name, page] of Object.entries(pages)) routes.use(`/${name}/*`, showAgain(page))
  return routes
    .post('/alerts/acknowledge', validate('form', acknowledgement), async (c) => {
      const { alert, by, note } = c.req.valid('form')
      const incident = await ledger().acknowledge(alert, { by, note })
      return c.redirect(back('alerts', incident ? 'acknowledged' : 'not-firing'), 303)
    })
    .post('/alerts/silence', validate('form', silence), async (c) => {
      const { alert, reason, by, for: duration } = c.req.valid('form')
      silenced(
        await ledger().silence({
          matcher: { alert },
          untilMs: clock() + (parseDurationMs(duration) ?? 0),
          reason,
          ...(by && { by }),
        }),
      )
      return c.redirect(back('alerts', 'silenced'), 303)
    })
    .post('/alerts/unsilence', validate('form', end), async (c) => {
      const ended = await ledger().unsilence(c.req.valid('form').id)
      return c.redirect(back('alerts', ended ? 'unsilenced' : 'no-silence'), 303)
    })
    .route('/incidents', incidentFormRoutes(sources.api))
    .route('/monitors', maintenanceFormRoutes(sources.api))
    .post('/business/refresh', async (c) => {
      const overview = await business?.queue().refresh()
      const asked = overview?.report !== undefined && overview.problem === undefined
      return c.redirect(back('business', asked ? 'business-asked' : 'business-not-asked'), 303)
    })
    .post('/pushed/delete', validate('form', group), async (c) => {
      const deleted = await pushed().remove(groupLabels(c.req.valid('form').labels))
      return c.redirect(back('pushed', deleted ? 'group-deleted' : 'no-group'), 303)
    })
}

/** Shows people the page with their form again, where what they sent could not be carried out. */
const showAgain =
  (page: PageHandler): MiddlewareHandler<{ Variables: PageVariables }> =>
  async (c, next) => {
    await next()
    const { error } = c
    if (!(error instanceof HttpError) || ![400, 404, 409].includes(error.status) || !wantsPage(c)) return
    const fields = await formFields(c)
    const mistakes = error.details.map(({ field, message }) => ({
      field,
      message: fields.get(field)?.every((text) => text.trim() === '') ? 'it is empty' : message,
    }))
    const [first] = mistakes
    c.set('sent', {
      form: fields.get('form')?.[0],
      fields,
      message: first ? `${first.field}: ${first.message}` : error.message,
      mistakes,
    })
    c.status(error.status as 400)
    c.res = await page(c)
  }
