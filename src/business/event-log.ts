import { DAY_MS } from '../lib/clock.ts'
import type { MetricDelta } from '../metrics/batch.ts'
import type { DocumentWrite } from './documents.ts'

/** The events of one call, as they were taken: what they come to is decided then, and only carried out later. */
export interface Entry {
  readonly acceptedAtMs: number
  readonly events: number
  /** Of the events that have one. */
  readonly ids: readonly string[]
  readonly metrics: readonly MetricDelta[]
  readonly writes: readonly DocumentWrite[]
}

/** An entry with its place in the log, which begins with 1. */
export interface StoredEntry extends Entry {
  readonly sequence: number
  /** Events of all entries up to this one. */
  readonly total: number
}

/** How far entries were carried out. */
export interface Progress {
  /** The source of our hand-overs to the metrics store. */
  readonly source: string
  /** The last entry whose metrics the store has acknowledged. */
  readonly counted: number
  /** The last entry of the hand-over that was begun, and may have arrived; it is sent again as it is. */
  readonly counting: number
  /** The last entry whose documents are written. */
  readonly written: number
  /** Events up to the last entry that is done with altogether. */
  readonly doneTotal: number
  /** The last entry whose row was looked at for removal. */
  readonly swept: number
}

/** How long an id is remembered at least, unless more events come than are remembered. */
const REMEMBERED_MS = DAY_MS
/** Ids that are remembered; beyond it the oldest are forgotten. */
const MAX_REMEMBERED = 100_000

/** More rows than may wait (`maxBacklog`), and than are read to know the last ids. */
const SLOTS = 65_536
/** Entries and ids between two rows of ids: no more are read when the object starts. */
const MAX_LOOSE_ENTRIES = 128
const MAX_LOOSE_IDS = 3_000
const CHUNKS = 1_024
/** A row that is shorter may lie until it is written over; a longer one is removed when it is done. UTF-16 units. */
const MAX_LEFT_LENGTH = 2_000

const PROGRESS = 1
const REPORT = 2

/**
 * The queue on disk. Rows written are what costs, so a call is one row, in a ring of slots that are written over; every
 * 128 calls the ids in them become one row of another ring, which is what is read to know them again.
 *
 * Every method belongs in a transaction of the caller's. After one that failed, the log must be made anew.
 */
export class EventLog {
  readonly #sql: SqlStorage
  /** Ids in the order in which they came, and when. */
  readonly #ids = new Map<string, number>()
  /** Ids of entries that no row of ids holds yet. */
  #looseIds: string[] = []
  #chunk = 0
  #chunkedUpTo = 0
  #last = { sequence: 0, total: 0 }
  #progress: Progress

  /** Reads what there is. @param newId names the source of hand-overs, once for good */
  constructor(sql: SqlStorage, now: number, newId: () => string) {
    this.#sql = sql
    this.#progress = this.#read<Progress>(PROGRESS) ?? {
      source: newId(),
      counted: 0,
      counting: 0,
      written: 0,
      doneTotal: 0,
      swept: 0,
    }
    const chunks = this.#lastChunks(now)
    for (const row of chunks.reverse()) {
      this.#chunk = row.chunk
      this.#chunkedUpTo = row.sequence
      this.#last = { sequence: row.sequence, total: row.total }
      for (const id of row.ids) this.#ids.set(id, row.accepted_at_ms)
    }
    for (let entry = this.entry(this.#last.sequence + 1); entry; entry = this.entry(entry.sequence + 1)) {
      this.#remember(entry)
      this.#last = { sequence: entry.sequence, total: entry.total }
    }
    this.#forget(now)
  }

  /** Makes the tables. */
  static migrate(sql: SqlStorage): void {
    sql.exec(`
      CREATE TABLE IF NOT EXISTS entries (slot INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, entry TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS known_ids (slot INTEGER PRIMARY KEY, chunk INTEGER NOT NULL, sequence INTEGER NOT NULL,
        total INTEGER NOT NULL, accepted_at_ms INTEGER NOT NULL, ids TEXT NOT NULL);
      CREATE INDEX IF NOT EXISTS known_chunks ON known_ids (chunk);
      CREATE TABLE IF NOT EXISTS state (key INTEGER PRIMARY KEY, value TEXT NOT NULL);
    `)
  }

  get progress(): Progress {
    return this.#progress
  }

  /** The sequence of the last entry; 0 where there is none. */
  get lastSequence(): number {
    return this.#last.sequence
  }

  /** Events that are not done with. */
  get backlog(): number {
    return this.#last.total - this.#progress.doneTotal
  }

  /** Whether an event with this id was taken, as far as it is remembered. */
  knows(id: string): boolean {
    return this.#ids.has(id)
  }

