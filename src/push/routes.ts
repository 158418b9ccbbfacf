import type { Context } from 'hono'
import { Hono } from 'hono'
import type * as z from 'zod'
import { answered } from '../lib/answered.ts'
import { isoTime } from '../lib/clock.ts'
import { HttpError } from '../lib/http-error.ts'
import { lazySchema } from '../lib/lazy-schema.ts'
import { validate } from '../lib/validation.ts'
import type * as answers from './answers.ts'
import type { PushStoreClient } from './client.ts'
import { parseGroupingPath } from './grouping-path.ts'
import { accepted, bodyOf, largeBody, type PushRoutesSettings, UNAVAILABLE } from './http.ts'
import type { GroupLabels, Refusable } from './model.ts'
import { groupLabels } from './model.ts'
import { otlpRoutes } from './otlp/routes.ts'
import { countPushes } from './outcomes.ts'
import type { GroupSummary } from './store.ts'

/** The paths that take larger bodies than others. */
export const isPushPath = (path: string): boolean =>
  /^\/(metrics\/job(@base64)?(\/|$)|v1\/metrics$)/.test(path)

/**
 * Pushgateway's API, and OTLP. Refusals are thrown as `HttpError`s.
 * @see https://github.com/prometheus/pushgateway#api
 */
export function pushRoutes(settings: PushRoutesSettings): Hono {
  const { store, guard, log } = settings
  const routes = new Hono()
  for (const path of ['/metrics/job/*', '/metrics/job@base64/*']) {
    routes.on(['PUT', 'POST'], path, countPushes('pushgateway', settings))
    routes.on(['PUT', 'POST', 'DELETE'], path, guard.required, largeBody)
    routes.on(['PUT', 'POST'], path, async (c) => {
      const labels = accepted(groupOf(c))
      const push = { labels, replace: c.req.method === 'PUT', ...(await bodyOf(c)) }
      accepted(await answered(store().push(push), UNAVAILABLE, log))
      return c.body(null, 200)
    })
    routes.delete(path, async (c) => {
      await answered(store().remove(accepted(groupOf(c))), UNAVAILABLE, log)
      return c.body(null, 202)
    })
  }
  routes.route('/v1/metrics', otlpRoutes(settings))
  return routes
}

const deletion = lazySchema((z) => z.object({ job: z.string().min(1) }).catchall(z.string()))

/** Pushed groups for the admin; to be mounted under `/admin`, behind its authentication. */
export function pushedRoutes(store: () => PushStoreClient) {
  return new Hono()
    .get('/pushed', async (c) => c.json({ groups: (await store().list()).map(groupJson) }))
    .delete('/pushed', validate('query', deletion), async (c) => {
      if (await store().remove(groupLabels(c.req.valid('query')))) return c.body(null, 204)
      throw new HttpError(404, 'not_found', 'no group has exactly these labels')
    })
}

function groupJson({
  labels,
  pushedAtMs,
  failedAtMs,
  expiresAtMs,
  metrics,
}: GroupSummary): z.infer<typeof answers.group> {
  return {
    labels,
    pushed_at: isoTime(pushedAtMs),
    failed_at: isoTime(failedAtMs),
    expires_at: isoTime(expiresAtMs),
    samples: metrics.reduce((sum, { samples }) => sum + samples, 0),
    metrics,
  }
}

const groupOf = (c: Context): Refusable<GroupLabels> => parseGroupingPath(new URL(c.req.url).pathname)
