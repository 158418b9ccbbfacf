import type { Context, MiddlewareHandler } from 'hono'
import { accepts } from 'hono/accepts'
import { bearerToken, matchingToken } from '../lib/bearer.ts'
import type { Clock } from '../lib/clock.ts'
import { MINUTE_MS } from '../lib/clock.ts'
import { HttpError } from '../lib/http-error.ts'
import type { Secret } from '../lib/secret.ts'
import { HOME_PATH } from './return-path.ts'
import type { Session, Sessions } from './sessions.ts'
import { carriesCsrfToken } from './sessions.ts'

/** What admin access goes by. */
export interface AdminAuthSettings {
  /** Any of them will do, so that one can be replaced without a gap. None: nobody is let in. */
  readonly tokens: readonly Secret[]
  /** How many wrong tokens an address may send; without it, as many as it likes. */
  readonly wrongTokenLimit?: RateLimit
  readonly sessions: Sessions
  readonly clock: Clock
}

/** What came of looking at a token: the valid one, or why there is none. */
export type Examined = Secret | 'blocked' | 'wrong'

/** What the routes behind `AdminAuth.required` find on the context. */
export interface AdminVariables {
  /** Undefined for who sent a bearer token. */
  session: Session | undefined
}

/** For how long an address that sent too many wrong tokens is not examined. */
export const BLOCKED_MS = MINUTE_MS
/** Addresses that are remembered; an attack from more is the platform's to stop. */
const MAX_BLOCKED = 1000
/** Methods that change nothing (RFC 9110, 9.2.1). */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Tells who may see and do what only admins may: programs send a bearer token, people have a session. An address
 * that sent too many wrong tokens is not examined for a minute, not even with the right one: else it could go on
 * guessing. It is remembered per isolate.
 */
export class AdminAuth {
  readonly #settings: AdminAuthSettings
  readonly #blockedUntilMs = new Map<string, number>()

  constructor(settings: AdminAuthSettings) {
    this.#settings = settings
  }

  /** Whether any token is configured. */
  get isEnabled(): boolean {
    return this.#settings.tokens.length > 0
  }

  /** Whether a request carries a valid admin token as `Authorization: Bearer`, or a session. */
  async isAdmin(c: Context): Promise<boolean> {
    if (!this.isEnabled) return false
    const sent = bearerToken(c.req.header('Authorization'))
    if (sent === undefined) return (await this.#settings.sessions.of(c)) !== undefined
    return typeof (await this.examine(c, sent)) === 'object'
  }

  /**
   * Lets only admins through. No token configured: 503 that says so. A wrong or missing one: 401, and 429 once an
   * address has sent too many. Browsers are sent to where people sign in. What changes something on behalf of a
   * session must carry its CSRF token: else 403.
   */
  get required(): MiddlewareHandler<{ Variables: AdminVariables }> {
    return async (c, next) => {
      const sent = bearerToken(c.req.header('Authorization'))
      const session = sent === undefined && this.isEnabled ? await this.#settings.sessions.of(c) : undefined
      if (sent === undefined && !session && c.req.method === 'GET' && wantsPage(c)) {
        c.header('Cache-Control', 'no-store')
        c.header('Vary', 'Accept')
        return c.redirect(signInPath(c), 303)
      }
      if (!this.isEnabled) throw adminDisabled(c)
      if (sent !== undefined) await this.#requireToken(c, sent)
      else if (session) await requireIntent(c, session)
      else throw unauthorized()
      c.set('session', session)
      await next()
      c.res.headers.set('Cache-Control', 'no-store')
      return undefined
    }
  }

  /** Looks at a token that a request sent, and counts the wrong ones. */
  async examine(c: Context, sent: string): Promise<Examined> {
    const { tokens, clock } = this.#settings
    const address = c.req.header('CF-Connecting-IP') ?? 'unknown'
    if (clock() < (this.#blockedUntilMs.get(address) ?? 0)) return 'blocked'
    const token = await matchingToken(sent, tokens)
    if (token) return token
    if (await this.#mayTryAgain(address)) return 'wrong'
    if (this.#blockedUntilMs.size >= MAX_BLOCKED) this.#blockedUntilMs.clear()
    this.#blockedUntilMs.set(address, clock() + BLOCKED_MS)
    return 'blocked'
  }

  async #requireToken(c: Context, sent: string): Promise<void> {
    const examined = await this.examine(c, sent)
    if (examined === 'wrong') throw unauthorized()
    if (examined !== 'blocked') return
    throw new HttpError(429, 'too_many_requests', 'too many wrong tokens from this address', {
      headers: { 'Retry-After': String(BLOCKED_MS / 1000) },
    })
  }

  async #mayTryAgain(address: string): Promise<boolean> {
    try {
      return (await this.#settings.wrongTokenLimit?.limit({ key: address }))?.success ?? true
    } catch {
      return true // the limiter being away is no reason for another answer than 401
    }
  }
}

/** Lets through what changes nothing, and what a page of ours asked for. */
async function requireIntent(c: Context, session: Session): Promise<void> {
  if (SAFE_METHODS.has(c.req.method) || (await carriesCsrfToken(c, session))) return
  throw new HttpError(403, 'csrf_token_missing', "send the session's CSRF token as X-CSRF-Token")
}

const unauthorized = () =>
  new HttpError(401, 'unauthorized', 'send a valid admin token as Authorization: Bearer', {
    headers: { 'WWW-Authenticate': 'Bearer realm="edgewatch admin"' },
  })

function adminDisabled(c: Context): HttpError {
  c.set('statusIsAnswer', true) // how it is configured: no failure, and nobody is paged for it
  const message = 'no admin token is configured: wrangler secret put ADMIN_TOKEN'
  return new HttpError(503, 'admin_disabled', message)
}

const wantsPage = (c: Context): boolean =>
  accepts(c, {
    header: 'Accept',
    supports: ['application/json', 'text/html'],
    default: 'application/json',
  }) === 'text/html'

function signInPath(c: Context): string {
  const { pathname, search } = new URL(c.req.url)
  const asked = pathname + search
  return asked === HOME_PATH ? '/admin/login' : `/admin/login?to=${encodeURIComponent(asked)}`
}
