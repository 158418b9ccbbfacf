import { DurableObject } from 'cloudflare:workers'
import { MINUTE_MS, SECOND_MS } from '../lib/clock.ts'
import { byteLength, MAX_ROW_BYTES } from '../lib/rows.ts'
import { Accumulator } from '../metrics/accumulator.ts'
import type { MetricDelta } from '../metrics/batch.ts'
import { Delivery, MIN_RETRY_MS } from './delivery.ts'
import { documentOf } from './documents.ts'
import type { Entry, LogAccess } from './event-log.ts'
import { EventLog } from './event-log.ts'
import type { BusinessEvent } from './events.ts'
import type { AcceptResult, BusinessOverview, EventQueueClient } from './ports.ts'
import { ReportKeeper } from './report-keeper.ts'
import type { EventQueueSettings } from './settings.ts'

/**
 * Takes events, counts each once, and writes what the queries need to the database, in order, however long that is away.
 *
 * An event is taken when it is on disk. What it comes to is decided then and stored with it; the alarm carries it out.
 * Metrics go to their store under the sequence of the last entry in a hand-over, which is put down before it is sent:
 * whatever dies when, the same hand-over comes again under the same sequence, and the store counts it once.
 */
export abstract class EventQueueObject<E> extends DurableObject<E> implements EventQueueClient {
  #ready: Ready | undefined
  #knownLog: EventLog | undefined
  #delivering = false
  /** As `/metrics` has it; undefined where that isn't known. */
  #shownBacklog: number | undefined

  constructor(ctx: DurableObjectState, env: E) {
    super(ctx, env)
    EventLog.migrate(ctx.storage.sql)
  }

  /** Asked for once per life of the object. */
  protected abstract settings(): EventQueueSettings

  async accept(events: readonly BusinessEvent[]): Promise<AcceptResult> {
    const { settings, delivery } = this.#prepare()
    const { clock, config, gatherMs } = settings
    const alarmMs = await this.ctx.storage.getAlarm()
    const now = clock()
    const log = this.#log
    const { fresh, duplicates } = withoutKnown(events, log)
    if (fresh.length === 0) return { outcome: 'taken', accepted: 0, duplicates }
    if (log.backlog + fresh.length > config.maxBacklog) {
      const waitMs = Math.max(MIN_RETRY_MS, delivery.writePauseMs)
      return { outcome: 'full', backlog: log.backlog, retryAfterSeconds: Math.ceil(waitMs / SECOND_MS) }
    }
    // Nothing is awaited from here on, so that the alarm is set if and only if the events are stored.
    if (alarmMs === null || alarmMs > now + gatherMs) void this.ctx.storage.setAlarm(now + gatherMs)
    const entries = entriesOf(fresh, now, settings)
    this.#commit((each) => {
      for (const entry of entries) each.append(entry)
    })
    return { outcome: 'taken', accepted: fresh.length, duplicates }
  }

  async overview(): Promise<BusinessOverview> {
    return this.#withBacklog(this.#prepare().reports.overview())
  }

  async refresh(): Promise<BusinessOverview> {
    return this.#withBacklog(this.#prepare().reports.refresh())
  }

  /** Hands events on. It always sets the next alarm, so that no failure ends the chain. */
  override async alarm(): Promise<void> {
    if (this.#delivering) return
    this.#delivering = true
    const { settings, delivery } = this.#prepare()
    let notBeforeMs = 0
    try {
      await delivery.count()
      await delivery.write()
      await this.#showBacklog()
    } catch (error) {
      const { log, errors, clock } = settings
      notBeforeMs = clock() + MINUTE_MS // a bug must not spin
      log.error('alarm_failed', { error })
      errors.report(error, { tags: { object: 'EventQueue' } })
    } finally {
      this.#delivering = false
      await this.#arm(notBeforeMs)
    }
  }

  #prepare(): Ready {
    if (!this.#ready) {
      const settings = this.settings()
      const log: LogAccess = {
        current: () => this.#log,
        commit: (work) => this.#commit(work),
      }
      const onAnswer = () => {
        this.#shownBacklog = undefined // in case that a change of it was lost
        return this.#showBacklog()
      }
      this.#ready = {
        settings,
        delivery: new Delivery(settings, log),
        reports: new ReportKeeper(settings, log, onAnswer),
      }
    }
    return this.#ready
  }

  get #log(): EventLog {
    if (!this.#knownLog) {
      const { clock, newId } = this.#prepare().settings
      this.#knownLog = new EventLog(this.ctx.storage.sql, clock(), newId)
      this.#shownBacklog = this.#knownLog.backlog === 0 ? 0 : undefined
    }
    return this.#knownLog
  }

  #commit(work: (log: EventLog) => void): void {
    try {
      this.ctx.storage.transactionSync(() => work(this.#log))
    } catch (error) {
      this.#knownLog = undefined // memory may be ahead of the disk: it is read again
      throw error
    }
  }

  async #withBacklog(
    known: Promise<Pick<BusinessOverview, 'report' | 'problem'>>,
  ): Promise<BusinessOverview> {
    const { maxBacklog } = this.#prepare().settings.config
    return { ...(await known), backlog: this.#log.backlog, maxBacklog }
  }

  async #showBacklog(): Promise<void> {
    const { recorder, catalog } = this.#prepare().settings
    const { backlog } = this.#log
    if (backlog !== this.#shownBacklog) recorder.set(catalog.eventsBacklog, {}, backlog)
    this.#shownBacklog = backlog
    await recorder.flush()
  }

  /** Sets the alarm for what is left to do. */
  async #arm(notBeforeMs: number): Promise<void> {
    const { dueMs } = this.#prepare().delivery
    if (dueMs === undefined) return
    const atMs = Math.max(dueMs, notBeforeMs)
    const setMs = await this.ctx.storage.getAlarm()
    if (setMs === null || atMs < setMs) await this.ctx.storage.setAlarm(atMs)
  }
}

/** What a queue works with. */
interface Ready {
  readonly settings: EventQueueSettings
  readonly delivery: Delivery
  readonly reports: ReportKeeper
}

/** The entries that a call makes: one, or as many as its events need to fit into rows. */
function entriesOf(events: readonly BusinessEvent[], now: number, settings: EventQueueSettings): Entry[] {
  const entry = entryOf(events, now, settings)
  if (events.length === 1 || byteLength(JSON.stringify(entry)) <= MAX_ROW_BYTES) return [entry]
  const half = Math.ceil(events.length / 2)
  return [events.slice(0, half), events.slice(half)].flatMap((some) => entriesOf(some, now, settings))
}

/** What events come to. */
function entryOf(events: readonly BusinessEvent[], now: number, settings: EventQueueSettings): Entry {
  const { config, effects, catalog, maxSeries, clock, log, database, newId } = settings
  const counts = new EventCounts({ catalog, maxSeries, clock, log })
  for (const event of events) effects.raise(event, counts)
  const writes = database
    ? events.flatMap((event) => documentOf(event, event.id ?? newId(), now, config) ?? [])
    : []
  const ids = events.flatMap(({ id }) => id ?? [])
  return { acceptedAtMs: now, events: events.length, ids, metrics: counts.take(), writes }
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
