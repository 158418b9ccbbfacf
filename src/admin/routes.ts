import { Hono } from 'hono'
import { type OverviewSources, readOverview } from './overview.ts'

/** The admin API's own routes; to be mounted under `/admin`, behind its authentication. */
export function adminRoutes(sources: OverviewSources) {
  return new Hono().get('/metrics', async (c) => c.json(await readOverview(sources)))
}
