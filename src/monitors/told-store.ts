import type { Beat } from './heartbeat.ts'
import type { Maintenance } from './model.ts'

/** What people and jobs tell, in the SQLite of the uptime monitor: announced maintenance, and beats. */
export class ToldStore {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    for (const statement of SCHEMA) sql.exec(statement)
  }

  /** Announced maintenance that has not ended, by its beginning. */
  announced(now: number): Maintenance[] {
    return this.#sql
      .exec<{ body: string }>('SELECT body FROM maintenance WHERE until > ?', now)
      .toArray()
      .map(({ body }) => JSON.parse(body) as Maintenance)
      .sort((a, b) => a.fromMs - b.fromMs)
  }

  announce(window: Maintenance & { readonly id: string }, now: number): void {
    this.#sql.exec('DELETE FROM maintenance WHERE until <= ?', now)
    this.#sql.exec(
      `INSERT INTO maintenance (id, until, body) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET until = excluded.until, body = excluded.body`,
      window.id,
      window.toMs,
      JSON.stringify(window),
    )
  }

  /** Whether there was one. */
  withdraw(id: string): boolean {
    return this.#sql.exec('DELETE FROM maintenance WHERE id = ? RETURNING id', id).toArray().length > 0
  }

  /** What jobs have said, by the id of their monitor. */
  beats(): ReadonlyMap<string, Beat> {
    const rows = this.#sql
      .exec<{ monitor: string; body: string }>('SELECT monitor, body FROM beats')
      .toArray()
    return new Map(rows.map(({ monitor, body }) => [monitor, JSON.parse(body) as Beat]))
  }

  saveBeat(id: string, beat: Beat): void {
    this.#sql.exec(
      'INSERT INTO beats (monitor, body) VALUES (?, ?) ON CONFLICT (monitor) DO UPDATE SET body = excluded.body',
      id,
      JSON.stringify(beat),
    )
  }
}

// A text key has no row of its own where there is no other.
const SCHEMA = [
  'CREATE TABLE IF NOT EXISTS maintenance (id TEXT PRIMARY KEY, until INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS beats (monitor TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID',
]
