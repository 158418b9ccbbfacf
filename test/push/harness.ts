import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import { PushStore } from '../../src/index.ts'
import type { PushStoreClient } from '../../src/push/client.ts'
import { groupLabels } from '../../src/push/model.ts'
import type { PushStoreSettings } from '../../src/push/store.ts'
import { evict, evictingStub, type Residence } from '../isolation/eviction.ts'
import { catalog, NOON } from '../metrics/harness.ts'

/** What a test may change of a store while it runs. */
interface World extends Residence {
  catalog: PushStoreSettings['catalog']
  maxSeriesPerGroup: number
  maxSeries: number
  ttlMs: number | undefined
  now: number
}

let worlds = 0

export const bytesOf = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer as ArrayBuffer

/** A store of its own, and ways to push to it and read it. */
export function createWorld(initial: Partial<World> = {}) {
  const world: World = {
    catalog,
    maxSeriesPerGroup: 10_000,
    maxSeries: 50_000,
    ttlMs: undefined,
    now: NOON,
    ...initial,
  }
  // The object runs in this isolate, with the class that the binding names; its settings are the test's.
  vi.spyOn(
    PushStore.prototype as unknown as { settings(): PushStoreSettings },
    'settings',
  ).mockImplementation(() => ({
    get catalog() {
      return world.catalog
    },
    limits: {
      get maxSeriesPerGroup() {
        return world.maxSeriesPerGroup
      },
      get maxSeries() {
        return world.maxSeries
      },
    },
    ...(world.ttlMs !== undefined && { ttlMs: world.ttlMs }),
    clock: () => world.now,
  }))
  const name = `push-world-${++worlds}`
  const store = (): PushStoreClient => evictingStub(env.PUSH_STORE.getByName(name), world)
  return {
    world,
    store,
    push(
      labels: Record<string, string>,
      text: string,
      { replace = true, contentType = '' }: { replace?: boolean; contentType?: string } = {},
    ) {
      const body = { bytes: bytesOf(text), contentType, contentEncoding: '' }
      return store().push({ labels: groupLabels(labels), replace, ...body })
    },
    /** Takes the store out of memory. */
    evict: () => evict(env.PUSH_STORE.getByName(name)),
    /** How long the rows on disk are, in bytes. */
    rowLengths: () =>
      runInDurableObject(env.PUSH_STORE.getByName(name), (_, { storage }) =>
        storage.sql
          .exec<{ length: number }>('SELECT length(bytes) AS length FROM pushed_groups')
          .toArray()
          .map(({ length }) => length),
      ),
    text: () => store().exposition('text'),
    /** The samples without the push times, and without what the store tells of itself. */
    async samples(): Promise<string[]> {
      const text = await store().exposition('text')
      return text.split('\n').filter((line) => line !== '' && !/^(#|push_|edgewatch_pushed_)/.test(line))
    },
  }
}
