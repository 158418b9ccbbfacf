import type { MiddlewareHandler } from 'hono'

/** Scripts, styles and forms of our own and nothing else; nothing inline, so what slips into a page can't run. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The Content-Security-Policy of the dashboard's pages. Mount it outside of what sets that of everything else. */
export const pageHeaders: MiddlewareHandler = async (c, next) => {
  await next()
  if (!c.res.headers.get('Content-Type')?.startsWith('text/html')) return
  c.res.headers.set('Content-Security-Policy', CONTENT_SECURITY_POLICY)
  c.res.headers.set('Cache-Control', 'no-store')
}
