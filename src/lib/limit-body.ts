import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HttpError } from './http-error.ts'

/** Refuses a body that is longer than so many bytes with 413, and one that breaks off while it is measured with 400. */
export function limitBody(maxBytes: number): MiddlewareHandler {
  const limit = bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw new HttpError(413, 'too_large', `the body is larger than ${maxBytes} bytes`)
    },
  })
  return async (c, next) => {
    let isMeasured = false
    try {
      return await limit(c, () => {
        isMeasured = true
        return next()
      })
    } catch (error) {
      throw isMeasured || error instanceof HttpError ? error : incompleteBody()
    }
  }
}

/** The answer to a body that breaks off: whoever sent it went away, which is no failure of ours. */
export const incompleteBody = (): HttpError =>
  new HttpError(400, 'incomplete_body', 'the body ended before all of it had come')
