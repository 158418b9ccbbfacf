// Runs inside workerd: pushes and scrapes as the service takes them, without what it does around every request.
import { Hono } from 'hono'
import { systemClock } from '../../src/lib/clock.ts'
import { Secret } from '../../src/lib/secret.ts'
import { TokenGuard } from '../../src/lib/token-guard.ts'
import { createCatalog } from '../../src/metrics/catalog.ts'
import { CONTENT_TYPES, negotiateFormat } from '../../src/metrics/exposition.ts'
import { pushRoutes } from '../../src/push/routes.ts'
import type { PushStoreSettings } from '../../src/push/store.ts'
import { PushStoreObject } from '../../src/push/store.ts'

interface BenchEnv {
  readonly PushStore: DurableObjectNamespace<PushStore>
}

const catalog = createCatalog('bench')
const { pushedGroups, pushedSamples } = catalog

export class PushStore extends PushStoreObject<BenchEnv> {
  protected override settings(): PushStoreSettings {
    return {
      catalog: { pushedGroups, pushedSamples },
      limits: { maxSeriesPerGroup: 20_000, maxSeries: 50_000 },
      clock: systemClock,
    }
  }
}

const silent = () => {}
const log = { debug: silent, info: silent, warn: silent, error: console.error }
const recorder = { increment: silent, set: silent, observe: silent }
const guard = new TokenGuard({ purpose: 'ingest', tokens: [new Secret('bench')], clock: systemClock })

export default {
  fetch(request: Request, env: BenchEnv): Response | Promise<Response> {
    const store = () => env.PushStore.getByName('singleton')
    const app = new Hono().route('/', pushRoutes({ store, guard, log, recorder, catalog }))
    app.get('/metrics', async (c) => {
      const format = negotiateFormat(c.req.header('Accept'))
      return c.body(await store().exposition(format), 200, { 'Content-Type': CONTENT_TYPES[format] })
    })
    return app.fetch(request, env)
  },
}
