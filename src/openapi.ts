import type { Context, Hono } from 'hono'
import type { Config } from './config/schema.ts'
import { MINUTE_MS, SECOND_MS } from './lib/clock.ts'

const MAX_AGE_SECONDS = (5 * MINUTE_MS) / SECOND_MS

/**
 * `/openapi.json`: the description of the HTTP API, made at the first request, for few isolates are ever asked.
 * @param app gives the routes; those that are mounted later count, too
 */
export function openApi(
  app: Pick<Hono, 'routes'>,
  { name, version }: Pick<Config['service'], 'name' | 'version'>,
): (c: Context) => Promise<Response> {
  let written: string | undefined
  const write = async () => {
    // Until somebody asks, neither is evaluated: it would cost every start of an isolate.
    const [{ API }, { openApiDocument }] = await Promise.all([
      import('./api-description.ts'),
      import('./lib/openapi/document.ts'),
    ])
    const description = 'Production monitoring on the edge: health, metrics, errors and alerts.'
    const info = { title: name, version, description }
    return JSON.stringify(await openApiDocument({ info, groups: API, routes: app.routes }))
  }
  return async (c) => {
    written ??= await write()
    return c.body(written, 200, {
      'Content-Type': 'application/json',
      'Cache-Control': `public, max-age=${MAX_AGE_SECONDS}`,
      // So that explorers of APIs on other sites can show it.
      'Access-Control-Allow-Origin': '*',
      'Cross-Origin-Resource-Policy': 'cross-origin',
    })
  }
}
