import type { Clock } from '../lib/clock.ts'
import { SECOND_MS } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import type { AccumulatorOptions } from './accumulator.ts'
import { Accumulator } from './accumulator.ts'
import type { Batch } from './batch.ts'
import { BATCH_VERSION } from './batch.ts'

/** Keeps an event alive until a promise settles: the `waitUntil` of an execution context. */
export type WaitUntil = (promise: Promise<unknown>) => void

/** See `MetricsBuffer`. */
export interface BufferOptions extends AccumulatorOptions {
  /** Hands a batch to the store. Called anew for each try, so that it uses nothing of another request. */
  readonly send: (batch: Batch) => Promise<void>
  /** `metrics.flushSeconds`. */
  readonly flushSeconds: number
  readonly clock: Clock
  /** Resolves after some time. */
  readonly sleep: (ms: number) => Promise<void>
  /** A random id for this buffer; called once, within a request. */
  readonly newId: () => string
}

/** How long the store may take for a batch. */
const SEND_TIMEOUT_MS = 10 * SECOND_MS
/** A failed hand-over is tried again after these: the store restarts at each deployment, and traffic may end with it. */
const RETRY_AFTER_MS = [1 * SECOND_MS, 2 * SECOND_MS]

/**
 * What an isolate (or a Durable Object) records, until the store has it. Nothing counts twice and nothing is lost
 * while the isolate lives: a batch that was sent but not acknowledged is kept as it is and sent again under the same
 * sequence before anything newer.
 *
 * It is shared by all requests of an isolate, so it holds no promise and no stub that another request could await.
 */
export class MetricsBuffer extends Accumulator {
  readonly #send: BufferOptions['send']
  readonly #sleep: BufferOptions['sleep']
  readonly #newId: BufferOptions['newId']
  readonly #flushMs: number

  #source: string | undefined
  #sequence = 0
  /** Sent, and not acknowledged yet. */
  #unacknowledged: Batch | undefined
  #scheduledAtMs: number | undefined

  constructor(options: BufferOptions) {
    super(options)
    this.#send = options.send
    this.#sleep = options.sleep
    this.#newId = options.newId
    this.#flushMs = options.flushSeconds * SECOND_MS
  }

  /** Whether something waits that nobody has undertaken to hand over, or somebody did not do so in twice the time. */
  get needsFlush(): boolean {
    if (this.isEmpty && !this.#unacknowledged) return false
    return this.#scheduledAtMs === undefined || this.clock() - this.#scheduledAtMs >= 2 * this.#flushMs
  }

  /**
   * Sees to it that what was recorded is handed over `flushSeconds` from now, within the event that `waitUntil` belongs
   * to. Does nothing where another request does so already; one that has not done so in twice that time was cancelled.
   */
  flushLater(waitUntil: WaitUntil): void {
    if (!this.needsFlush) return
    const now = this.clock()
    this.#scheduledAtMs = now
    waitUntil(this.#flushAfterPause(now))
  }

  /** Hands over all that was recorded before the call. Never rejects: what failed is kept for the next flush. */
  async flush(): Promise<void> {
    for (const pauseMs of RETRY_AFTER_MS) {
      if (await this.#handOver()) return
      await this.#sleep(pauseMs)
    }
    await this.#handOver()
  }

  async #flushAfterPause(scheduledAtMs: number): Promise<void> {
    await this.#sleep(this.#flushMs)
    if (this.#scheduledAtMs !== scheduledAtMs) return // taken over
    this.#scheduledAtMs = undefined
    await this.flush()
  }

  /** Whether all that was recorded before the call has been acknowledged. */
  async #handOver(): Promise<boolean> {
    const earlier = this.#unacknowledged
    if (earlier && !(await this.#deliver(earlier))) return false
    // Meanwhile another flush may have sent a batch, which then has what was recorded.
    if (!this.#unacknowledged && !this.isEmpty) this.#unacknowledged = this.#freeze()
    return this.#unacknowledged ? this.#deliver(this.#unacknowledged) : true
  }

  async #deliver(batch: Batch): Promise<boolean> {
    try {
      const sent = await within(SEND_TIMEOUT_MS, this.#send(batch))
      if (!sent.ok) throw new Error(sent.error.message)
      if (this.#unacknowledged === batch) this.#unacknowledged = undefined
      return true
    } catch (error) {
      this.increment(this.catalog.flushesFailed, {})
      this.log.warn('metrics_flush_failed', { sequence: batch.sequence, error })
      return false
    }
  }

  #freeze(): Batch {
    this.#source ??= this.#newId()
    this.#sequence += 1
    return { version: BATCH_VERSION, source: this.#source, sequence: this.#sequence, ...this.drain() }
  }
}
