import type { Context, MiddlewareHandler } from 'hono'
import { bearerToken, carriesToken } from '../lib/bearer.ts'
import { HttpError } from '../lib/http-error.ts'
import type { Secret } from '../lib/secret.ts'

/** What admin access goes by. */
export interface AdminAuth {
  /** Any of them will do, so that one can be replaced without a gap. None: nobody is let in. */
  readonly tokens: readonly Secret[]
  /** Limits wrong tokens per address. */
  readonly wrongTokenLimit?: RateLimit
}

/** Whether a request carries a valid admin token as `Authorization: Bearer`. */
export const isAdmin = (c: Context, { tokens }: AdminAuth): Promise<boolean> =>
  carriesToken(c.req.header('Authorization'), tokens)

/**
 * Lets only holders of an admin token through. No token configured: 503 that says so. A wrong or missing one: 401,
 * and 429 once an address has sent too many.
 */
export function requireAdmin(auth: AdminAuth): MiddlewareHandler {
  return async function requireAdmin(c, next) {
    if (auth.tokens.length === 0) {
      c.set('statusIsAnswer', true) // how it is configured: no failure, and nobody is paged for it
      throw new HttpError(
        503,
        'admin_disabled',
        'no admin token is configured: wrangler secret put ADMIN_TOKEN',
      )
    }
    if (await isAdmin(c, auth)) {
      await next()
      c.res.headers.set('Cache-Control', 'no-store')
      return
    }
    if (bearerToken(c.req.header('Authorization')) !== undefined && !(await mayTryAgain(c, auth))) {
      throw new HttpError(429, 'too_many_requests', 'too many wrong tokens from this address', {
        headers: { 'Retry-After': '60' },
      })
    }
    throw new HttpError(401, 'unauthorized', 'send a valid admin token as Authorization: Bearer', {
      headers: { 'WWW-Authenticate': 'Bearer realm="edgewatch admin"' },
    })
  }
}

async function mayTryAgain(c: Context, { wrongTokenLimit }: AdminAuth): Promise<boolean> {
  if (!wrongTokenLimit) return true
  try {
    const { success } = await wrongTokenLimit.limit({ key: c.req.header('CF-Connecting-IP') ?? 'unknown' })
    return success
  } catch {
    return true // the limiter being away is no reason for another answer than 401
  }
}
