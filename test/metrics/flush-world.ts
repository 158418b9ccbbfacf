import type { Batch } from '../../src/metrics/batch.ts'
import { MetricsBuffer } from '../../src/metrics/buffer.ts'
import { catalog, NOON, recordingLogger, request } from './harness.ts'

/** What becomes of one attempt. Milliseconds after it began; undefined: never. */
export interface Outcome {
  /** When the batch reaches the store. */
  readonly arrivesMs?: number
  /** When the buffer gets an answer. */
  readonly answersMs?: number
  /** Whether that is an acknowledgement. */
  readonly ok?: boolean
}

/** A request or an alarm. What waits in it when it is cancelled never continues. */
interface Event {
  readonly cancelledMs: number
}

/** An attempt to hand a batch over. */
export interface Attempt {
  readonly startMs: number
  readonly sequence: number
  readonly outcome: Outcome
  /** When it was over for the buffer. */
  readonly endMs: number
  readonly result: 'acknowledged' | 'failed' | 'cancelled'
}

const SEND_TIMEOUT_MS = 5000
/** How long the platform keeps what was passed to `waitUntil`. */
const EVENT_MS = 30_000
const STORE: Event = { cancelledMs: Number.POSITIVE_INFINITY }

/** A buffer whose requests, clock and store run in virtual time. */
export class FlushWorld {
  now = NOON
  readonly attempts: Attempt[] = []
  /** Of the attempts to come; a store that works where there is none. */
  readonly outcomes: Outcome[] = []
  /** What the store counted, by the name of the metric. */
  readonly counted = new Map<string, number>()
  /** Batches that came although they were counted already. */
  duplicates = 0
  /** Flushes that were asked for and did not settle, in events that were not cancelled. */
  unsettled = 0
  readonly log = recordingLogger()
  readonly buffer: MetricsBuffer
  readonly #known = new Map<string, number>()
  readonly #real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout }
  #timers: { id: number; atMs: number; run: () => void; event: Event }[] = []
  #lastId = 0
  #current = STORE

  constructor() {
    this.buffer = new MetricsBuffer({
      catalog,
      maxSeries: 1000,
      clock: () => this.now,
      log: this.log,
      flushSeconds: 5,
      send: (batch) => this.#send(batch),
      sleep: (ms) => new Promise((resolve) => this.#after(ms, () => resolve())),
      newId: () => 'source',
    })
  }

  /** Runs with virtual timers. */
  async run(work: () => Promise<void>): Promise<void> {
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms = 0) => this.#after(ms, run),
      clearTimeout: (id: number) => {
        this.#timers = this.#timers.filter((timer) => timer.id !== id)
      },
    })
    try {
      await work()
    } finally {
      Object.assign(globalThis, this.#real)
    }
  }

  /** A request that is counted. */
  async request({ cancelledAfterMs = EVENT_MS }: { cancelledAfterMs?: number } = {}): Promise<void> {
    this.#current = { cancelledMs: this.now + Math.min(cancelledAfterMs, EVENT_MS) }
    this.buffer.recordRequest(request('/a', { atMs: this.now }))
    if (this.buffer.needsFlush) this.buffer.flushLater(() => {})
    await quiet()
  }

  /** What a Durable Object does at the end of a run. */
  async flush({ cancelledAfterMs }: { cancelledAfterMs?: number } = {}): Promise<void> {
    this.#current = { cancelledMs: this.now + (cancelledAfterMs ?? Number.POSITIVE_INFINITY) }
    if (cancelledAfterMs === undefined) this.unsettled++
    void this.buffer.flush().then(() => {
      if (cancelledAfterMs === undefined) this.unsettled--
    })
    await quiet()
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    const endMs = this.now + ms
    for (;;) {
      const next = this.#timers
        .filter(({ atMs }) => atMs <= endMs)
        .sort((a, b) => a.atMs - b.atMs || a.id - b.id)[0]
      if (!next) break
      this.#timers = this.#timers.filter((timer) => timer !== next)
      if (next.atMs >= next.event.cancelledMs) continue
      this.now = Math.max(this.now, next.atMs)
      this.#current = next.event
      next.run()
      await quiet()
    }
    this.now = endMs
  }

  #after(ms: number, run: () => void, event = this.#current): number {
    this.#lastId += 1
    this.#timers.push({ id: this.#lastId, atMs: this.now + ms, run, event })
    return this.#lastId
  }

  #send(batch: Batch): Promise<void> {
    const outcome = this.outcomes.shift() ?? { arrivesMs: 10, answersMs: 20, ok: true }
    const { arrivesMs, answersMs = Number.POSITIVE_INFINITY, ok = false } = outcome
    const event = this.#current
    const { now: startMs } = this
    const endMs = startMs + Math.min(answersMs, SEND_TIMEOUT_MS)
    const isCancelled = event.cancelledMs <= endMs
    this.attempts.push({
      startMs,
      sequence: batch.sequence,
      outcome,
      endMs: isCancelled ? event.cancelledMs : endMs,
      result: isCancelled ? 'cancelled' : ok && answersMs <= SEND_TIMEOUT_MS ? 'acknowledged' : 'failed',
    })
    if (arrivesMs !== undefined) this.#after(arrivesMs, () => this.#ingest(batch), STORE)
    return new Promise((resolve, reject) => {
      if (outcome.answersMs !== undefined) {
        this.#after(answersMs, () => (ok ? resolve() : reject(new Error('lost'))), event)
      }
    })
  }

  /** As `MetricsStore` does. */
  #ingest({ source, sequence, metrics }: Batch): void {
    if (sequence <= (this.#known.get(source) ?? 0)) {
      this.duplicates++
      return
    }
    this.#known.set(source, sequence)
    for (const { name, series } of metrics) {
      for (const { numbers } of series) {
        this.counted.set(name, (this.counted.get(name) ?? 0) + numbers[0]!)
      }
    }
  }
}

/** Waits until nothing goes on but waiting. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await null
}
