import type { Context } from 'hono'
import { matchedRoutes } from 'hono/route'

/** The route of a request that no handler is for. */
const UNMATCHED = 'unmatched'

/**
 * The template of the route that answers a request, such as `/items/:id`; never the raw path, which would make a
 * series of every id. Middleware doesn't count: it is registered for all methods under a path that ends in `*`.
 */
export function routeTemplate(c: Context): string {
  const routes = matchedRoutes(c)
  for (let index = routes.length - 1; index >= 0; index--) {
    const route = routes[index]!
    if (route.method !== 'ALL' || !route.path.endsWith('*')) return route.path
  }
  return UNMATCHED
}
