import type { Context, MiddlewareHandler } from 'hono'
import { basicPassword, bearerToken, matchingToken } from './bearer.ts'
import { networkOf } from './client-network.ts'
import type { Clock } from './clock.ts'
import { MINUTE_MS } from './clock.ts'
import { HttpError } from './http-error.ts'
import type { Secret } from './secret.ts'

/** What a guard goes by. */
export interface TokenGuardSettings {
  /** What the tokens are for: as they are called in answers, and with `_TOKEN` in the environment. */
  readonly purpose: 'admin' | 'heartbeat' | 'ingest' | 'metrics'
  /** Any of them will do, so that one can be replaced without a gap. None: nobody is let in. */
  readonly tokens: readonly Secret[]
  /** How many wrong tokens a client network may send; unlimited if undefined. */
  readonly wrongTokenLimit?: RateLimit
  /** Whether a token may also come as the password of Basic authentication, under any name: more clients send that. */
  readonly takesPasswords?: boolean
  readonly clock: Clock
}

/** What came of looking at a token: the valid one, or why there is none. */
export type Examined = Secret | 'blocked' | 'wrong'

/** How long a network that sent too many wrong tokens is refused. */
export const BLOCKED_MS = MINUTE_MS
/** How many networks are remembered; stopping larger attacks is up to the platform. */
const MAX_BLOCKED = 1000

/**
 * Checks tokens. A client network (`networkOf`) that sent too many wrong ones is refused for a minute, even with the right
 * one: otherwise it could go on guessing. Each isolate remembers this for itself.
 */
export class TokenGuard {
  readonly #settings: TokenGuardSettings
  readonly #blockedUntilMs = new Map<string, number>()

  constructor(settings: TokenGuardSettings) {
    this.#settings = settings
  }

  /** Whether any token is configured. */
  get isEnabled(): boolean {
    return this.#settings.tokens.length > 0
  }

  /** Lets only those through who send a token. Without any configured: 503 that says so. */
  get required(): MiddlewareHandler {
    return async (c, next) => {
      if (!this.isEnabled) throw this.disabled(c)
      const authorization = c.req.header('Authorization')
      const password = this.#settings.takesPasswords ? basicPassword(authorization) : undefined
      const sent = password ?? bearerToken(authorization)
      if (sent === undefined) throw this.unauthorized()
      await this.require(c, sent)
      await next()
      c.res.headers.set('Cache-Control', 'no-store')
    }
  }

  /** Looks at a token that a request sent, and counts the wrong ones. */
  async examine(c: Context, sent: string): Promise<Examined> {
    const { tokens, clock } = this.#settings
    const network = networkOf(c.req.header('CF-Connecting-IP') ?? 'unknown')
    if (clock() < (this.#blockedUntilMs.get(network) ?? 0)) return 'blocked'
    const token = await matchingToken(sent, tokens)
    if (token) return token
    if (await this.#mayTryAgain(network)) return 'wrong'
    if (this.#blockedUntilMs.size >= MAX_BLOCKED) this.#blockedUntilMs.clear()
    this.#blockedUntilMs.set(network, clock() + BLOCKED_MS)
    return 'blocked'
  }

  /** Refuses a token that is not valid. @throws HttpError 401, and 429 once an address has sent too many. */
  async require(c: Context, sent: string): Promise<void> {
    const examined = await this.examine(c, sent)
    if (examined === 'wrong') throw this.unauthorized()
    if (examined !== 'blocked') return
    throw new HttpError(429, 'too_many_requests', 'too many wrong tokens from this address', {
      headers: { 'Retry-After': String(BLOCKED_MS / 1000) },
    })
  }

  /** The answer to who has no valid token. */
  unauthorized(): HttpError {
    const { purpose, takesPasswords = false } = this.#settings
    const ways = `Authorization: Bearer${takesPasswords ? ', or as the password of Basic' : ''}`
    const schemes = takesPasswords ? ['Bearer', 'Basic'] : ['Bearer']
    return new HttpError(401, 'unauthorized', `send a valid ${purpose} token as ${ways}`, {
      headers: {
        'WWW-Authenticate': schemes.map((scheme) => `${scheme} realm="edgewatch ${purpose}"`).join(', '),
      },
    })
  }

  /** The answer where no token is configured. */
  disabled(c: Context): HttpError {
    const { purpose } = this.#settings
    c.set('statusIsAnswer', true) // how it is configured: no failure, and nobody is paged for it
    const variable = `${purpose.toUpperCase()}_TOKEN`
    const message = `no ${purpose} token is configured: wrangler secret put ${variable}`
    return new HttpError(503, `${purpose}_disabled`, message)
  }

  async #mayTryAgain(network: string): Promise<boolean> {
    try {
      return (await this.#settings.wrongTokenLimit?.limit({ key: network }))?.success ?? true
    } catch {
      return true // the limiter being away is no reason for another answer than 401
    }
  }
}