  /** An entry that is not done with; undefined beyond the last one. */
  entry(sequence: number): StoredEntry | undefined {
    const [row] = this.#sql.exec<{ sequence: number; entry: string }>(
      'SELECT sequence, entry FROM entries WHERE slot = ?',
      sequence % SLOTS,
    )
    return row?.sequence === sequence ? (JSON.parse(row.entry) as StoredEntry) : undefined
  }

  append(entry: Entry): void {
    const stored: StoredEntry = {
      ...entry,
      sequence: this.#last.sequence + 1,
      total: this.#last.total + entry.events,
    }
    this.#sql.exec(
      `INSERT INTO entries (slot, sequence, entry) VALUES (?1, ?2, ?3)
       ON CONFLICT (slot) DO UPDATE SET sequence = ?2, entry = ?3`,
      stored.sequence % SLOTS,
      stored.sequence,
      JSON.stringify(stored),
    )
    this.#last = { sequence: stored.sequence, total: stored.total }
    this.#remember(stored)
    const isFull =
      stored.sequence - this.#chunkedUpTo >= MAX_LOOSE_ENTRIES || this.#looseIds.length >= MAX_LOOSE_IDS
    if (isFull) this.#writeChunk(entry.acceptedAtMs)
    this.#forget(entry.acceptedAtMs)
  }

  /** Says how far entries were carried out. What is done with is removed where it takes room. */
  advance(change: Partial<Omit<Progress, 'source' | 'doneTotal' | 'swept'>>): void {
    const next = { ...this.#progress, ...change }
    const done = Math.min(next.counted, next.written)
    const doneBefore = Math.min(this.#progress.counted, this.#progress.written)
    const doneTotal = done === doneBefore ? next.doneTotal : this.entry(done)!.total
    this.#progress = { ...next, doneTotal, swept: this.#sweep(done) }
    this.#write(PROGRESS, this.#progress)
  }

  /** What was kept with `saveReport`. */
  report<T>(): T | undefined {
    return this.#read<T>(REPORT)
  }

  saveReport(report: unknown): void {
    this.#write(REPORT, report)
  }

  /** The rows of remembered ids, latest first; at least one if there are any. */
  #lastChunks(now: number): Chunk[] {
    const chunks: Chunk[] = []
    let ids = 0
    for (const row of this.#sql.exec<ChunkRow>(
      'SELECT chunk, sequence, total, accepted_at_ms, ids FROM known_ids ORDER BY chunk DESC',
    )) {
      const isOld = ids >= MAX_REMEMBERED || row.accepted_at_ms < now - REMEMBERED_MS
      if (isOld && chunks.length > 0) break // earlier ones aren't read either
      const chunk = { ...row, ids: isOld ? [] : (JSON.parse(row.ids) as string[]) }
      chunks.push(chunk)
      ids += chunk.ids.length
    }
    return chunks
  }

  /** Removes long rows that nobody needs any more: they are done with, and their ids are known otherwise. */
  #sweep(done: number): number {
    const upTo = Math.min(done, this.#chunkedUpTo)
    for (let sequence = this.#progress.swept + 1; sequence <= upTo; sequence++) {
      this.#sql.exec(
        'DELETE FROM entries WHERE slot = ? AND length(entry) > ?',
        sequence % SLOTS,
        MAX_LEFT_LENGTH,
      )
    }
    return Math.max(this.#progress.swept, upTo)
  }

  #remember({ ids, acceptedAtMs }: StoredEntry): void {
    for (const id of ids) this.#ids.set(id, acceptedAtMs)
    this.#looseIds.push(...ids)
  }

  #forget(now: number): void {
    for (const [id, atMs] of this.#ids) {
      if (atMs >= now - REMEMBERED_MS && this.#ids.size <= MAX_REMEMBERED) return
      this.#ids.delete(id)
    }
  }

  #writeChunk(now: number): void {
    this.#chunk += 1
    this.#sql.exec(
      `INSERT INTO known_ids (slot, chunk, sequence, total, accepted_at_ms, ids) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
       ON CONFLICT (slot) DO UPDATE SET chunk = ?2, sequence = ?3, total = ?4, accepted_at_ms = ?5, ids = ?6`,
      this.#chunk % CHUNKS,
      this.#chunk,
      this.#last.sequence,
      this.#last.total,
      now,
      JSON.stringify(this.#looseIds),
    )
    this.#chunkedUpTo = this.#last.sequence
    this.#looseIds = []
  }

  #read<T>(key: number): T | undefined {
    const [row] = this.#sql.exec<{ value: string }>('SELECT value FROM state WHERE key = ?', key)
    return row && (JSON.parse(row.value) as T)
  }

  #write(key: number, value: unknown): void {
    this.#sql.exec(
      'INSERT INTO state (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2',
      key,
      JSON.stringify(value),
    )
  }
}

/** The log of an object. After a transaction that failed it is another one, so that it is asked for each time. */
export interface LogAccess {
  current(): EventLog
  /** Changes it in a transaction. */
  commit(work: (log: EventLog) => void): void
}

type Chunk = Omit<ChunkRow, 'ids'> & { readonly ids: readonly string[] }

type ChunkRow = {
  readonly chunk: number
  readonly sequence: number
  readonly total: number
  readonly accepted_at_ms: number
  readonly ids: string
}
