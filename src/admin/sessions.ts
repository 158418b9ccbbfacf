import type { Context } from 'hono'
import { deleteCookie, getSignedCookie, setSignedCookie } from 'hono/cookie'
import type { CookieOptions } from 'hono/utils/cookie'
import { equalInConstantTime } from '../lib/bearer.ts'
import type { Clock } from '../lib/clock.ts'
import { HOUR_MS, SECOND_MS } from '../lib/clock.ts'
import type { Secret } from '../lib/secret.ts'
import { formField } from './form-fields.ts'

/** What goes into sessions. */
export interface SessionSettings {
  readonly tokens: readonly Secret[]
  readonly clock: Clock
  /** Gives an id that nobody guesses. */
  readonly newId: () => string
}

/** Somebody who signed in. */
export interface Session {
  readonly expiresAtMs: number
  /** Every form carries it: who only makes the browser send the cookie does not know it. */
  readonly csrfToken: string
}

/** A working day. */
const SESSION_MS = 12 * HOUR_MS
const COOKIE = 'edgewatch_session'

/**
 * Sessions of people at the dashboard. Nothing is stored: a session is a cookie that says until when it holds, signed
 * with a key that is derived from the admin token it was begun with. So the session ends with that token, and one
 * that is stolen can't be prolonged.
 */
export class Sessions {
  readonly #settings: SessionSettings

  constructor(settings: SessionSettings) {
    this.#settings = settings
  }

  /** Begins a session of who signed in with `token`. */
  async begin(c: Context, token: Secret): Promise<Session> {
    const { clock, newId } = this.#settings
    const expiresAtMs = clock() + SESSION_MS
    const value = `${expiresAtMs}.${newId()}`
    const key = await derivedKey(token, 'session')
    await setSignedCookie(c, COOKIE, value, key, attributes(c, SESSION_MS / SECOND_MS))
    return { expiresAtMs, csrfToken: await csrfToken(token, value) }
  }

  /** The session that a request belongs to; undefined where it is none, is over, or is signed by nobody we know. */
  async of(c: Context): Promise<Session | undefined> {
    const { tokens, clock } = this.#settings
    if (!c.req.header('Cookie')?.includes(COOKIE)) return undefined
    for (const token of tokens) {
      const key = await derivedKey(token, 'session')
      const value = await getSignedCookie(c, key, COOKIE, isSecure(c) ? 'host' : undefined)
      if (!value) continue
      const expiresAtMs = Number(/^(\d{1,15})\.[\w-]+$/.exec(value)?.[1])
      return clock() < expiresAtMs ? { expiresAtMs, csrfToken: await csrfToken(token, value) } : undefined
    }
    return undefined
  }

  /** Forgets the session in the browser. */
  end(c: Context): void {
    deleteCookie(c, COOKIE, attributes(c, 0))
  }
}

/** Whether a request that would change something was made by a page of ours: it then carries the session's token. */
export async function carriesCsrfToken(c: Context, { csrfToken }: Session): Promise<boolean> {
  const sent = c.req.header('X-CSRF-Token') ?? (await formField(c, 'csrf'))
  return sent !== undefined && (await equalInConstantTime(sent, csrfToken))
}

/** `__Host-` cookies are this host's alone, and secure; http on one's own machine can't have them. */
const attributes = (c: Context, maxAge: number): CookieOptions => {
  const common = { httpOnly: true, sameSite: 'Strict', path: '/', maxAge } as const
  return isSecure(c) ? { ...common, secure: true, prefix: 'host' } : common
}

/** Whether cookies are sent over https only. On one's own machine there is none. */
export const isSecure = (c: Context): boolean =>
  !/^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(c.req.url)

const csrfToken = async (token: Secret, session: string): Promise<string> =>
  hex(await sign(await derivedKey(token, 'form'), session))

/** A key for one purpose: what is signed for one is of no use for another, and none gives the token away. */
const derivedKey = (token: Secret, purpose: 'session' | 'form'): Promise<ArrayBuffer> =>
  sign(new TextEncoder().encode(token.reveal()), `edgewatch admin ${purpose} v1`)

async function sign(key: BufferSource, text: string): Promise<ArrayBuffer> {
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const imported = await crypto.subtle.importKey('raw', key, hmac, false, ['sign'])
  return crypto.subtle.sign('HMAC', imported, new TextEncoder().encode(text))
}

const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
