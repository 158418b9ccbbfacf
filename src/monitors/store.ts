import { DAY_MS, HOUR_MS } from '../lib/clock.ts'
import { getOrAdd } from '../lib/get-or-add.ts'
import { CheckTable } from './check-table.ts'
import type { DayTimes, HourQuarters } from './history.ts'
import { HistoryFrame } from './history.ts'
import { LatencySketch } from './latency-sketch.ts'
import type { CheckResult, MonitorHistory, MonitorState } from './model.ts'
import { uptimeRatio } from './model.ts'
import { OpenHour, stateUntil } from './open-hour.ts'
import type { MonitorHour, PackedRun, Run } from './packing.ts'
import { packRunParts, unpackRun } from './packing.ts'
import type { MonitorMeasures } from './ports.ts'
import type { Summary } from './summary.ts'
import {
  addSummary,
  addTimes,
  emptySummary,
  noTimes,
  quartersOf,
  splitByDay,
  summarise,
  timesOf,
} from './summary.ts'
import type { Range, StoredSummary } from './summary-table.ts'
import { SummaryTable } from './summary-table.ts'

/** A run of checks, once it was judged. */
export interface JudgedRun {
  readonly atMs: number
  readonly results: readonly CheckResult[]
  /** What each monitor was judged to be now, by its id; it stays so until the next run. */
  readonly states: ReadonlyMap<string, MonitorState>
  /** What the caller wants to find again. */
  readonly memory: string
}

const HOURS_PER_DAY = DAY_MS / HOUR_MS
const CHECKS_KEPT_HOURS = 7 * HOURS_PER_DAY
const HOURS_KEPT = 90 * HOURS_PER_DAY
const DAYS_KEPT = 2 * 365
/** Rows of a table that are deleted at the end of an hour at most: what is left over goes in the hours after. */
const MAX_DELETED_ROWS = 100
/** The history of so many takes some 10 MB of the object's 128; of more it is read each time. */
const MAX_MONITORS_IN_MEMORY = 1_000

/**
 * What the uptime monitor keeps, in the SQLite of its Durable Object. Rows written are what costs. A run, with all that
 * belongs to it, is one row (with thousands of monitors a few) in a slot of its hour; the next hour writes over it. When an
 * hour is over, its runs become few rows: their checks, which are kept 7 days, a summary of the hour (90 days), and that of
 * the day so far (2 years).
 *
 * Time never goes back here: of a clock that does, the runs are kept, but no time is counted until it has caught up.
 */
