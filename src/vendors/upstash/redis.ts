import type { Redis } from '@upstash/redis/cloudflare'
import type { CacheStore } from '../../cache/store.ts'
import type { DependencyState, Probe } from '../../health/model.ts'
import type { Clock } from '../../lib/clock.ts'
import { within } from '../../lib/deadline.ts'
import type { Result } from '../../lib/result.ts'
import { err, ok } from '../../lib/result.ts'
import type { Secret } from '../../lib/secret.ts'
import { describeFailure, UnexpectedAnswer } from './failure.ts'

/** Where Redis is. */
export interface UpstashSettings {
  /** Upstash's REST endpoint. */
  readonly url: Secret
  readonly token: Secret
  /** How long one command may take, connection and answer included. */
  readonly timeoutMs: number
}

/**
 * Redis over Upstash's REST API. Holds no connection and nothing of a request, so an isolate may keep one.
 * Failures name no host, URL, token or value.
 */
class UpstashClient {
  readonly #settings: UpstashSettings
  #redis: Redis | undefined

  constructor(settings: UpstashSettings) {
    this.#settings = settings
  }

  /** Runs one command and reads its answer. `read` throws `UnexpectedAnswer` for one that it can't use. */
  async run<T>(command: [string, ...(string | number)[]], read: (answer: unknown) => T): Promise<Result<T>> {
    try {
      this.#redis ??= await connect(this.#settings)
      return ok(read(await this.#redis.exec<unknown>(command)))
    } catch (error) {
      return err(describeFailure(error))
    }
  }
}

/** Keeps the cache's texts in Redis. */
export class UpstashCacheStore implements CacheStore {
  readonly #client: UpstashClient

  /** @param settings `timeoutMs` is short, 500 ms unless stated: who waits for a cache would rather do without. */
  constructor(settings: Omit<UpstashSettings, 'timeoutMs'> & { timeoutMs?: number }) {
    this.#client = new UpstashClient({ timeoutMs: 500, ...settings })
  }

  get(key: string): Promise<Result<string | undefined>> {
    return this.#client.run(['GET', key], (answer) => (answer === null ? undefined : text(answer)))
  }

  set(key: string, value: string, ttlSeconds: number): Promise<Result<void>> {
    return this.#client.run(['SET', key, value, 'EX', ttlSeconds], (answer) => expectAnswer(answer === 'OK'))
  }

  delete(key: string): Promise<Result<void>> {
    return this.#client.run(['DEL', key], (answer) => expectAnswer(typeof answer === 'number'))
  }
}

/** What a probe of Redis needs. */
export interface UpstashProbeSettings extends Omit<UpstashSettings, 'timeoutMs'> {
  /** The plan's memory, where the server doesn't tell `maxmemory`. */
  readonly memoryBytes?: number | undefined
  readonly clock: Clock
  /** For all of the probe; below the health monitor's limit, so that its own reason is the one told. */
  readonly timeoutMs?: number
}

/** Asks Redis how it is: a ping, then its memory, where the plan tells it. */
export class UpstashProbe implements Probe {
  readonly #settings: UpstashProbeSettings
  readonly #timeoutMs: number
  readonly #client: UpstashClient

  constructor(settings: UpstashProbeSettings) {
    this.#settings = settings
    this.#timeoutMs = settings.timeoutMs ?? 1_900
    this.#client = new UpstashClient({ ...settings, timeoutMs: this.#timeoutMs })
  }

  async probe(): Promise<DependencyState> {
    const { clock, memoryBytes } = this.#settings
    const startedAtMs = clock()
    const ping = await this.#client.run(['PING'], (answer) => expectAnswer(answer === 'PONG'))
    if (!ping.ok) return { state: 'down', message: ping.error.message }
    const latencyMs = clock() - startedAtMs

    // A server that answers a ping is up, however long it takes to tell its memory.
    const asked = await within(this.#timeoutMs - latencyMs, this.#client.run(['INFO', 'memory'], text))
    const info = asked.ok && asked.value.ok ? asked.value.value : ''
    const usedBytes = field(info, 'used_memory')
    if (usedBytes === undefined) return { state: 'up', details: { latencyMs } }
    // A maxmemory of 0 stands for no limit.
    const totalBytes = memoryBytes ?? (field(info, 'maxmemory') || undefined)
    return { state: 'up', details: { latencyMs, memory: { usedBytes, ...(totalBytes && { totalBytes }) } } }
  }
}

async function connect({ url, token, timeoutMs }: UpstashSettings): Promise<Redis> {
  // Loaded on first use: it would slow down every start of the Worker.
  const { Redis } = await import('@upstash/redis/cloudflare')
  return new Redis({
    url: url.reveal(),
    token: token.reveal(),
    // A function: with a plain signal the client takes its abortion for an answer.
    signal: () => AbortSignal.timeout(timeoutMs),
    // `retry: false` tries twice.
    retry: { retries: 0 },
    enableTelemetry: false,
    automaticDeserialization: false,
    // It would collect commands of several requests into one promise, which Workers don't allow.
    enableAutoPipelining: false,
  })
}

function text(answer: unknown): string {
  if (typeof answer !== 'string') throw new UnexpectedAnswer()
  return answer
}

function expectAnswer(isExpected: boolean): void {
  if (!isExpected) throw new UnexpectedAnswer()
}

/** A number from the `name:value` lines of INFO. https://redis.io/docs/latest/commands/info/ */
function field(info: string, name: string): number | undefined {
  const value = info.match(new RegExp(`^${name}:(\\d+)\\r?$`, 'm'))?.[1]
  return value === undefined ? undefined : Number(value)
}
