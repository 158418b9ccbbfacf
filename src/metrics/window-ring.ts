import type { Span, Window, WindowDelta } from './windows.ts'
import { addWindow, KEPT_HOURS, KEPT_MINUTES, toDelta } from './windows.ts'

/**
 * Windows on disk, one packed row each, in rings of slots: a new minute takes the row of the one 48 h before it, so that
 * nothing needs deleting. Whoever reads asks for a span, and rows of another lap are passed over.
 */
export class WindowRing {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Makes the tables. */
  migrate(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS minutes (slot INTEGER PRIMARY KEY, start INTEGER NOT NULL, entry TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS hours (slot INTEGER PRIMARY KEY, start INTEGER NOT NULL, entry TEXT NOT NULL);
    `)
  }

  /** Adds to a minute or an hour, which may be long over. What is older than the ring is left out. */
  add(unit: Unit, start: number, window: Window): void {
    const slot = start % SIZES[unit]
    const [row] = this.#sql.exec<Row>(`SELECT start, entry FROM ${unit} WHERE slot = ?`, slot)
    if (row && row.start > start) return
    const merged: Window = new Map()
    if (row?.start === start) addWindow(merged, JSON.parse(row.entry) as WindowDelta)
    addWindow(merged, toDelta(window))
    this.#sql.exec(
      `INSERT INTO ${unit} (slot, start, entry) VALUES (?, ?, ?)
       ON CONFLICT (slot) DO UPDATE SET start = excluded.start, entry = excluded.entry`,
      slot,
      start,
      JSON.stringify(toDelta(merged)),
    )
  }

  /** Adds up a span of minutes or hours into `target`. */
  read(unit: Unit, { first, end }: Span, target: Window): void {
    const size = SIZES[unit]
    const from = Math.max(first, end - size)
    if (from >= end) return
    const [firstSlot, lastSlot] = [from % size, (end - 1) % size]
    const slots = firstSlot <= lastSlot ? 'slot BETWEEN ?1 AND ?2' : '(slot >= ?1 OR slot <= ?2)'
    const rows = this.#sql.exec<Row>(
      `SELECT start, entry FROM ${unit} WHERE ${slots} AND start >= ?3 AND start < ?4`,
      firstSlot,
      lastSlot,
      from,
      end,
    )
    for (const row of rows) addWindow(target, JSON.parse(row.entry) as WindowDelta)
  }
}

type Unit = 'minutes' | 'hours'
type Row = { start: number; entry: string }

const SIZES: Readonly<Record<Unit, number>> = { minutes: KEPT_MINUTES, hours: KEPT_HOURS }