export class MonitorStore {
  readonly #storage: DurableObjectStorage
  readonly #sql: SqlStorage
  readonly #checks: CheckTable
  readonly #hours: SummaryTable
  readonly #days: SummaryTable
  /** The hour that is under way, and how many slots it takes. */
  #loaded: { open: OpenHour | undefined; slots: number } | undefined
  #frame: HistoryFrame | undefined

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
    this.#sql = storage.sql
    this.#sql.exec(SCHEMA)
    this.#checks = new CheckTable(this.#sql)
    this.#hours = new SummaryTable(this.#sql, 'hours')
    this.#days = new SummaryTable(this.#sql, 'days')
  }

  /** What the last run was saved with. */
  memory(): string | undefined {
    const { slots } = this.#load()
    const last = this.#memories(slots - 1, 1)[0]
    if (!last?.part) return last?.memory
    return this.#memories(slots - 1 - last.part, last.part + 1)
      .map(({ memory }) => memory)
      .join('')
  }

  #memories(slot: number, count: number) {
    return this.#sql
      .exec<{ memory: string; part: number | null }>(
        "SELECT memory, json_extract(body, '$.part') AS part FROM runs WHERE slot >= ? AND slot < ? ORDER BY slot",
        slot,
        slot + count,
      )
      .toArray()
  }

  /** Keeps a run, whole or not at all. @throws where it was not kept */
  save({ atMs, results, states, memory }: JudgedRun): void {
    try {
      this.#storage.transactionSync(() => {
        const { open } = this.#load()
        const now = Math.max(Math.round(atMs), open?.last?.atMs ?? 0)
        const hour = Math.floor(now / HOUR_MS)
        if (open && hour > open.hour) this.#close(open, now)
        if (hour !== open?.hour) {
          this.#loaded = { open: new OpenHour(hour), slots: 0 }
          // The time from the last run on is told by what that one judged.
          if (open?.last) this.#append({ ...open.last, checks: [] }, '')
        }
        this.#append({ atMs: now, checks: results, states }, memory)
      })
    } catch (error) {
      this.#frame = undefined
      this.#loaded = undefined // memory may be ahead of the disk: it is read again
      throw error
    }
  }

  /** What happened to these monitors in the last 90 days, and their response times in the last 24 hours. */
  history(ids: readonly string[], now: number): MonitorHistory[] {
    const frame = this.#frameAt(now)
    const { open } = this.#load()
    return ids.map((id) => {
      const times: DayTimes[] = []
      const quarters: HourQuarters[] = []
      const ofHour = open?.monitors.get(id)
      if (open && ofHour) {
        times.push({ day: Math.floor(open.hour / HOURS_PER_DAY), times: timesOf(ofHour.stretches) })
        quarters.push({ hour: open.hour, quarters: quartersOf(ofHour.checks, open.hour * HOUR_MS) })
      }
      const state = open?.last && stateUntil(now, open.last, id)
      if (open?.last && state) {
        for (const { day, durationMs } of splitByDay(open.last.atMs, now)) {
          times.push({ day, times: { ...noTimes(), [state]: durationMs } })
        }
      }
      return frame.of(id, times, quarters)
    })
  }

  /** The checks of a monitor that began from `fromMs` up to `toMs`, oldest first. */
  checks(id: string, fromMs: number, toMs: number): CheckResult[] {
    const { open } = this.#load()
    const recent = open?.monitors.get(id)?.checks.filter(({ atMs }) => atMs >= fromMs && atMs < toMs) ?? []
    return [...this.#checks.between(id, fromMs, toMs), ...recent].sort((a, b) => a.atMs - b.atMs)
  }

  /**
   * The uptime of a monitor in the last `overMs`; undefined where nothing was measured. Exact to the millisecond for 7
   * days, to the hour for 90 days, to the day for longer.
   */
  uptime(id: string, overMs: number, now: number): number | undefined {
    const fromMs = now - overMs
    const last = this.#load().open?.last
    const state = last && stateUntil(now, last, id)
    if (!last) return undefined
    const times = noTimes()
    if (state) times[state] += Math.max(0, now - Math.max(last.atMs, fromMs))
    const { hours, summaries } = this.#covering(id, fromMs)
    for (const { stretches } of hours) addTimes(times, timesOf(stretches, fromMs, now))
    for (const [table, range] of summaries) for (const each of table.timesOf(id, range)) addTimes(times, each)
    return uptimeRatio([times])
  }

  /** Response times of the checks of a monitor that did not fail, of as long a time as `uptime`, within 2 %. */
  latency(id: string, overMs: number, now: number): MonitorMeasures['latencyMs'] {
    const fromMs = now - overMs
    const sketch = new LatencySketch()
    const { hours, summaries } = this.#covering(id, fromMs)
    for (const hour of hours) sketch.merge(summarise(hour, fromMs, now).latency)
    for (const [table, range] of summaries) for (const each of table.of(id, range)) sketch.merge(each.latency)
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => sketch.quantile(q))
    return p50 === undefined
      ? undefined
      : { p50: Math.round(p50), p95: Math.round(p95!), p99: Math.round(p99!) }
  }

  #load(): { open: OpenHour | undefined; slots: number } {
    if (this.#loaded) return this.#loaded
    let open: OpenHour | undefined
    let slots = 0
    // The hour begins with the first slot; what follows it are slots of the hour before, which are not read.
    for (const { hour, at, body } of this.#sql.exec<{ hour: number; at: number; body: string }>(
      'SELECT hour, at, body FROM runs ORDER BY slot',
    )) {
      open ??= new OpenHour(hour)
      if (hour !== open.hour) break
      const packed = JSON.parse(body) as PackedRun
      open.add(unpackRun(packed, at), packed.part !== undefined)
      slots += 1
    }
    this.#loaded = { open, slots }
    return this.#loaded
  }

  /** All monitors as they are shown, but for the hour that is under way. Read again when an hour is over. */
  #frameAt(now: number): HistoryFrame {
    if (this.#frame?.isFor(now)) return this.#frame
    const frame = new HistoryFrame(now)
    for (const { id, start, times } of this.#days.times(frame.days)) frame.addTimes(id, { day: start, times })
    for (const { id, start, quarters } of this.#hours.quarters(frame.hours)) {
      frame.addQuarters(id, { hour: start, quarters })
    }
    this.#frame = frame.size <= MAX_MONITORS_IN_MEMORY ? frame : undefined
    return frame
  }

  #append(run: Run, memory: string): void {
    const { open, slots } = this.#load()
    const parts = packRunParts(run, memory)
    for (const [index, part] of parts.entries()) {
      this.#sql.exec(
        `INSERT INTO runs (slot, hour, at, body, memory) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (slot) DO UPDATE SET hour = excluded.hour, at = excluded.at, body = excluded.body,
           memory = excluded.memory`,
        slots + index,
        open!.hour,
        run.atMs,
        JSON.stringify(part.run),
        part.text,
      )
      // As it will be read again: what the rounding and the limits of a row leave of it.
      open!.add(unpackRun(part.run, run.atMs), index > 0)
    }
    this.#loaded = { open, slots: slots + parts.length }
  }

  /** Turns the runs of an hour that is over into rows that stay. @param now when the next run came */
  #close(open: OpenHour, now: number): void {
    open.passTime(now)
    this.#frame = undefined
    this.#checks.write(open.hour, open.monitors)

    const startMs = open.hour * HOUR_MS
    const summaries = new Map<string, StoredSummary>()
    for (const [id, monitor] of open.monitors) {
      summaries.set(id, { ...summarise(monitor), quarters: quartersOf(monitor.checks, startMs) })
    }
    this.#hours.write(open.hour, summaries)

    const ofDay = this.#days.read(Math.floor(open.hour / HOURS_PER_DAY))
    const days = new Map([[Math.floor(open.hour / HOURS_PER_DAY), ofDay]])
    for (const [id, summary] of summaries) addSummary(getOrAdd(ofDay, id, emptySummary), summary)
    // Hours without a run have no rows; that they are unknown is told by their days.
    const thisHourMs = Math.floor(now / HOUR_MS) * HOUR_MS
    for (const { day, durationMs } of splitByDay(startMs + HOUR_MS, thisHourMs)) {
      const of = getOrAdd(days, day, () => new Map<string, Summary>())
      for (const id of open.last!.states.keys()) getOrAdd(of, id, emptySummary).times.unknown += durationMs
    }
    for (const [day, of] of days) this.#days.write(day, of)

    const hour = Math.floor(now / HOUR_MS)
    this.#checks.forget(hour - CHECKS_KEPT_HOURS, MAX_DELETED_ROWS)
    this.#hours.forget(hour - HOURS_KEPT, MAX_DELETED_ROWS)
    this.#days.forget(Math.floor(now / DAY_MS) - DAYS_KEPT, MAX_DELETED_ROWS)
  }

  /**
   * Where all is that is known of a monitor since a time: in hours that must be cut, the one under way and the one in
   * which the time begins; then in whole hours up to the first whole day; then in days, of which the last one is written
   * anew at the end of each hour.
   */
  #covering(
    id: string,
    fromMs: number,
  ): { hours: readonly MonitorHour[]; summaries: readonly (readonly [SummaryTable, Range])[] } {
    const { open } = this.#load()
    if (!open) return { hours: [], summaries: [] }
    const ofHour = open.monitors.get(id)
    const firstHour = Math.ceil(fromMs / HOUR_MS)
    if (firstHour > open.hour) return { hours: ofHour ? [ofHour] : [], summaries: [] }
    const partOfHour = firstHour * HOUR_MS > fromMs ? this.#checks.hour(firstHour - 1, id) : undefined
    const firstDay = Math.ceil(fromMs / DAY_MS)
    const hours = {
      first: partOfHour ? firstHour : Math.floor(fromMs / HOUR_MS),
      end: Math.min(firstDay * HOURS_PER_DAY, open.hour),
    }
    const days = { first: firstDay, end: Math.floor(open.hour / HOURS_PER_DAY) + 1 }
    return {
      hours: [ofHour, partOfHour].filter((each) => each !== undefined),
      summaries: [
        [this.#hours, hours],
        [this.#days, days],
      ],
    }
  }
}

// The large columns come last: to read the others, SQLite passes over them.
const SCHEMA = `CREATE TABLE IF NOT EXISTS runs (
  slot INTEGER PRIMARY KEY, hour INTEGER NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL, memory TEXT NOT NULL
)`
