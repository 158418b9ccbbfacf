import type { Result } from '../lib/result.ts'
import { SingleFlight } from '../lib/single-flight.ts'
import type { Logger } from '../logging/model.ts'
import type { Counter, Recorder } from '../metrics/model.ts'
import type { CacheStore } from './store.ts'

/** What a cache needs. */
export interface CacheSettings {
  /** Undefined: no cache is configured. Then nothing is ever found or kept, and nothing is counted. */
  readonly store: CacheStore | undefined
  /** Goes before each key, so that applications can share a Redis. */
  readonly prefix: string
  readonly recorder: Recorder
  /** `<namespace>_cache_operations_total`. */
  readonly operations: Counter<'operation' | 'status'>
  readonly log: Logger
}

/** What a look-up gives. A hit may well hold 0, "", false or null. */
export type Cached = { readonly hit: true; readonly value: unknown } | { readonly hit: false }

const MISS: Cached = { hit: false }
/** What Redis takes for a time to live in whole seconds is far more; nobody means more than a year. */
const MAX_TTL_SECONDS = 365 * 24 * 3600

/**
 * Keeps values, as JSON, for some time. A store that is down, hangs or gives garbage never fails the caller: it is a
 * miss, logged and counted as `error`.
 *
 * Make one for each request or Durable Object, which is cheap: who asks for the same key at the same time shares one
 * computation, and on Workers a promise can't be shared with another request. So within a request a value is computed
 * once; requests that miss at the same time compute it once each, and the last one to end is kept.
 */
export class Cache {
  readonly #settings: CacheSettings
  readonly #flights = new SingleFlight()

  constructor(settings: CacheSettings) {
    this.#settings = settings
  }

  /** Looks a value up. */
  async get(key: string): Promise<Cached> {
    return (await this.#look(key)).cached
  }

  /**
   * Keeps a value for `ttlSeconds`, a whole number from 1 to a year.
   * @throws TypeError for another time, and for a value that JSON has no text for.
   */
  async set(key: string, value: unknown, ttlSeconds: number): Promise<void> {
    checkTtl(ttlSeconds)
    const text: string | undefined = JSON.stringify(value)
    if (text === undefined) throw new TypeError(`${typeof value} can't be cached: it is not JSON`)
    const { store, prefix } = this.#settings
    if (store) this.#conclude('set', await store.set(prefix + key, text, ttlSeconds))
  }

  /** Forgets a value. */
  async delete(key: string): Promise<void> {
    const { store, prefix } = this.#settings
    if (store) this.#conclude('delete', await store.delete(prefix + key))
  }

  /**
   * The cached value, or else what `compute` gives, which is kept for `ttlSeconds`. Of several who ask for a key at the
   * same time one computes. A rejection of `compute` goes to all of them and is not kept. That a cached value still
   * has the type `T` is for the caller to see to: put a version into the key when the type changes.
   * @throws TypeError as `set` does.
   */
  getOrCompute<T>(key: string, ttlSeconds: number, compute: () => Promise<T>): Promise<T> {
    checkTtl(ttlSeconds)
    return this.#flights.run(key, async () => {
      const { cached, reachable } = await this.#look(key)
      if (cached.hit) return cached.value as T
      const value = await compute()
      // A store that has just failed would only make the caller wait for its time limit again.
      if (reachable) await this.set(key, value, ttlSeconds)
      return value
    })
  }

  async #look(key: string): Promise<{ cached: Cached; reachable: boolean }> {
    const { store, prefix } = this.#settings
    if (!store) return { cached: MISS, reachable: false }
    const found = await store.get(prefix + key)
    if (!found.ok) {
      this.#fail('get', found.error.message)
      return { cached: MISS, reachable: false }
    }
    if (found.value === undefined) {
      this.#count('get', 'miss')
      return { cached: MISS, reachable: true }
    }
    try {
      const value: unknown = JSON.parse(found.value)
      this.#count('get', 'hit')
      return { cached: { hit: true, value }, reachable: true }
    } catch {
      this.#fail('get', 'not JSON')
      return { cached: MISS, reachable: true }
    }
  }

  #conclude(operation: 'set' | 'delete', outcome: Result<void>): void {
    if (outcome.ok) this.#count(operation, 'ok')
    else this.#fail(operation, outcome.error.message)
  }

  #fail(operation: string, reason: string): void {
    this.#count(operation, 'error')
    this.#settings.log.warn('cache_failed', { operation, reason })
  }

  #count(operation: string, status: 'hit' | 'miss' | 'ok' | 'error'): void {
    this.#settings.recorder.increment(this.#settings.operations, { operation, status })
  }
}

function checkTtl(ttlSeconds: number): void {
  if (Number.isInteger(ttlSeconds) && ttlSeconds >= 1 && ttlSeconds <= MAX_TTL_SECONDS) return
  throw new TypeError(
    `ttlSeconds is ${ttlSeconds}, expected a whole number of seconds from 1 to ${MAX_TTL_SECONDS}`,
  )
}
