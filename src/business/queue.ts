import { DurableObject } from 'cloudflare:workers'
import type { BusinessConfig } from '../config/business.ts'
import type { Clock } from '../lib/clock.ts'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import type { Result } from '../lib/result.ts'
import { err } from '../lib/result.ts'
import { SingleFlight } from '../lib/single-flight.ts'
import type { ErrorReporter, Logger } from '../logging/model.ts'
import { Accumulator } from '../metrics/accumulator.ts'
import type { Batch, MetricDelta } from '../metrics/batch.ts'
import { BATCH_VERSION } from '../metrics/batch.ts'
import type { Catalog } from '../metrics/catalog.ts'
import type { Recorder } from '../metrics/model.ts'
import { Registry } from '../metrics/registry.ts'
import { documentOf } from './documents.ts'
import type { BusinessMetrics, Effects } from './effects.ts'
import type { StoredEntry } from './event-log.ts'
import { EventLog } from './event-log.ts'
import type { BusinessEvent } from './events.ts'
import type {
  AcceptResult,
  BusinessDatabase,
  BusinessOverview,
  EventQueueClient,
  RefusedWrite,
} from './ports.ts'
import { aggregations } from './queries.ts'
import type { BusinessReport } from './report.ts'
import { reportOf, setGauges } from './report.ts'

/** What the queue needs from outside. */
export interface EventQueueSettings {
  readonly config: BusinessConfig
  readonly metrics: BusinessMetrics
  readonly effects: Effects
  readonly catalog: Catalog
  /** Undefined: no database is configured. Then events only raise metrics, and nothing is asked. */
  readonly database: (() => BusinessDatabase) | undefined
  /** Hands a batch to the metrics store, always to the same shard. Rejects where it was not acknowledged. */
  readonly send: (batch: Batch) => Promise<void>
  /** For gauges, which may be set twice. */
  readonly recorder: Recorder & { flush(): Promise<void> }
  /** `metrics.maxSeries`. */
  readonly maxSeries: number
  /** How long events may gather before they are handed on. */
  readonly gatherMs: number
  readonly newId: () => string
  readonly clock: Clock
  readonly log: Logger
  readonly errors: ErrorReporter
}

/** Entries and documents that are handed on at once. */
const MAX_ENTRIES = 200
const MAX_WRITES = 1_000
/** Portions that one alarm carries out before the next one goes on. */
const MAX_PORTIONS = 20

const SEND_TIMEOUT_MS = 10 * SECOND_MS
const WRITE_TIMEOUT_MS = 20 * SECOND_MS
/** Of each query, on the server. */
const MAX_QUERY_MS = 8_000
const QUERIES_TIMEOUT_MS = 12 * SECOND_MS

const MIN_RETRY_MS = 5 * SECOND_MS
const MAX_RETRY_MS = 5 * MINUTE_MS

/** A report is asked anew at most this often, and when it is this old. */
const FRESH_MS = 30 * SECOND_MS
const RETRY_REPORT_MS = 10 * SECOND_MS
const STALE_MS = HOUR_MS

/**
 * Takes events, counts each once, and writes what the queries need to the database, in order, however long that is away.
 *
 * An event is taken when it is on disk. What it comes to is decided then and stored with it; the alarm carries it out.
 * Metrics go to their store under the sequence of the last entry in a hand-over, which is put down before it is sent:
 * whatever dies when, the same hand-over comes again under the same sequence, and the store counts it once.
 */
export abstract class EventQueueObject<E> extends DurableObject<E> implements EventQueueClient {
  readonly #flights = new SingleFlight()
  #knownSettings: EventQueueSettings | undefined
  #knownLog: EventLog | undefined
  #delivering = false
  /** Not tried before, because it failed. */
  #countNotBeforeMs = 0
  #writeNotBeforeMs = 0
  /** As `/metrics` has it; undefined where that isn't known. */
  #shownBacklog: number | undefined
  #lastAsked: { readonly atMs: number; readonly problem?: string } | undefined

  constructor(ctx: DurableObjectState, env: E) {
    super(ctx, env)
    EventLog.migrate(ctx.storage.sql)
  }

  /** Asked for once per life of the object. */
  protected abstract settings(): EventQueueSettings

