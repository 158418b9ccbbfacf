import { MINUTE_MS, SECOND_MS } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import type { Result } from '../lib/result.ts'
import { err } from '../lib/result.ts'
import type { MetricDelta } from '../metrics/batch.ts'
import { BATCH_VERSION } from '../metrics/batch.ts'
import { Registry } from '../metrics/registry.ts'
import type { LogAccess, StoredEntry } from './event-log.ts'
import type { RefusedWrite } from './ports.ts'
import type { EventQueueSettings } from './settings.ts'

/** Entries and documents that are handed on at once. */
const MAX_ENTRIES = 200
const MAX_WRITES = 1_000
/** Entries are read with their documents, which take some 3 KB each at worst. */
const MAX_WRITES_READ = 5_000
/** Portions that one alarm carries out before the next one goes on. */
const MAX_PORTIONS = 20

const SEND_TIMEOUT_MS = 10 * SECOND_MS
const WRITE_TIMEOUT_MS = 20 * SECOND_MS

/** The pause after the first failure; later ones are longer. */
export const MIN_RETRY_MS = 5 * SECOND_MS
const MAX_RETRY_MS = 5 * MINUTE_MS

/**
 * Hands on what the log holds: metrics to their store, documents to the database. Each goes on by itself, in order; what
 * fails is tried again later, from where it stopped.
 */
export class Delivery {
  readonly #settings: EventQueueSettings
  readonly #log: LogAccess
  /** Not tried before, because it failed. */
  #countNotBeforeMs = 0
  #writeNotBeforeMs = 0

  constructor(settings: EventQueueSettings, log: LogAccess) {
    this.#settings = settings
    this.#log = log
  }

  /** When something can be done again; undefined: all is done. */
  get dueMs(): number | undefined {
    const { progress, lastSequence } = this.#log.current()
    const dueMs = [
      ...(progress.counted < lastSequence ? [this.#pauseMs(this.#countNotBeforeMs)] : []),
      ...(progress.written < lastSequence ? [this.#pauseMs(this.#writeNotBeforeMs)] : []),
    ]
    return dueMs.length === 0 ? undefined : this.#settings.clock() + Math.min(...dueMs)
  }

  /** How long until documents are written again. */
  get writePauseMs(): number {
    return this.#pauseMs(this.#writeNotBeforeMs)
  }

  /** Hands the metrics of all entries over. */
  async count(): Promise<void> {
    const { send, clock, log } = this.#settings
    for (let portion = 0; portion < MAX_PORTIONS; portion++) {
      const { source, counted, counting } = this.#log.current().progress
      const { lastSequence } = this.#log.current()
      if (counted === lastSequence || this.#pauseMs(this.#countNotBeforeMs) > 0) return
      const entries =
        counting > counted
          ? this.#entries(counted, counting)
          : this.#entries(counted, lastSequence, MAX_WRITES_READ)
      const upTo = entries.at(-1)!.sequence
      if (counting !== upTo) this.#log.commit((each) => each.advance({ counting: upTo }))
      const batch = {
        version: BATCH_VERSION,
        source,
        sequence: upTo,
        metrics: sumOf(entries.map(({ metrics }) => metrics)),
        minutes: [],
      }
      try {
        const sent = await within(SEND_TIMEOUT_MS, send(batch))
        if (!sent.ok) throw new Error(sent.error.message)
      } catch (error) {
        this.#countNotBeforeMs = clock() + retryAfterMs(clock() - entries[0]!.acceptedAtMs)
        log.warn('events_not_counted', { backlog: this.#log.current().backlog, error })
        return
      }
      // Where nothing is to be written, one row says both.
      const done =
        entries.every(({ writes }) => writes.length === 0) && this.#log.current().progress.written === counted
      this.#log.commit((each) => each.advance({ counted: upTo, ...(done && { written: upTo }) }))
    }
  }

  /** Writes the documents of all entries. */
  async write(): Promise<void> {
    const { clock, log, recorder, catalog } = this.#settings
    for (let portion = 0; portion < MAX_PORTIONS; portion++) {
      const { progress, lastSequence } = this.#log.current()
      if (progress.written === lastSequence || this.writePauseMs > 0) return
      const entries = this.#entries(progress.written, lastSequence, MAX_WRITES)
      const writes = entries.flatMap((entry) => entry.writes)
      const outcome = writes.length > 0 ? await this.#writeDocuments(writes) : undefined
      if (outcome && !outcome.ok) {
        this.#writeNotBeforeMs = clock() + retryAfterMs(clock() - entries[0]!.acceptedAtMs)
        const { backlog } = this.#log.current()
        log.warn('events_not_written', { backlog, reason: outcome.error.message })
        return
      }
      for (const { index, reason } of outcome?.value ?? []) {
        recorder.increment(catalog.documentsRefused, {})
        log.error('event_refused', { collection: writes[index]!.collection, reason })
      }
      this.#log.commit((each) => each.advance({ written: entries.at(-1)!.sequence }))
    }
  }

  async #writeDocuments(writes: StoredEntry['writes']): Promise<Result<readonly RefusedWrite[]>> {
    const { database } = this.#settings
    if (!database) return err({ message: 'MongoDB is not configured any more', retryable: true })
    try {
      const answer = await within(WRITE_TIMEOUT_MS, database().write(writes))
      return answer.ok ? answer.value : answer
    } catch (error) {
      this.#settings.log.warn('event_database_away', { error })
      return err({ message: 'the object that talks to MongoDB is away', retryable: true })
    }
  }

  /** Entries after one and up to another, fewer where they hold many documents. */
  #entries(after: number, upTo: number, maxWrites = Number.POSITIVE_INFINITY): StoredEntry[] {
    const entries: StoredEntry[] = []
    let writes = 0
    for (let sequence = after + 1; sequence <= upTo && entries.length < MAX_ENTRIES; sequence++) {
      const entry = this.#log.current().entry(sequence)
      if (!entry) throw new Error(`entry ${sequence} is gone`)
      writes += entry.writes.length
      if (writes > maxWrites && entries.length > 0) break
      entries.push(entry)
    }
    return entries
  }

  /** How long until a moment; a pause that is longer than any was made by another clock, and is over. */
  #pauseMs(untilMs: number): number {
    const pauseMs = untilMs - this.#settings.clock()
    return pauseMs > MAX_RETRY_MS ? 0 : Math.max(0, pauseMs)
  }
}

function sumOf(metrics: readonly (readonly MetricDelta[])[]): MetricDelta[] {
  const registry = new Registry()
  for (const deltas of metrics) registry.apply(deltas)
  return registry.toDeltas()
}

/** A quarter of the time that the oldest event has waited, within limits, in whole ms: alarms have no parts of one. Needs no memory. */
const retryAfterMs = (waitedMs: number): number =>
  Math.min(MAX_RETRY_MS, Math.max(MIN_RETRY_MS, Math.ceil(waitedMs / 4)))
