import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import { MetricsStore } from '../../src/index.ts'
import type { LogFields, Logger } from '../../src/logging/model.ts'
import type { RequestRecord } from '../../src/metrics/accumulator.ts'
import type { Batch } from '../../src/metrics/batch.ts'
import { MetricsBuffer } from '../../src/metrics/buffer.ts'
import { createCatalog } from '../../src/metrics/catalog.ts'
import type { MetricsStoreNamespace } from '../../src/metrics/client.ts'
import { MetricsClient, siblingShards } from '../../src/metrics/client.ts'
import type { Metric } from '../../src/metrics/model.ts'
import type { MetricsStoreSettings } from '../../src/metrics/store.ts'
import { evict, evictingStub, type Residence } from '../isolation/eviction.ts'

/** The names of the ESG platform's dashboards. */
export const catalog = createCatalog('esg')

/** A moment that is far from the edges of a minute and an hour. */
export const NOON = Date.UTC(2026, 7, 3, 12, 10, 5)

/** A request to a route, as the middleware tells of it. */
export const request = (route: string, more: Partial<RequestRecord> = {}): RequestRecord => ({
  method: 'GET',
  route,
  status: 200,
  durationMs: 30,
  failed: (more.status ?? 200) >= 500,
  slow: false,
  atMs: NOON,
  ...more,
})

export interface LoggedLine {
  readonly level: string
  readonly event: string
  readonly fields: LogFields | undefined
}

export function recordingLogger(): Logger & { readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = []
  const log = (level: string) => (event: string, fields?: LogFields) => {
    lines.push({ level, event, fields })
  }
  return { lines, debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
}

/** What a test may change of a store while it runs. */
export interface World extends Residence {
  catalog: Readonly<Record<string, Metric>> & typeof catalog
  maxSeries: number
  shards: number
  now: number
  isRetired: NonNullable<MetricsStoreSettings['isRetired']>
}

let worlds = 0

/** A store of its own, with its shards, and ways to write to it, break it and read it. */
export function createWorld(initial: Partial<World> = {}) {
  const world: World = {
    catalog,
    maxSeries: 1000,
    shards: 1,
    now: NOON,
    isRetired: () => false,
    ...initial,
  }
  const log = recordingLogger()
  const prefix = `world-${++worlds}-`
  const stubOf = (name: string) => env.METRICS_STORE.getByName(prefix + name)
  const namespace: MetricsStoreNamespace = {
    getByName: (name) => evictingStub(stubOf(name), world),
  }
  const clock = () => world.now

  // The object runs in this isolate, with the class that the binding names; its settings are the test's.
  vi.spyOn(
    MetricsStore.prototype as unknown as { settings(): MetricsStoreSettings },
    'settings',
  ).mockImplementation(() => ({
    get catalog() {
      return world.catalog
    },
    get maxSeries() {
      return world.maxSeries
    },
    isRetired: (shape, series) => world.isRetired(shape, series),
    siblings: () => siblingShards(namespace, world.shards),
    log,
    clock,
  }))

  const client = (random = 0) => new MetricsClient(namespace, world.shards, () => random)
  let buffers = 0
  return {
    world,
    log,
    clock,
    namespace,
    client,
    shard: (index: number) => stubOf(`shard-${index}`),
    /** Takes a shard out of memory, if it is there. */
    evict: (index = 0) => evict(stubOf(`shard-${index}`)),
    /** A buffer whose pauses take no time. @param random chooses its shard, from 0 to 1. */
    buffer(options: { random?: number; maxSeries?: number; send?: (batch: Batch) => Promise<void> } = {}) {
      const target = client(options.random)
      return new MetricsBuffer({
        catalog,
        maxSeries: options.maxSeries ?? 1000,
        clock,
        log,
        send: options.send ?? ((batch) => target.send(batch)),
        flushSeconds: 5,
        sleep: async () => {},
        newId: () => `buffer-${++buffers}`,
      })
    },
    text: () => client().exposition('text'),
  }
}
