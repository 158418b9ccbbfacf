import { DAY_MS } from '../lib/clock.ts'
import type { Incident } from './model.ts'

/** How long resolved incidents are kept: as long as the status page looks back. */
const HISTORY_MS = 90 * DAY_MS
/** At most so many resolved incidents are kept. */
const HISTORY_ROWS = 1000

/** Whole, or without its timeline, which is most of an incident. */
export type Detail = 'whole' | 'brief'

/** The incidents that are open, and those of the last months. */
export class IncidentStore {
  readonly #storage: DurableObjectStorage

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
    for (const statement of SCHEMA) this.#sql(statement)
  }

  /** Incidents that are not resolved, by their alert. */
  open(detail: Detail = 'whole'): Map<string, Incident> {
    return new Map(this.#select(detail, 'resolved_at IS NULL').map((each) => [each.alert, each]))
  }

  /** Those that were resolved since, latest first. */
  resolvedSince(sinceMs: number, limit = HISTORY_ROWS, detail: Detail = 'whole'): Incident[] {
    return this.#select(detail, 'resolved_at >= ? ORDER BY resolved_at DESC LIMIT ?', sinceMs, limit)
  }

  /** Open or resolved. */
  find(dedupKey: string): Incident | undefined {
    return this.#select('whole', 'dedup_key = ?', dedupKey)[0]
  }

  save(incident: Incident): void {
    this.#sql(
      `INSERT INTO incidents (dedup_key, resolved_at, body) VALUES (?, ?, ?)
       ON CONFLICT (dedup_key) DO UPDATE SET resolved_at = excluded.resolved_at, body = excluded.body`,
      incident.dedupKey,
      incident.resolvedAtMs ?? null,
      JSON.stringify(incident),
    )
  }

  /** Forgets resolved incidents that are too old or too many. Reads the whole table. */
  prune(now: number): void {
    this.#sql('DELETE FROM incidents WHERE resolved_at < ?', now - HISTORY_MS)
    this.#sql(
      `DELETE FROM incidents WHERE dedup_key IN (SELECT dedup_key FROM incidents
       WHERE resolved_at IS NOT NULL ORDER BY resolved_at DESC LIMIT -1 OFFSET ?)`,
      HISTORY_ROWS,
    )
  }

  #select(detail: Detail, condition: string, ...values: SqlStorageValue[]): Incident[] {
    const body = detail === 'whole' ? 'body' : "json_remove(body, '$.timeline')"
    const rows = this.#sql<{ body: string }>(
      `SELECT ${body} AS body FROM incidents WHERE ${condition}`,
      ...values,
    )
    return rows.map(({ body }) => withTimeline(JSON.parse(body)))
  }

  #sql<Row extends Record<string, SqlStorageValue>>(statement: string, ...values: SqlStorageValue[]): Row[] {
    return this.#storage.sql.exec<Row>(statement, ...values).toArray()
  }
}

/** Brief ones have no timeline, nor have those of earlier versions. */
const withTimeline = (stored: Incident): Incident => ({ ...stored, timeline: stored.timeline ?? [] })

// WITHOUT ROWID: a text key would be a second row for each.
const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS incidents (
     dedup_key TEXT PRIMARY KEY, resolved_at INTEGER, body TEXT NOT NULL
   ) WITHOUT ROWID`,
  'CREATE INDEX IF NOT EXISTS open_incidents ON incidents (dedup_key) WHERE resolved_at IS NULL',
]
