import { DurableObject } from 'cloudflare:workers'
import { systemClock } from './lib/clock.ts'
import { createLogger } from './logging/logger.ts'
import { createCatalog } from './metrics/catalog.ts'
import { siblingShards } from './metrics/client.ts'
import type { MetricsStoreSettings } from './metrics/store.ts'
import { MetricsStoreObject } from './metrics/store.ts'

export class MetricsStore extends MetricsStoreObject<Env> {
  protected override settings(): MetricsStoreSettings {
    return {
      catalog: createCatalog('edgewatch'),
      maxSeries: 1000,
      siblings: () => siblingShards(this.env.METRICS_STORE, 1),
      log: createLogger({ level: 'info', format: 'json' }),
      clock: systemClock,
    }
  }
}
export class HealthMonitor extends DurableObject {}
export class MongoGateway extends DurableObject {}
export class AlertLedger extends DurableObject {}

export default {
  fetch: () => new Response('ok'),
}
