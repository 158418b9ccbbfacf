import type { Context } from 'hono'
import { Hono } from 'hono'
import type * as z from 'zod'
import type { incident } from '../../incidents/answers.ts'
import { formFields } from '../form-fields.ts'
import type { NoticeName } from './notice.tsx'

/**
 * What the forms of incidents do: the same as the routes of the admin API, through which they go, so that both have
 * the same rules and say the same of mistakes.
 */
export function incidentFormRoutes(api: Hono) {
  const send = sender(api)
  const page = '/admin/pages/incidents'
  const leadTo = (id: string, notice: NoticeName) =>
    `${page}?${new URLSearchParams({ incident: id, notice })}`
  const post = async (c: Context, more: object = {}) => {
    const { text, optional, all } = await fieldsOf(c)
    const answer = await send('POST', '/incidents', {
      title: text('title'),
      message: text('message'),
      stage: optional('stage'),
      severity: optional('severity'),
      monitors: all('monitors'),
      by: optional('by'),
      ...more,
    })
    return (await answer.json()) as z.infer<typeof incident>
  }

  return new Hono()
    .post('/post', async (c) => {
      const posted = await post(c)
      const notice: NoticeName = posted.public ? 'posted' : 'posted-internal'
      return c.redirect(`${page}?notice=${notice}`, 303)
    })
    .post('/publish', async (c) => {
      const { text } = await fieldsOf(c)
      const published = await post(c, { publishes: text('id') })
      return c.redirect(leadTo(published.id, 'published'), 303)
    })
    .post('/update', async (c) => {
      const { text, optional } = await fieldsOf(c)
      const update = { stage: text('stage'), message: text('message'), by: optional('by') }
      const answer = await send('POST', `/incidents/${encodeURIComponent(text('id'))}/updates`, update)
      const updated = (await answer.json()) as z.infer<typeof incident>
      return c.redirect(leadTo(updated.id, updated.public ? 'updated' : 'updated-internal'), 303)
    })
    .post('/amend', async (c) => {
      const { text, all } = await fieldsOf(c)
      const amendment = { title: text('title'), monitors: all('monitors') }
      await send('PATCH', `/incidents/${encodeURIComponent(text('id'))}`, amendment)
      return c.redirect(leadTo(text('id'), 'amended'), 303)
    })
    .post('/withdraw', async (c) => {
      const { text } = await fieldsOf(c)
      await send('DELETE', `/incidents/${encodeURIComponent(text('id'))}`)
      return c.redirect(`${page}?notice=incident-withdrawn`, 303)
    })
}

/** As `incidentFormRoutes`, for maintenance. */
export function maintenanceFormRoutes(api: Hono) {
  const send = sender(api)
  const page = '/admin/pages/monitors'

  return new Hono()
    .post('/announce', async (c) => {
      const { text, all } = await fieldsOf(c)
      await send('POST', '/maintenance', {
        title: text('title'),
        from: utcTime(text('from')),
        to: utcTime(text('to')),
        monitors: all('monitors'),
      })
      return c.redirect(`${page}?notice=announced`, 303)
    })
    .post('/withdraw', async (c) => {
      const { text } = await fieldsOf(c)
      await send('DELETE', `/maintenance/${encodeURIComponent(text('id'))}`)
      return c.redirect(`${page}?notice=withdrawn`, 303)
    })
}

/** Sends to routes of ours. What they throw, the sender throws. */
function sender(api: Hono) {
  const inner = new Hono().route('/', api).onError((error) => {
    throw error
  })
  return async (method: string, path: string, body?: object): Promise<Response> =>
    inner.request(path, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    })
}

/** The fields of the form that was sent. */
async function fieldsOf(c: Context) {
  const fields = await formFields(c)
  const all = (name: string) => fields.get(name) ?? []
  const text = (name: string) => all(name)[0] ?? ''
  return { all, text, optional: (name: string) => text(name).trim() || undefined }
}

/** Such as `2026-11-21T12:03`, as a field of a time has it, in UTC and as the API takes it. */
const utcTime = (entered: string): string => (/T\d\d:\d\d$/.test(entered) ? `${entered}:00Z` : `${entered}Z`)
