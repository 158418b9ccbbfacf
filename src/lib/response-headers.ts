import type { MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'

/** What a page may load, unless it has a policy of its own. */
const CONTENT_SECURITY_POLICY = {
  defaultSrc: ["'none'"],
  styleSrc: ["'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
}

/** JSON renders and runs nothing, so other headers would have no effect, and each call that sets one costs time. */
const HEADERS_OF_JSON = [
  ['X-Content-Type-Options', 'nosniff'],
  ['Content-Security-Policy', "default-src 'none'; form-action 'none'; frame-ancestors 'none'"],
  ['Strict-Transport-Security', 'max-age=15552000; includeSubDomains'],
] as const

/**
 * Sets the security headers on every response, and `Cache-Control: no-store` unless the handler set its own. A page keeps
 * the headers that its handler set. A response that caches may share is marked `isShared`. A 304 gets no security headers:
 * they would replace those of the copy that it confirms (RFC 9111, 3.2), which may be a page with a policy of its own.
 */
export function responseHeaders(): MiddlewareHandler<{ Variables: { isShared?: boolean } }> {
  const protectPage = secureHeaders({ contentSecurityPolicy: CONTENT_SECURITY_POLICY, overwrite: false })
  const nothingMore = async () => {}
  return (c, next) =>
    next().then(() => {
      const { headers } = c.res
      // Without a Cache-Control, a cache may keep the response for as long as it likes.
      const policy = headers.get('Cache-Control')
      if (policy === null) headers.set('Cache-Control', 'no-store')
      else if (!/no-store|private/.test(policy)) c.set('isShared', true)
      if (c.res.status === 304) return undefined
      if (!headers.get('Content-Type')?.includes('json')) return protectPage(c, nothingMore)
      for (const [name, value] of HEADERS_OF_JSON) headers.set(name, value)
      return undefined
    })
}
