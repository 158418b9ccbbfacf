import type { Context } from 'hono'
import type { Unavailable } from '../lib/answered.ts'
import { SECOND_MS } from '../lib/clock.ts'
import { HttpError } from '../lib/http-error.ts'
import { incompleteBody, limitBody } from '../lib/limit-body.ts'
import type { TokenGuard } from '../lib/token-guard.ts'
import type { Logger } from '../logging/model.ts'
import type { PushedBody } from './body.ts'
import { MAX_BODY_BYTES } from './body.ts'
import type { PushStoreClient } from './client.ts'
import type { Refusable, Refusal } from './model.ts'
import type { PushCounts } from './outcomes.ts'

/** What the routes use. */
export interface PushRoutesSettings extends PushCounts {
  /** Asked once per request, for a stub belongs to one. */
  readonly store: () => PushStoreClient
  readonly guard: TokenGuard
  readonly log: Logger
}

/** The response when the store fails or is slow. */
export const UNAVAILABLE: Unavailable = {
  timeoutMs: 10 * SECOND_MS,
  object: 'push_store',
  code: 'push_unavailable',
  message: 'pushes are temporarily unavailable',
}

const STATUS: Readonly<Record<Refusal['code'], number>> = {
  invalid_push: 400,
  inconsistent_push: 400,
  too_many_series: 413,
  too_large: 413,
  unsupported_media_type: 415,
}

/** Lets a body of 4 MiB through. */
export const largeBody = limitBody(MAX_BODY_BYTES)

/** The body of a request, for the store to read. @throws HttpError 400 where it breaks off */
export async function bodyOf({ req }: Context): Promise<PushedBody> {
  const bytes = await req.arrayBuffer().catch(() => {
    throw incompleteBody()
  })
  return {
    bytes,
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
