import type { Context, Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type * as z from 'zod'
import { HttpError } from './http-error.ts'
import type { errorBody as errorBodySchema } from './openapi/operation.ts'
import { truncate } from './text.ts'

/**
 * Renders what a handler threw. What isn't meant for callers stays inside: they get `internal_error`.
 * @param more stands beside the error, for a protocol that has a shape of its own
 */
export function renderError(error: Error, c: Context, more: object = {}): Response {
  const known = error instanceof HttpError ? error : fromHono(error)
  const headers = { ...known.headers, 'Cache-Control': 'no-store' }
  return c.newResponse(JSON.stringify({ ...more, ...errorBody(known, c) }), {
    status: known.status as 500,
    headers: { ...headers, 'Content-Type': 'application/json' },
  })
}

/**
 * Answers what no handler took: a path with a slash at its end leads to the one without (people type `/status/`); where
 * another method would have been taken, 405 with `Allow`; else 404.
 * @param app gives the routes to look among.
 */
export function renderUnmatched(app: Pick<Hono, 'router'>): (c: Context) => Response {
  return (c) => {
    const { path, method } = c.req
    if (path.length > 1 && path.endsWith('/') && (method === 'GET' || method === 'HEAD')) {
      const url = new URL(c.req.url)
      url.pathname = url.pathname.slice(0, -1)
      return c.redirect(url.href, 301)
    }
    const allowed = allowedMethods(app, path)
    if (allowed.length === 0)
      return renderError(new HttpError(404, 'not_found', `No route for ${truncate(path, 200)}`), c)
    const allow = allowed.join(', ')
    return renderError(
      new HttpError(405, 'method_not_allowed', `use ${allow}`, { headers: { Allow: allow } }),
      c,
    )
  }
}

function allowedMethods(app: Pick<Hono, 'router'>, path: string): string[] {
  const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((method) => {
    const [matches] = app.router.match(method, path)
    return matches.some(([[, route]]) => route.method !== 'ALL')
  })
  return methods.includes('GET') ? ['GET', 'HEAD', ...methods.slice(1)] : methods
}

function errorBody(error: HttpError, c: Context): z.infer<typeof errorBodySchema> {
  const requestId: unknown = c.get('requestId')
  return {
    error: {
      code: error.code,
      message: error.message,
      requestId: typeof requestId === 'string' ? requestId : '',
      ...(error.details.length > 0 && { details: error.details }),
    },
  }
}

/** What Hono's own middleware throws: the status is right, the message goes into our shape. */
function fromHono(error: Error): HttpError {
  if (!(error instanceof HTTPException)) {
    return new HttpError(
      500,
      'internal_error',
      'something went wrong on our side; the request id finds it in the logs',
    )
  }
  const code = error.status === 400 ? 'invalid_request' : 'http_error'
  return new HttpError(error.status, code, error.message || `status ${error.status}`)
}
