/** The dependencies that Edgewatch probes. */
export type DependencyName = 'mongodb' | 'redis'

/** A dependency that is down. */
export interface Outage {
  /** Holds no host, URI or credential. */
  readonly message: string
  /** When the second probe in a row failed; milliseconds since the epoch. */
  readonly sinceMs: number
}

/**
 * Which dependencies are down, in the SQLite of the health monitor: it is evicted between two cron runs. Rows are
 * written only when an outage begins, changes its reason, or ends.
 */
export class OutageStore {
  readonly #sql: SqlStorage

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql
    this.#sql.exec(SCHEMA)
  }

  all(): Map<DependencyName, Outage> {
    const rows = this.#sql.exec<{ dependency: DependencyName; message: string; since: number }>(
      'SELECT dependency, message, since FROM outages',
    )
    return new Map(
      [...rows].map(({ dependency, message, since }) => [dependency, { message, sinceMs: since }]),
    )
  }

  save(dependency: DependencyName, { message, sinceMs }: Outage): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO outages (dependency, message, since) VALUES (?, ?, ?)',
      dependency,
      message,
      sinceMs,
    )
  }

  delete(dependency: DependencyName): void {
    this.#sql.exec('DELETE FROM outages WHERE dependency = ?', dependency)
  }
}

// WITHOUT ROWID: a text key would be a second row for each.
const SCHEMA = `CREATE TABLE IF NOT EXISTS outages (
  dependency TEXT PRIMARY KEY, message TEXT NOT NULL, since INTEGER NOT NULL
) WITHOUT ROWID`
