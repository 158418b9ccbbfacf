import { cutBytes, MAX_ROW_BYTES } from '../lib/rows.ts'
import type { MetricDelta, MinuteDelta } from './batch.ts'

/** A hand-over as it was settled, or what the store adds itself (then without a source). */
export interface JournalEntry {
  readonly source?: string
  /** The source's. */
  readonly sequence?: number
  readonly receivedAtMs: number
  readonly metrics: readonly MetricDelta[]
  readonly minutes: readonly MinuteDelta[]
}

/** The last sequence that a source handed over, and when. */
export interface SourceState {
  readonly sequence: number
  readonly seenAtMs: number
}

/** All that a store remembers, but for the windows that are in rows of their own. */
export interface Snapshot {
  readonly metrics: readonly MetricDelta[]
  readonly sources: readonly (readonly [source: string, state: SourceState])[]
}

/** Entries between two snapshots: so many are read and replayed at most when the object starts. */
const SLOTS = 128
/** A snapshot comes earlier where the entries since the last one are longer than this, in UTF-16 units. */
const MAX_JOURNAL_LENGTH = 4_000_000
/** A longer entry causes a snapshot at once, because it might not fit into a row. */
const MAX_ENTRY_LENGTH = MAX_ROW_BYTES / 3
const SNAPSHOT_VERSION = 1

/**
 * The store's memory on disk: a snapshot, and the entries that came after it. Rows written are what costs, so an entry
 * is one row, in a ring of slots that are written over and never deleted.
 *
 * Every method belongs in a transaction of the caller's.
 */
export class Journal {
  readonly #sql: SqlStorage
  /** Of the last entry; they rise by one. */
  #sequence = 0
  /** Of the last entry that the snapshot holds. */
  #snapshotSequence = 0
  #length = 0

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Makes the tables. */
  migrate(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS journal (slot INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, entry TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS snapshot (chunk INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, bytes BLOB NOT NULL);
    `)
  }

  /** What there is: the snapshot and the entries after it, in their order. */
  load(): { snapshot: Snapshot; entries: JournalEntry[] } {
    const chunks = this.#sql
      .exec<{ sequence: number; bytes: ArrayBuffer }>('SELECT sequence, bytes FROM snapshot ORDER BY chunk')
      .toArray()
    this.#snapshotSequence = chunks[0]?.sequence ?? 0
    const rows = this.#rowsAfter(this.#snapshotSequence)
    this.#sequence = rows.at(-1)?.sequence ?? this.#snapshotSequence
    this.#length = rows.reduce((sum, row) => sum + row.entry.length, 0)
    return {
      snapshot: decodeSnapshot(chunks.map((chunk) => chunk.bytes)),
      entries: rows.map(({ entry }) => {
        const { metrics, ...rest } = JSON.parse(entry) as JournalEntry
        return { ...rest, metrics: metrics.map(unpack) }
      }),
    }
  }

  /** The entries after the given one; earlier ones aren't read. */
  #rowsAfter(sequence: number): { sequence: number; entry: string }[] {
    const rows: { sequence: number; entry: string }[] = []
    const first = (sequence + 1) % SLOTS
    for (const [from, end] of [
      [first, SLOTS],
      [0, first],
    ]) {
      for (const row of this.#sql.exec<{ sequence: number; entry: string }>(
        'SELECT sequence, entry FROM journal WHERE slot >= ? AND slot < ? ORDER BY slot',
        from,
        end,
      )) {
        if (row.sequence !== sequence + 1 + rows.length) return rows
        rows.push(row)
      }
    }
    return rows
  }

  /** Writes an entry. Returns false, with nothing written, where it is time for a snapshot that holds it. */
  append(entry: JournalEntry): boolean {
    const text = JSON.stringify({ ...entry, metrics: entry.metrics.map(pack) })
    const isFull =
      this.#sequence - this.#snapshotSequence >= SLOTS || this.#length + text.length > MAX_JOURNAL_LENGTH
    if (isFull || text.length > MAX_ENTRY_LENGTH) return false
    this.#sequence += 1
    this.#length += text.length
    this.#sql.exec(
      `INSERT INTO journal (slot, sequence, entry) VALUES (?, ?, ?)
       ON CONFLICT (slot) DO UPDATE SET sequence = excluded.sequence, entry = excluded.entry`,
      this.#sequence % SLOTS,
      this.#sequence,
      text,
    )
    return true
  }

  /** Writes all of it anew; the entries so far count no more. */
  writeSnapshot(snapshot: Snapshot): void {
    this.#sequence += 1 // the entry that was not appended
    const bytes = new TextEncoder().encode(
      JSON.stringify({ version: SNAPSHOT_VERSION, ...snapshot, metrics: snapshot.metrics.map(pack) }),
    )
    const chunks = cutBytes(bytes)
    for (const [chunk, piece] of chunks.entries()) {
      this.#sql.exec(
        `INSERT INTO snapshot (chunk, sequence, bytes) VALUES (?, ?, ?)
         ON CONFLICT (chunk) DO UPDATE SET sequence = excluded.sequence, bytes = excluded.bytes`,
        chunk,
        this.#sequence,
        piece,
      )
    }
    this.#sql.exec('DELETE FROM snapshot WHERE chunk >= ?', chunks.length)
    this.#snapshotSequence = this.#sequence
    this.#length = 0
  }
}

function decodeSnapshot(chunks: readonly ArrayBuffer[]): Snapshot {
  if (chunks.length === 0) return { metrics: [], sources: [] }
  const decoder = new TextDecoder()
  const text = chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode()
  const { version, metrics, sources } = JSON.parse(text) as Snapshot & { version: number }
  if (version !== SNAPSHOT_VERSION)
    throw new Error(`the snapshot has version ${version}, which is not known here`)
  return { metrics: metrics.map(unpack), sources }
}

/** JSON has no NaN and no infinity, which a gauge may be: they are written as text. */
function pack(delta: MetricDelta): MetricDelta {
  if (delta.type !== 'gauge') return delta
  const series = delta.series.map(({ values, numbers: [value, atMs] }) => ({
    values,
    numbers: [Number.isFinite(value) ? value : String(value), atMs],
  }))
  return { ...delta, series: series as unknown as MetricDelta['series'] }
}

function unpack(delta: MetricDelta): MetricDelta {
  if (delta.type !== 'gauge') return delta
  const series = delta.series.map(({ values, numbers: [value, atMs] }) => ({
    values,
    numbers: [Number(value), atMs!],
  }))
  return { ...delta, series }
}
