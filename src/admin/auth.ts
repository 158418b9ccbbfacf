import type { Context, MiddlewareHandler } from 'hono'
import { bearerToken } from '../lib/bearer.ts'
import { HttpError } from '../lib/http-error.ts'
import type { Examined, TokenGuard } from '../lib/token-guard.ts'
import { HOME_PATH } from './return-path.ts'
import type { Session, Sessions } from './sessions.ts'
import { carriesCsrfToken } from './sessions.ts'
import { wantsPage } from './wants-page.ts'

/** What admin access goes by. */
export interface AdminAuthSettings {
  readonly guard: TokenGuard
  readonly sessions: Sessions
}

/** What the routes behind `AdminAuth.required` find on the context. */
export interface AdminVariables {
  /** Undefined for who sent a bearer token. */
  session: Session | undefined
}

/** Methods that change nothing (RFC 9110, 9.2.1). */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Tells who may see and do what only admins may: programs send a bearer token, people have a session. */
export class AdminAuth {
  readonly #settings: AdminAuthSettings

  constructor(settings: AdminAuthSettings) {
    this.#settings = settings
  }

  /** Whether any token is configured. */
  get isEnabled(): boolean {
    return this.#settings.guard.isEnabled
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
      if (!this.isEnabled) throw this.#settings.guard.disabled(c)
      if (sent !== undefined) await this.#settings.guard.require(c, sent)
      else if (session) await requireIntent(c, session)
      else throw this.#settings.guard.unauthorized()
      c.set('session', session)
      await next()
      c.res.headers.set('Cache-Control', 'no-store')
      return undefined
    }
  }

  /** Looks at a token that a request sent, and counts the wrong ones. */
  examine(c: Context, sent: string): Promise<Examined> {
    return this.#settings.guard.examine(c, sent)
  }
}

/** Lets through what changes nothing, and what a page of ours asked for. */
async function requireIntent(c: Context, session: Session): Promise<void> {
  if (SAFE_METHODS.has(c.req.method) || (await carriesCsrfToken(c, session))) return
  throw new HttpError(403, 'csrf_token_missing', "send the session's CSRF token as X-CSRF-Token")
}

function signInPath(c: Context): string {
  const { pathname, search } = new URL(c.req.url)
  const asked = pathname + search
  return asked === HOME_PATH ? '/admin/login' : `/admin/login?to=${encodeURIComponent(asked)}`
}
