import type { MiddlewareHandler } from 'hono'
import { within } from './deadline.ts'
import { HttpError } from './http-error.ts'

/**
 * Answers 504 if a handler takes longer than `timeoutMs`. Replaces `hono/timeout`, which creates an Error when it is
 * imported: V8 then collects the source positions of the whole bundle, at each start of the Worker.
 */
export const timeLimit =
  (timeoutMs: number): MiddlewareHandler =>
  async (_, next) => {
    const outcome = await within(timeoutMs, next())
    if (!outcome.ok) throw new HttpError(504, 'timeout', 'This took too long. Try again.')
  }
