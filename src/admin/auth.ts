import type { Context, MiddlewareHandler } from 'hono'
import { bearerToken, carriesToken } from '../lib/bearer.ts'
import type { Clock } from '../lib/clock.ts'
import { MINUTE_MS } from '../lib/clock.ts'
import { HttpError } from '../lib/http-error.ts'
import type { Secret } from '../lib/secret.ts'

/** What admin access goes by. */
export interface AdminAuthSettings {
  /** Any of them will do, so that one can be replaced without a gap. None: nobody is let in. */
  readonly tokens: readonly Secret[]
  /** How many wrong tokens an address may send; without it, as many as it likes. */
  readonly wrongTokenLimit?: RateLimit
  readonly clock: Clock
}

const BLOCKED_MS = MINUTE_MS
/** Addresses that are remembered; an attack from more is the platform's to stop. */
const MAX_BLOCKED = 1000

/**
 * Tells who may see and do what only admins may. An address that sent too many wrong tokens is not examined for a
 * minute, not even with the right one: else it could go on guessing. It is remembered per isolate.
 */
export class AdminAuth {
  readonly #settings: AdminAuthSettings
  readonly #blockedUntilMs = new Map<string, number>()

  constructor(settings: AdminAuthSettings) {
    this.#settings = settings
  }

  /** Whether a request carries a valid admin token as `Authorization: Bearer`. */
  async isAdmin(c: Context): Promise<boolean> {
    return (await this.#examine(c)) === 'admin'
  }

  /**
   * Lets only admins through. No token configured: 503 that says so. A wrong or missing one: 401, and 429 once an
   * address has sent too many.
   */
  get required(): MiddlewareHandler {
    return async (c, next) => {
      if (this.#settings.tokens.length === 0) {
        c.set('statusIsAnswer', true) // how it is configured: no failure, and nobody is paged for it
        throw new HttpError(
          503,
          'admin_disabled',
          'no admin token is configured: wrangler secret put ADMIN_TOKEN',
        )
      }
      switch (await this.#examine(c)) {
        case 'admin':
          await next()
          c.res.headers.set('Cache-Control', 'no-store')
          return
        case 'blocked':
          throw new HttpError(429, 'too_many_requests', 'too many wrong tokens from this address', {
            headers: { 'Retry-After': String(BLOCKED_MS / 1000) },
          })
        default:
          throw new HttpError(401, 'unauthorized', 'send a valid admin token as Authorization: Bearer', {
            headers: { 'WWW-Authenticate': 'Bearer realm="edgewatch admin"' },
          })
      }
    }
  }

  async #examine(c: Context): Promise<'admin' | 'blocked' | 'stranger'> {
    const { tokens, clock } = this.#settings
    const authorization = c.req.header('Authorization')
    if (tokens.length === 0 || bearerToken(authorization) === undefined) return 'stranger'
    const address = c.req.header('CF-Connecting-IP') ?? 'unknown'
    if (clock() < (this.#blockedUntilMs.get(address) ?? 0)) return 'blocked'
    if (await carriesToken(authorization, tokens)) return 'admin'
    if (await this.#mayTryAgain(address)) return 'stranger'
    if (this.#blockedUntilMs.size >= MAX_BLOCKED) this.#blockedUntilMs.clear()
    this.#blockedUntilMs.set(address, clock() + BLOCKED_MS)
    return 'blocked'
  }

  async #mayTryAgain(address: string): Promise<boolean> {
    try {
      return (await this.#settings.wrongTokenLimit?.limit({ key: address }))?.success ?? true
    } catch {
      return true // the limiter being away is no reason for another answer than 401
    }
  }
}
