import type { TimeInStates } from './model.ts'
import { STATES } from './packing.ts'
import type { Quarter, Summary } from './summary.ts'
import { emptySummary, timesAt } from './summary.ts'

/** A monitor's summary of an hour or a day; only those of hours have quarters. */
export interface StoredSummary extends Summary {
  readonly quarters?: readonly Quarter[]
}

/** Up to, but without `end`. */
export interface Range {
  readonly first: number
  readonly end: number
}

/** So many fit into a row, also if each of their checks took another time. */
const MONITORS_PER_ROW = 150
/** Ids of rows are the hour or day, times this, plus the number of the part. */
const PARTS = 1_000

/**
 * Summaries of all monitors by hours or days since the epoch. A row holds many monitors, in columns that are lists in
 * the same order, so that what is asked for most is read alone.
 */
export class SummaryTable {
  readonly #sql: SqlStorage
  readonly #name: 'hours' | 'days'

  constructor(sql: SqlStorage, name: 'hours' | 'days') {
    this.#sql = sql
    this.#name = name
    sql.exec(
      `CREATE TABLE IF NOT EXISTS ${name} (
         id INTEGER PRIMARY KEY, monitors TEXT NOT NULL, times TEXT NOT NULL, quarters TEXT, latencies TEXT NOT NULL
       )`,
    )
  }

  /** Writes one hour or day, over what there was of it. */
  write(start: number, summaries: ReadonlyMap<string, StoredSummary>): void {
    const all = [...summaries].sort(([a], [b]) => (a < b ? -1 : 1))
    const parts = Math.ceil(all.length / MONITORS_PER_ROW)
    for (let part = 0; part < parts; part++) {
      const some = all.slice(part * MONITORS_PER_ROW, (part + 1) * MONITORS_PER_ROW)
      const row: Columns = {
        monitors: some.map(([id]) => id),
        times: some.flatMap(([, { times }]) => STATES.map((state) => times[state])),
        quarters: some.map(([, { quarters }]) => quarters ?? []),
        latencies: some.map(([, { checks, failed, latency }]) => [checks, failed, ...latency.pack()]),
      }
      this.#sql.exec(
        `INSERT INTO ${this.#name} (id, monitors, times, quarters, latencies) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET monitors = excluded.monitors, times = excluded.times,
           quarters = excluded.quarters, latencies = excluded.latencies`,
        start * PARTS + part,
        JSON.stringify(row.monitors),
        JSON.stringify(row.times),
        this.#name === 'hours' ? JSON.stringify(row.quarters) : null,
        JSON.stringify(row.latencies),
      )
    }
  }

  /** The summaries of one hour or day, without quarters. */
  read(start: number): Map<string, Summary> {
    const summaries = new Map<string, Summary>()
    for (const { monitors, times, latencies } of this.#rows({ first: start, end: start + 1 }, [
      'monitors',
      'times',
      'latencies',
    ])) {
      for (const [index, id] of monitors.entries()) {
        summaries.set(id, toSummary(timesAt(times, index), latencies[index]!))
      }
    }
    return summaries
  }

  /** The summaries of one monitor, in their order. */
  *of(id: string, range: Range): Generator<Summary> {
    for (const { monitors, times, latencies } of this.#rows(range, ['monitors', 'times', 'latencies'])) {
      const index = monitors.indexOf(id)
      if (index >= 0) yield toSummary(timesAt(times, index), latencies[index]!)
    }
  }

  /** The times of one monitor, in their order. */
  *timesOf(id: string, range: Range): Generator<TimeInStates> {
    for (const { monitors, times } of this.#rows(range, ['monitors', 'times'])) {
      const index = monitors.indexOf(id)
      if (index >= 0) yield timesAt(times, index)
    }
  }

  /** The times of some monitors, by hours or days, in their order. */
  *times(range: Range): Generator<{ start: number; id: string; times: TimeInStates }> {
    for (const { start, monitors, times } of this.#rows(range, ['monitors', 'times'])) {
      for (const [index, id] of monitors.entries()) {
        yield { start, id, times: timesAt(times, index) }
      }
    }
  }

  /** The quarters of all monitors, by hours, in their order. */
  *quarters(range: Range): Generator<{ start: number; id: string; quarters: readonly Quarter[] }> {
    for (const { start, monitors, quarters } of this.#rows(range, ['monitors', 'quarters'])) {
      for (const [index, id] of monitors.entries()) {
        yield { start, id, quarters: quarters[index]! }
      }
    }
  }

  /** Forgets what is before an hour or day, the oldest first, but not more than so many rows. */
  forget(before: number, maxRows: number): void {
    this.#sql.exec(
      `DELETE FROM ${this.#name} WHERE id IN (SELECT id FROM ${this.#name} WHERE id < ? ORDER BY id LIMIT ?)`,
      before * PARTS,
      maxRows,
    )
  }

  *#rows<Column extends keyof Columns>(
    { first, end }: Range,
    columns: readonly Column[],
  ): Generator<Pick<Columns, Column> & { start: number }> {
    const rows = this.#sql.exec<{ id: number } & Record<Column, string>>(
      `SELECT id, ${columns.join(', ')} FROM ${this.#name} WHERE id >= ? AND id < ? ORDER BY id`,
      first * PARTS,
      end * PARTS,
    )
    for (const row of rows) {
      const lists = columns.map((column) => [column, JSON.parse(row[column])] as const)
      yield {
        ...(Object.fromEntries(lists) as Pick<Columns, Column>),
        start: Math.floor(row.id / PARTS),
      }
    }
  }
}

/** A row: lists in the order of its monitors. */
interface Columns {
  readonly monitors: readonly string[]
  /** As many for each monitor as there are states. */
  readonly times: readonly number[]
  readonly quarters: readonly (readonly Quarter[])[]
  /** Of each monitor: its checks, the failed ones, and its latency sketch. */
  readonly latencies: readonly (readonly number[])[]
}

function toSummary(times: Summary['times'], [checks = 0, failed = 0, ...sketch]: readonly number[]): Summary {
  const { latency } = emptySummary()
  latency.addPacked(sketch)
  return { times, checks, failed, latency }
}