  get #settings(): EventQueueSettings {
    this.#knownSettings ??= this.settings()
    return this.#knownSettings
  }

  get #log(): EventLog {
    if (!this.#knownLog) {
      const { clock, newId } = this.#settings
      this.#knownLog = new EventLog(this.ctx.storage.sql, clock(), newId)
      this.#shownBacklog = this.#knownLog.backlog === 0 ? 0 : undefined
    }
    return this.#knownLog
  }

  async accept(events: readonly BusinessEvent[]): Promise<AcceptResult> {
    const { clock, config, gatherMs } = this.#settings
    const alarmMs = await this.ctx.storage.getAlarm()
    const now = clock()
    const log = this.#log
    const { fresh, duplicates } = withoutKnown(events, log)
    if (fresh.length === 0) return { outcome: 'taken', accepted: 0, duplicates }
    if (log.backlog + fresh.length > config.maxBacklog) {
      const waitMs = Math.max(MIN_RETRY_MS, this.#writeNotBeforeMs - now)
      return { outcome: 'full', backlog: log.backlog, retryAfterSeconds: Math.ceil(waitMs / SECOND_MS) }
    }
    // Nothing is awaited from here on, so that the alarm is set if and only if the events are stored.
    if (alarmMs === null || alarmMs > now + gatherMs) void this.ctx.storage.setAlarm(now + gatherMs)
    this.#commit((each) => each.append(this.#entryOf(fresh, now)))
    return { outcome: 'taken', accepted: fresh.length, duplicates }
  }

  async overview(): Promise<BusinessOverview> {
    const { clock, database } = this.#settings
    const report = this.#log.report<BusinessReport>()
    const isOld = report === undefined || clock() - report.askedAtMs >= STALE_MS
    return database && isOld ? this.refresh() : this.#overview(report)
  }

  async refresh(): Promise<BusinessOverview> {
    return this.#flights.run('refresh', async () => {
      const { clock, database } = this.#settings
      const report = this.#log.report<BusinessReport>()
      const now = clock()
      const isFresh = report !== undefined && now - report.askedAtMs < FRESH_MS
      const justFailed =
        this.#lastAsked?.problem !== undefined && now - this.#lastAsked.atMs < RETRY_REPORT_MS
      if (!database || isFresh || justFailed) return this.#overview(report)
      return this.#overview((await this.#ask(database, now)) ?? report)
    })
  }

  /** Hands events on. It always sets the next alarm, so that no failure ends the chain. */
  override async alarm(): Promise<void> {
    if (this.#delivering) return
    this.#delivering = true
    let notBeforeMs = 0
    try {
      await this.#count()
      await this.#write()
      await this.#showBacklog()
    } catch (error) {
      const { log, errors, clock } = this.#settings
      notBeforeMs = clock() + MINUTE_MS // a bug must not spin
      log.error('alarm_failed', { error })
      errors.report(error, { tags: { object: 'EventQueue' } })
    } finally {
      this.#delivering = false
      await this.#arm(notBeforeMs)
    }
  }

  #entryOf(events: readonly BusinessEvent[], now: number) {
    const { config, effects, catalog, maxSeries, clock, log, database, newId } = this.#settings
    const counts = new EventCounts({ catalog, maxSeries, clock, log })
    for (const event of events) effects.raise(event, counts)
    const writes = database
      ? events.flatMap((event) => documentOf(event, event.id ?? newId(), now, config) ?? [])
      : []
    const ids = events.flatMap(({ id }) => id ?? [])
    return { acceptedAtMs: now, events: events.length, ids, metrics: counts.take(), writes }
  }

  /** Hands the metrics of all entries over. */
  async #count(): Promise<void> {
    const { send, clock, log } = this.#settings
    for (let portion = 0; portion < MAX_PORTIONS; portion++) {
      const { source, counted, counting } = this.#log.progress
      const upTo = counting > counted ? counting : Math.min(counted + MAX_ENTRIES, this.#log.lastSequence)
      if (upTo === counted || clock() < this.#countNotBeforeMs) return
      const entries = this.#entries(counted, upTo)
      if (counting !== upTo) this.#commit((each) => each.advance({ counting: upTo }))
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
        log.warn('events_not_counted', { backlog: this.#log.backlog, error })
        return
      }
      // Where nothing is to be written, one row says both.
      const done =
        entries.every(({ writes }) => writes.length === 0) && this.#log.progress.written === counted
      this.#commit((each) => each.advance({ counted: upTo, ...(done && { written: upTo }) }))
    }
  }

  /** Writes the documents of all entries, in order. */
  async #write(): Promise<void> {
    const { clock, log } = this.#settings
    for (let portion = 0; portion < MAX_PORTIONS; portion++) {
      const { written } = this.#log.progress
      if (written === this.#log.lastSequence || clock() < this.#writeNotBeforeMs) return
      const entries = this.#entries(written, this.#log.lastSequence, MAX_WRITES)
      const writes = entries.flatMap((entry) => entry.writes)
      const outcome = writes.length > 0 ? await this.#writeDocuments(writes) : undefined
      if (outcome && !outcome.ok) {
        this.#writeNotBeforeMs = clock() + retryAfterMs(clock() - entries[0]!.acceptedAtMs)
        log.warn('events_not_written', { backlog: this.#log.backlog, reason: outcome.error.message })
        return
      }
      for (const { index, reason } of outcome?.value ?? []) {
        this.#settings.recorder.increment(this.#settings.catalog.documentsRefused, {})
        log.error('event_refused', { collection: writes[index]!.collection, reason })
      }
      this.#commit((each) => each.advance({ written: entries.at(-1)!.sequence }))
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

  async #ask(database: () => BusinessDatabase, now: number): Promise<BusinessReport | undefined> {
    const { config, metrics, recorder, catalog, log } = this.#settings
    const answer = await this.#aggregate(database, now)
    if (!answer.ok) {
      this.#lastAsked = { atMs: now, problem: answer.error.message }
      log.warn('business_queries_failed', { reason: answer.error.message })
      return undefined
    }
    const report = reportOf(answer.value, config.prices, now)
    this.#lastAsked = { atMs: now }
    this.#commit((each) => each.saveReport(report))
    setGauges(report, config, metrics, recorder)
    recorder.set(catalog.businessAsked, {}, now / SECOND_MS)
    this.#shownBacklog = undefined // in case that a change of it was lost
    await this.#showBacklog()
    return report
  }

  async #aggregate(database: () => BusinessDatabase, now: number) {
    try {
      const asked = database().aggregate(aggregations(this.#settings.config, now), MAX_QUERY_MS)
      const answer = await within(QUERIES_TIMEOUT_MS, asked)
      return answer.ok ? answer.value : answer
    } catch (error) {
      this.#settings.log.warn('event_database_away', { error })
      return err({ message: 'the object that talks to MongoDB is away', retryable: true })
    }
  }

  #overview(report: BusinessReport | undefined): BusinessOverview {
    return {
      ...(report && { report }),
      ...(this.#lastAsked?.problem !== undefined && { problem: this.#lastAsked.problem }),
      backlog: this.#log.backlog,
      maxBacklog: this.#settings.config.maxBacklog,
    }
  }

  async #showBacklog(): Promise<void> {
    const { recorder, catalog } = this.#settings
    const { backlog } = this.#log
    if (backlog !== this.#shownBacklog) recorder.set(catalog.eventsBacklog, {}, backlog)
    this.#shownBacklog = backlog
    await recorder.flush()
  }

  /** Entries after one and up to another, fewer where they hold many documents. */
  #entries(after: number, upTo: number, maxWrites = Number.POSITIVE_INFINITY): StoredEntry[] {
    const entries: StoredEntry[] = []
    let writes = 0
    for (let sequence = after + 1; sequence <= upTo && entries.length < MAX_ENTRIES; sequence++) {
      const entry = this.#log.entry(sequence)
      if (!entry) throw new Error(`entry ${sequence} is gone`)
      writes += entry.writes.length
      if (writes > maxWrites && entries.length > 0) break
      entries.push(entry)
    }
    return entries
  }

  #commit(work: (log: EventLog) => void): void {
    try {
      this.ctx.storage.transactionSync(() => work(this.#log))
    } catch (error) {
      this.#knownLog = undefined // memory may be ahead of the disk: it is read again
      throw error
    }
  }

  /** Sets the alarm for what is left to do. */
  async #arm(notBeforeMs: number): Promise<void> {
    const { clock } = this.#settings
    const { counted, written } = this.#log.progress
    const { lastSequence } = this.#log
    const dueMs = Math.min(
      counted < lastSequence ? this.#countNotBeforeMs : Number.POSITIVE_INFINITY,
      written < lastSequence ? this.#writeNotBeforeMs : Number.POSITIVE_INFINITY,
    )
    if (!Number.isFinite(dueMs)) return
    const atMs = Math.max(clock(), dueMs, notBeforeMs)
    const setMs = await this.ctx.storage.getAlarm()
    if (setMs === null || atMs < setMs) await this.ctx.storage.setAlarm(atMs)
  }
}

/** Adds up what events raise. */
class EventCounts extends Accumulator {
  take(): MetricDelta[] {
    return this.drain().metrics
  }
}

/** Tells events whose id is not known, each id once, from the places of the others. */
function withoutKnown(events: readonly BusinessEvent[], log: EventLog) {
  const seen = new Set<string>()
  const fresh: BusinessEvent[] = []
  const duplicates: number[] = []
  events.forEach((event, index) => {
    const { id } = event
    if (id !== undefined && (log.knows(id) || seen.has(id))) {
      duplicates.push(index)
      return
    }
    if (id !== undefined) seen.add(id)
    fresh.push(event)
  })
  return { fresh, duplicates }
}

function sumOf(metrics: readonly (readonly MetricDelta[])[]): MetricDelta[] {
  const registry = new Registry()
  for (const deltas of metrics) registry.apply(deltas)
  return registry.toDeltas()
}

/** A quarter of the time that the oldest event has waited, within limits, in whole ms: alarms have no parts of one. Needs no memory. */
const retryAfterMs = (waitedMs: number): number =>
  Math.min(MAX_RETRY_MS, Math.max(MIN_RETRY_MS, Math.ceil(waitedMs / 4)))
