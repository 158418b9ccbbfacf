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
const SEND_TIMEOUT_MS = 5 * SECOND_MS
/** An attempt that takes longer never ends: its request was cancelled. */
const ATTEMPT_LOST_MS = 2 * SEND_TIMEOUT_MS
/** How long to wait after a failed attempt: after the first, the second, and so on. */
const RETRY_AFTER_MS = [5 * SECOND_MS, 10 * SECOND_MS, 20 * SECOND_MS, 60 * SECOND_MS]
/** How long `waitUntil` keeps an event alive. */
const EVENT_MS = 30 * SECOND_MS

/**
 * What an isolate (or a Durable Object) records, until the store has it. Nothing counts twice and nothing is lost
 * while the isolate lives: a batch that was sent but not acknowledged is kept as it is and sent again under the same
 * sequence before anything newer.
 *
 * One attempt is under way at a time, and while they fail they become rarer. All requests of an isolate share the
 * buffer, and one that was cancelled never continues, so no request waits for another's promise: timestamps decide.
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
  /** When the flush that an event has scheduled is due. */
  #dueMs: number | undefined
  /** The deadline of the attempt under way; 0 if there is none. */
  #busyUntilMs = 0
  /** Failed attempts since the last success. */
  #failures = 0
  /** The earliest time of the next attempt after a failure; 0 if none failed. */
  #retryAtMs = 0
  /** Whether a flush was requested while none was possible. */
  #askedAgain = false

  constructor(options: BufferOptions) {
    super(options)
    this.#send = options.send
    this.#sleep = options.sleep
    this.#newId = options.newId
    this.#flushMs = options.flushSeconds * SECOND_MS
  }

  /**
   * Whether something waits that no event has undertaken to hand over, or one did not do so in time, and a flush that is
   * undertaken now would not come too early after those that failed.
   */
  get needsFlush(): boolean {
    if (this.isEmpty && !this.#unacknowledged) return false
    if (this.#dueMs !== undefined) return this.clock() >= this.#dueMs + this.#flushMs
    return this.#retryAtMs === 0 || this.#isOver(this.#retryAtMs - this.#flushMs)
  }

  /**
   * Sees to it that what was recorded is handed over `flushSeconds` from now, within the event that `waitUntil` belongs
   * to; while the event lasts, also again where that fails. Does nothing where another event does so already.
   */
  flushLater(waitUntil: WaitUntil): void {
    if (this.needsFlush) waitUntil(this.#flushWhenDue())
  }

  /**
   * Hands over all that was recorded before the call, in one attempt. Where another one is under way, that one goes on
   * to do so. Never rejects: what could not be handed over is kept for the next flush, as is all while it is too early
   * to try again.
   */
  async flush(): Promise<void> {
    await this.#handOver()
  }

  async #flushWhenDue(): Promise<void> {
    const endMs = this.clock() + EVENT_MS - SEND_TIMEOUT_MS
    let dueMs = this.clock() + this.#flushMs
    do {
      this.#dueMs = dueMs
      await this.#sleep(Math.max(0, dueMs - this.clock()))
      if (this.#dueMs !== dueMs) return // taken over
      this.#dueMs = undefined
      if (await this.#handOver()) return
      dueMs = Math.max(this.#busyUntilMs, this.#retryAtMs)
    } while (dueMs <= endMs)
  }

  /** Whether all that was recorded before the call has been acknowledged. */
  async #handOver(): Promise<boolean> {
    if (!this.#isOver(this.#busyUntilMs) || !this.#isOver(this.#retryAtMs)) {
      this.#askedAgain = true
      return false
    }
    do {
      this.#askedAgain = false
      if (this.#unacknowledged && !(await this.#deliver(this.#unacknowledged))) return false
      if (!this.#unacknowledged && !this.isEmpty) this.#unacknowledged = this.#freeze()
      if (this.#unacknowledged && !(await this.#deliver(this.#unacknowledged))) return false
    } while (this.#askedAgain)
    return true
  }

  /** One attempt. @returns whether the batch was acknowledged */
  async #deliver(batch: Batch): Promise<boolean> {
    const startMs = this.clock()
    const busyUntilMs = startMs + ATTEMPT_LOST_MS
    this.#busyUntilMs = busyUntilMs
    // An attempt that was given up must not change the state of the one that replaced it.
    const isCurrent = () => this.#busyUntilMs === busyUntilMs
    try {
      const sent = await within(SEND_TIMEOUT_MS, this.#send(batch))
      if (!sent.ok) throw new Error(sent.error.message)
      if (this.#unacknowledged === batch) this.#unacknowledged = undefined
      if (isCurrent()) this.#failures = this.#retryAtMs = this.#busyUntilMs = 0
      return true
    } catch (error) {
      if (isCurrent()) {
        this.#retryAtMs = startMs + (RETRY_AFTER_MS[this.#failures] ?? RETRY_AFTER_MS.at(-1)!)
        this.#failures += 1
        this.#busyUntilMs = 0
      }
      this.increment(this.catalog.flushesFailed, {})
      this.log.warn('metrics_flush_failed', { sequence: batch.sequence, error })
      return false
    }
  }

  /** Whether a time has come. A time far ahead was set by a clock that has since been put back. */
  #isOver(atMs: number): boolean {
    const leftMs = atMs - this.clock()
    return leftMs <= 0 || leftMs > RETRY_AFTER_MS.at(-1)!
  }

  #freeze(): Batch {
    this.#source ??= this.#newId()
    this.#sequence += 1
    return {
      version: BATCH_VERSION,
      source: this.#source,
      sequence: this.#sequence,
      createdAtMs: this.clock(),
      ...this.drain(),
    }
  }
}
