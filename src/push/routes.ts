import type { Context } from 'hono'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import * as z from 'zod'
import { SECOND_MS } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import { HttpError } from '../lib/http-error.ts'
import type { TokenGuard } from '../lib/token-guard.ts'
import { validate } from '../lib/validation.ts'
import type { Logger } from '../logging/model.ts'
import { MAX_BODY_BYTES } from './body.ts'
import type { PushStoreClient } from './client.ts'
import { parseGroupingPath } from './grouping-path.ts'
import type { GroupLabels, Refusable, Refusal } from './model.ts'
import { groupLabels } from './model.ts'
import type { GroupSummary, PushedBody } from './store.ts'

/** What the routes use. */
export interface PushRoutesSettings {
  /** Asked once per request, for a stub belongs to one. */
  readonly store: () => PushStoreClient
  readonly guard: TokenGuard
  readonly log: Logger
}

const STORE_TIMEOUT_MS = 10 * SECOND_MS

const STATUS: Readonly<Record<Refusal['code'], number>> = {
  invalid_push: 400,
  inconsistent_push: 400,
  too_many_series: 413,
  too_large: 413,
  unsupported_media_type: 415,
}

/** The paths that take larger bodies than others. */
export const isPushPath = (path: string): boolean => /^\/metrics\/job(@base64)?(\/|$)/.test(path)

/**
 * Pushgateway's API. Refusals are thrown as `HttpError`s.
 * @see https://github.com/prometheus/pushgateway#api
 */
export function pushRoutes({ store, guard, log }: PushRoutesSettings): Hono {
  const routes = new Hono()
  for (const path of ['/metrics/job/*', '/metrics/job@base64/*']) {
    routes.on(['PUT', 'POST', 'DELETE'], path, guard.required, largeBody)
    routes.on(['PUT', 'POST'], path, async (c) => {
      const labels = accepted(groupOf(c))
      const push = { labels, replace: c.req.method === 'PUT', ...(await bodyOf(c)) }
      accepted(await answered(store().push(push), log))
      return c.body(null, 200)
    })
    routes.delete(path, async (c) => {
      await answered(store().remove(accepted(groupOf(c))), log)
      return c.body(null, 202)
    })
  }
  return routes
}

const deletion = z.object({ job: z.string().min(1) }).catchall(z.string())

/** Pushed groups for the admin; to be mounted under `/admin`, behind its authentication. */
export function pushedRoutes(store: () => PushStoreClient) {
  return new Hono()
    .get('/pushed', async (c) => c.json({ groups: (await store().list()).map(groupJson) }))
    .delete('/pushed', validate('query', deletion), async (c) => {
      if (await store().remove(groupLabels(c.req.valid('query')))) return c.body(null, 204)
      throw new HttpError(404, 'not_found', 'no group has exactly these labels')
    })
}

function groupJson({ labels, pushedAtMs, failedAtMs, expiresAtMs, metrics }: GroupSummary) {
  const time = (atMs: number | undefined) => (atMs === undefined ? null : new Date(atMs).toISOString())
  return {
    labels,
    pushed_at: time(pushedAtMs),
    failed_at: time(failedAtMs),
    expires_at: time(expiresAtMs),
    samples: metrics.reduce((sum, { samples }) => sum + samples, 0),
    metrics,
  }
}

/** Lets a body of 4 MiB through. */
export const largeBody = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: () => {
    throw new HttpError(413, 'too_large', `the body is larger than ${MAX_BODY_BYTES} bytes`)
  },
})

const groupOf = (c: Context): Refusable<GroupLabels> => parseGroupingPath(new URL(c.req.url).pathname)

/** The body of a request, for the store to read. */
export async function bodyOf({ req }: Context): Promise<PushedBody> {
  return {
    bytes: await req.arrayBuffer(),
    contentType: req.header('Content-Type') ?? '',
    contentEncoding: req.header('Content-Encoding') ?? '',
  }
}

/** What a refusable gives. @throws HttpError for a refusal */
export function accepted<T>(outcome: Refusable<T>): T {
  if (outcome.ok) return outcome.value
  const { code, message } = outcome.error
  throw new HttpError(STATUS[code], code, message)
}

/** What the store gives. @throws HttpError 503 where it fails or is slow */
export async function answered<T>(answer: Promise<T>, log: Logger): Promise<T> {
  try {
    const result = await within(STORE_TIMEOUT_MS, answer)
    if (result.ok) return result.value
    log.warn('push_store_timed_out', { timeout_ms: STORE_TIMEOUT_MS })
  } catch (error) {
    log.error('push_store_failed', { error })
  }
  throw new HttpError(503, 'push_unavailable', 'pushes are not taken at the moment', {
    headers: { 'Retry-After': '5' },
  })
}
