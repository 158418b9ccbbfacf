import { HOUR_MS } from '../lib/clock.ts'

/** A source that is silent for this long is moved here, out of the snapshots. */
const SILENT_MS = 2 * HOUR_MS
/** The fewest sources to move at once: rows are what costs. */
const MIN_AT_ONCE = 256
/** The most sources in a row. */
const MAX_PER_ROW = 5_000
/** The most rows kept: at least a quarter of a million sources. */
const MAX_ROWS = 1_024
/** A younger batch can't be from a forgotten source, even if clocks disagree by an hour. */
const YOUNG_MS = HOUR_MS

/**
 * The sources that were silent for hours. Every object or isolate that starts is a new source, thousands a day, but only a
 * batch that was delayed for hours needs one of these. So they are kept on disk, not in memory.
 */
export class ForgottenSources {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Creates the table. */
  migrate(): void {
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS forgotten_sources (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, sequences TEXT NOT NULL)',
    )
  }

  /** Moves silent sources from memory to disk, once there are enough. */
  take(sources: Map<string, { readonly sequence: number; readonly seenAtMs: number }>, now: number): void {
    const silent = [...sources].filter(([, { seenAtMs }]) => seenAtMs < now - SILENT_MS)
    if (silent.length < MIN_AT_ONCE) return
    for (let at = 0; at < silent.length; at += MAX_PER_ROW) {
      const some = silent.slice(at, at + MAX_PER_ROW).map(([source, { sequence }]) => [source, sequence])
      this.#sql.exec(
        'INSERT INTO forgotten_sources (at, sequences) VALUES (?, ?)',
        now,
        JSON.stringify(Object.fromEntries(some)),
      )
    }
    this.#sql.exec(
      'DELETE FROM forgotten_sources WHERE id <= (SELECT MAX(id) FROM forgotten_sources) - ?',
      MAX_ROWS,
    )
    for (const [source] of silent) sources.delete(source)
  }

  /**
   * The last sequence counted from a source that is not in memory; 0 for a new source. Infinity for a batch so old that its
   * source may have been deleted: nothing counts twice.
   * @param createdAtMs when its batch was made, if known
   */
  lastSequence(source: string, createdAtMs: number | undefined, now: number): number {
    if (createdAtMs !== undefined && createdAtMs > now - YOUNG_MS) return 0
    const [found] = this.#sql
      .exec<{ sequences: string }>(
        'SELECT sequences FROM forgotten_sources WHERE instr(sequences, ?) > 0 ORDER BY id DESC LIMIT 1',
        `${JSON.stringify(source)}:`,
      )
      .toArray()
    if (found) return (JSON.parse(found.sequences) as Record<string, number>)[source] ?? 0
    return createdAtMs !== undefined && createdAtMs < this.#knownSinceMs() ? Number.POSITIVE_INFINITY : 0
  }

  /** Sources that went silent before this may have been deleted. */
  #knownSinceMs(): number {
    const [first] = this.#sql
      .exec<{ id: number; at: number }>('SELECT id, at FROM forgotten_sources ORDER BY id LIMIT 1')
      .toArray()
    return first && first.id > 1 ? first.at : 0
  }
}
