import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Cache } from '../../src/cache/cache.ts'
import type { CacheStore } from '../../src/cache/store.ts'
import { err, ok } from '../../src/lib/result.ts'
import { createCatalog } from '../../src/metrics/catalog.ts'
import type { Recorder } from '../../src/metrics/model.ts'

/** A store in memory; `broken` makes it fail. */
class FakeStore implements CacheStore {
  readonly texts = new Map<string, string>()
  broken = false
  gets = 0

  #answer<T>(value: T) {
    return this.broken ? err({ message: 'timed out', retryable: true }) : ok(value)
  }

  async get(key: string) {
    this.gets++
    return this.#answer(this.texts.get(key))
  }

  async set(key: string, text: string) {
    if (!this.broken) this.texts.set(key, text)
    return this.#answer(undefined)
  }

  async delete(key: string) {
    this.texts.delete(key)
    return this.#answer(undefined)
  }
}

function setUp(store: CacheStore | null = new FakeStore()) {
  const counts: Record<string, number> = {}
  const lines: unknown[] = []
  const recorder: Recorder = {
    increment(_metric, labels) {
      const { operation, status } = labels as Record<string, string>
      counts[`${operation} ${status}`] = (counts[`${operation} ${status}`] ?? 0) + 1
    },
    set() {},
    observe() {},
  }
  const warn = (event: string, fields?: object) => lines.push({ event, ...fields })
  const cache = new Cache({
    store: store ?? undefined,
    prefix: 'app:',
    recorder,
    operations: createCatalog('edgewatch').cacheOperations,
    log: { debug() {}, info() {}, warn, error() {} },
  })
  return { cache, counts, lines }
}

describe('the cache', () => {
  it.each([[0], [''], [false], [null], [[]], [{ a: { b: [1, null] } }]])(
    'finds %j where that was kept',
    async (value) => {
      const { cache, counts } = setUp()
      expect(await cache.get('k')).toEqual({ hit: false })
      await cache.set('k', value, 60)
      expect(await cache.get('k')).toEqual({ hit: true, value })
      expect(counts).toEqual({ 'get miss': 1, 'set ok': 1, 'get hit': 1 })
    },
  )

  it('gives back every value that JSON has', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.jsonValue(), async (key, value) => {
        const { cache } = setUp()
        await cache.set(key, value, 1)
        expect(await cache.get(key)).toEqual({ hit: true, value: JSON.parse(JSON.stringify(value)) })
      }),
    )
  })

  it('forgets what is deleted, and keeps to its prefix', async () => {
    const store = new FakeStore()
    const { cache, counts } = setUp(store)
    await cache.set('k', 1, 60)
    expect([...store.texts.keys()]).toEqual(['app:k'])
    await cache.delete('k')
    expect(await cache.get('k')).toEqual({ hit: false })
    expect(counts).toEqual({ 'set ok': 1, 'delete ok': 1, 'get miss': 1 })
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 365 * 24 * 3600 + 1])(
    'refuses a time to live of %d',
    async (ttlSeconds) => {
      const { cache } = setUp()
      await expect(cache.set('k', 1, ttlSeconds)).rejects.toThrow(TypeError)
      expect(() => cache.getOrCompute('k', ttlSeconds, async () => 1)).toThrow(TypeError)
    },
  )

  it('refuses what is not JSON', async () => {
    const { cache } = setUp()
    await expect(cache.set('k', undefined, 60)).rejects.toThrow(TypeError)
    await expect(cache.set('k', () => {}, 60)).rejects.toThrow(TypeError)
  })
})

describe('getOrCompute', () => {
  it('computes what is not there, once', async () => {
    const { cache, counts } = setUp()
    let computed = 0
    const compute = async () => ++computed
    expect(await cache.getOrCompute('k', 60, compute)).toBe(1)
    expect(await cache.getOrCompute('k', 60, compute)).toBe(1)
    expect(counts).toEqual({ 'get miss': 1, 'set ok': 1, 'get hit': 1 })
  })

  it('takes a cached null for an answer', async () => {
    const { cache } = setUp()
    await cache.set('k', null, 60)
    expect(await cache.getOrCompute('k', 60, async () => 'computed')).toBeNull()
  })

  it('computes once for all who ask at once', async () => {
    const store = new FakeStore()
    const { cache } = setUp(store)
    let computed = 0
    const ask = () => cache.getOrCompute('k', 60, async () => ({ number: ++computed }))
    const answers = await Promise.all(Array.from({ length: 50 }, ask))
    expect(computed).toBe(1)
    expect(store.gets).toBe(1)
    expect(answers.every((answer) => answer.number === 1)).toBe(true)
  })

  it('passes a failure on, and keeps nothing of it', async () => {
    const { cache } = setUp()
    const failing = cache.getOrCompute('k', 60, () => Promise.reject(new Error('no')))
    await expect(failing).rejects.toThrow('no')
    expect(await cache.getOrCompute('k', 60, async () => 'yes')).toBe('yes')
  })
})

describe('a store that is broken', () => {
  it('is a miss, logged and counted; the caller goes on', async () => {
    const store = new FakeStore()
    store.broken = true
    const { cache, counts, lines } = setUp(store)
    expect(await cache.get('k')).toEqual({ hit: false })
    await cache.set('k', 1, 60)
    await cache.delete('k')
    expect(counts).toEqual({ 'get error': 1, 'set error': 1, 'delete error': 1 })
    expect(lines).toEqual(
      ['get', 'set', 'delete'].map((operation) => ({
        event: 'cache_failed',
        operation,
        reason: 'timed out',
      })),
    )
  })

  it('is asked once for a computation, not twice', async () => {
    const store = new FakeStore()
    store.broken = true
    const { cache, counts } = setUp(store)
    expect(await cache.getOrCompute('k', 60, async () => 'computed')).toBe('computed')
    expect(counts).toEqual({ 'get error': 1 })
  })

  it.each(['<html>', '', '{'])(
    'that holds garbage (%j) is a miss, and gets a good value',
    async (garbage) => {
      const store = new FakeStore()
      store.texts.set('app:k', garbage)
      const { cache, counts } = setUp(store)
      expect(await cache.getOrCompute('k', 60, async () => 'computed')).toBe('computed')
      expect(await cache.get('k')).toEqual({ hit: true, value: 'computed' })
      expect(counts).toEqual({ 'get error': 1, 'set ok': 1, 'get hit': 1 })
    },
  )
})

describe('without a store', () => {
  it('nothing is kept, and nothing counted', async () => {
    const { cache, counts, lines } = setUp(null)
    await cache.set('k', 1, 60)
    await cache.delete('k')
    expect(await cache.get('k')).toEqual({ hit: false })
    expect(await cache.getOrCompute('k', 60, async () => 'computed')).toBe('computed')
    expect(counts).toEqual({})
    expect(lines).toEqual([])
  })
})
