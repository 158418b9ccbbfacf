import { HOUR_MS } from '../lib/clock.ts'
import type { CheckResult } from './model.ts'
import type { MonitorHour, PackedHour } from './packing.ts'
import { packHour, unpackHour } from './packing.ts'

/** Ids of rows are the hour since the epoch, times this, plus the number of the part. */
const PARTS = 1_000

/** Every check of the hours that are over, and the states of all monitors in them. A row holds many monitors. */
export class CheckTable {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    // The large column comes last: to read the others, SQLite passes over it.
    sql.exec(
      `CREATE TABLE IF NOT EXISTS checks (
         id INTEGER PRIMARY KEY, first_monitor TEXT NOT NULL, last_monitor TEXT NOT NULL,
         first_at INTEGER, body TEXT NOT NULL
       )`,
    )
  }

  /** Writes an hour, which is written once. */
  write(hour: number, monitors: ReadonlyMap<string, MonitorHour>): void {
    let firstAtMs = Number.POSITIVE_INFINITY
    for (const { checks } of monitors.values()) {
      for (const { atMs } of checks) firstAtMs = Math.min(firstAtMs, atMs)
    }
    for (const [part, packed] of packHour(monitors, hour * HOUR_MS).entries()) {
      this.#sql.exec(
        'INSERT INTO checks (id, first_monitor, last_monitor, first_at, body) VALUES (?, ?, ?, ?, ?)',
        hour * PARTS + part,
        packed.monitors[0]!,
        packed.monitors.at(-1)!,
        Number.isFinite(firstAtMs) ? firstAtMs : null,
        JSON.stringify(packed),
      )
    }
  }

  /** What there was of a monitor in an hour; undefined where that is not known any more, or it wasn't there. */
  hour(hour: number, id: string): MonitorHour | undefined {
    const [found] = this.#find('id < ?', hour, id, (hour + 1) * PARTS)
    return found
  }

  /** The checks of a monitor within this time. */
  between(id: string, fromMs: number, toMs: number): CheckResult[] {
    // A check may lie shortly before or after the hour of its run, and long before it where the clock went back.
    return [...this.#find('first_at < ?', Math.floor(fromMs / HOUR_MS) - 1, id, toMs)]
      .flatMap(({ checks }) => checks)
      .filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
  }

  /** Forgets what is before an hour, the oldest first, but not more than so many rows. */
  forget(beforeHour: number, maxRows: number): void {
    this.#sql.exec(
      'DELETE FROM checks WHERE id IN (SELECT id FROM checks WHERE id < ? ORDER BY id LIMIT ?)',
      beforeHour * PARTS,
      maxRows,
    )
  }

  *#find(condition: string, firstHour: number, id: string, value: number): Generator<MonitorHour> {
    const rows = this.#sql.exec<{ id: number; body: string }>(
      `SELECT id, body FROM checks
       WHERE id >= ? AND first_monitor <= ? AND last_monitor >= ? AND ${condition} ORDER BY id`,
      firstHour * PARTS,
      id,
      id,
      value,
    )
    for (const row of rows) {
      const startMs = Math.floor(row.id / PARTS) * HOUR_MS
      const found = unpackHour(JSON.parse(row.body) as PackedHour, startMs, id)
      if (found) yield found
    }
  }
}
