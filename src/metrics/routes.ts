import type { Context } from 'hono'
import { Hono } from 'hono'
import type * as z from 'zod'
import type { Unavailable } from '../lib/answered.ts'
import { answered } from '../lib/answered.ts'
import { SECOND_MS } from '../lib/clock.ts'
import type { TokenGuard } from '../lib/token-guard.ts'
import type { Logger } from '../logging/model.ts'
import type * as answers from './answers.ts'
import type { Catalog } from './catalog.ts'
import type { ExpositionFormat } from './exposition.ts'
import { CONTENT_TYPES, negotiateFormat } from './exposition.ts'
import type { MetricsAnswer, MetricsQuery, MetricsReader } from './query.ts'

/** What the routes under `/metrics` use. */
export interface MetricsRoutesSettings {
  readonly store: MetricsReader & {
    exposition(format: ExpositionFormat, monitors?: readonly string[]): Promise<string>
  }
  readonly catalog: Catalog
  readonly guard: TokenGuard
  /** The monitors whose series may be read without a token; undefined if a token is required. */
  readonly anonymous?: { readonly monitors: readonly string[] } | undefined
  /** Whether there is a cache at all. */
  readonly cacheEnabled: boolean
  readonly log: Logger
}

const UNAVAILABLE: Unavailable = {
  timeoutMs: 4 * SECOND_MS,
  object: 'metrics_store',
  code: 'metrics_unavailable',
  message: 'metrics are temporarily unavailable',
}

/** The routes under `/metrics`. Refusals are thrown as `HttpError`s. */
export function metricsRoutes({
  store,
  catalog,
  guard,
  anonymous,
  cacheEnabled,
  log,
}: MetricsRoutesSettings): Hono {
  const routes = new Hono()

  // A wrong token is refused even where none is needed: a scraper must not silently get less.
  const isAnonymous = (c: Context) =>
    anonymous !== undefined && (!guard.isEnabled || c.req.header('Authorization') === undefined)

  routes.use(async (c, next) => {
    if (!isAnonymous(c)) return guard.required(c, next)
    await next()
    c.header('Cache-Control', 'no-store')
    return undefined
  })

  routes.get('/', async (c) => {
    const format = negotiateFormat(c.req.header('Accept'))
    const monitors = isAnonymous(c) ? anonymous?.monitors : undefined
    const text = await answered(store.exposition(format, monitors), UNAVAILABLE, log)
    return c.body(text, 200, { 'Content-Type': CONTENT_TYPES[format], Vary: 'Accept' })
  })

  routes.get('/cache', async (c) => {
    if (!cacheEnabled) return c.json({ status: 'disabled' })
    const { series } = await answered(
      store.read({ windows: [], series: cacheQuery(catalog) }),
      UNAVAILABLE,
      log,
    )
    return c.json({ status: 'enabled', statistics: cacheStatistics(series) })
  })

  return routes
}

/** Asks for what `cacheStatistics` is made from. */
export const cacheQuery = ({ cacheOperations: { name: metric } }: Catalog): MetricsQuery['series'] => [
  { metric, labels: { operation: 'get', status: 'hit' } },
  { metric, labels: { operation: 'get', status: 'miss' } },
]

/** Hits and misses since the beginning, with a share of hits such as `66.67%`; `0.00%` where there was nothing. */
export function cacheStatistics([hit, miss]: MetricsAnswer['series']): z.infer<
  typeof answers.cacheStatistics
> {
  const [hits, misses] = [hit?.value ?? 0, miss?.value ?? 0]
  const total = hits + misses
  return { hits, misses, hit_rate: `${(total === 0 ? 0 : (hits / total) * 100).toFixed(2)}%` }
}
