import { cutText } from '../lib/rows.ts'
import { IncidentStore } from './incident-store.ts'
import type { Pending, Silence } from './model.ts'
import { OutboxStore } from './outbox-store.ts'
import type { CounterSamples, SamplesByRun } from './samples.ts'
import { fromSamplesByRun, NO_SAMPLES } from './samples.ts'

/** Why a rule was not evaluated. */
export type Unmeasured = 'no_data' | 'off'

/** The last run that was committed. Times in milliseconds since the epoch. */
export interface LastRun {
  readonly atMs: number
  readonly lagSeconds: number
  readonly outcome: 'ok' | 'partial' | 'error'
  readonly pending: Readonly<Record<string, Pending>>
  /** What each rule measured, with its unit; those that measured no number are missing. */
  readonly values: Readonly<Record<string, string>>
  /** Rules of whose signal nobody knew, and those whose dependency is not configured. */
  readonly unmeasured: Readonly<Record<string, Unmeasured>>
  /** When the monitors were last judged, or have since been waited for; undefined where there are none. */
  readonly judgedAtMs?: number
}

/**
 * What the ledger keeps, in the SQLite of its Durable Object. A row written costs money, also in an index: what
 * changes at each run is one row, or as few as it fits into, and the indexes hold only what is open.
 */
export class LedgerStore {
  readonly incidents: IncidentStore
  readonly outbox: OutboxStore
  readonly #storage: DurableObjectStorage

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
    this.incidents = new IncidentStore(storage)
    this.outbox = new OutboxStore(storage)
    for (const statement of SCHEMA) this.#sql(statement)
  }

  /** Runs `work` so that all or nothing of what it writes is kept. */
  transaction<T>(work: () => T): T {
    return this.#storage.transactionSync(work)
  }

  lastRun(): LastRun | undefined {
    return this.#memo<LastRun>('run')
  }

  saveRun(run: LastRun): void {
    this.#saveMemo('run', run)
  }

  /** When an alarm last came late: then all was held up, and the cron gets its time anew. */
  wokeAtMs(): number {
    return this.#memo<number>('woke') ?? 0
  }

  saveWokeAt(atMs: number): void {
    this.#saveMemo('woke', atMs)
  }

  /** When the monitors were last judged, where no run wrote it down in time; 0 where that never was so. */
  judgedAtMs(): number {
    return this.#memo<number>('judged') ?? 0
  }

  saveJudgedAt(atMs: number): void {
    this.#saveMemo('judged', atMs)
  }

  /** When a delivery last failed; 0 if none did. */
  failedAtMs(): number {
    return this.#memo<number>('failed') ?? 0
  }

  saveFailedAt(atMs: number): void {
    this.#saveMemo('failed', atMs)
  }

  samples(): CounterSamples {
    const known = this.#memo<CounterSamples>('counters')
    if (known) return known
    const byRun = this.#memo<SamplesByRun>(SAMPLES_BY_RUN)
    return byRun ? fromSamplesByRun(byRun) : NO_SAMPLES
  }

  saveSamples(samples: CounterSamples): void {
    this.#saveMemo('counters', samples)
  }

  silences(now: number): Silence[] {
    return this.#sql<{ body: string }>('SELECT body FROM silences WHERE until > ?', now).map(
      ({ body }) => JSON.parse(body) as Silence,
    )
  }

  saveSilence(silence: Silence): void {
    this.#sql(
      'INSERT INTO silences (id, until, body) VALUES (?, ?, ?)',
      silence.id,
      silence.untilMs,
      JSON.stringify(silence),
    )
  }

  /** Whether there was one. */
  deleteSilence(id: string): boolean {
    return this.#sql('DELETE FROM silences WHERE id = ? RETURNING id', id).length > 0
  }

  /** Deletes silences that have ended. */
  deleteEndedSilences(now: number): void {
    this.#sql('DELETE FROM silences WHERE until <= ?', now)
  }

  /** Forgets history that is too old or too long: an hourly matter. */
  prune(now: number): void {
    this.deleteEndedSilences(now)
    this.#sql('DELETE FROM memo WHERE key = ?', SAMPLES_BY_RUN)
    this.incidents.prune(now)
    this.outbox.prune(now)
  }

  #memo<T>(key: string): T | undefined {
    const rows = this.#sql<{ body: string }>(
      'SELECT body FROM memo WHERE key >= ? AND key < ? ORDER BY key',
      key,
      afterPieces(key),
    )
    return rows.length === 0 ? undefined : (JSON.parse(rows.map(({ body }) => body).join('')) as T)
  }

  #saveMemo(key: string, value: unknown): void {
    let last = key
    for (const [index, body] of cutText(JSON.stringify(value)).entries()) {
      last = pieceKey(key, index)
      this.#sql(
        'INSERT INTO memo (key, body) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET body = excluded.body',
        last,
        body,
      )
    }
    this.#sql('DELETE FROM memo WHERE key > ? AND key < ?', last, afterPieces(key))
  }

  #sql<Row extends Record<string, SqlStorageValue>>(statement: string, ...values: SqlStorageValue[]): Row[] {
    return this.#storage.sql.exec<Row>(statement, ...values).toArray()
  }
}

/** The key under which version 0.1 stored the samples. */
const SAMPLES_BY_RUN = 'samples'

/** The key of the row of a piece: `run`, `run/001`, … */
const pieceKey = (key: string, index: number): string =>
  index === 0 ? key : `${key}/${String(index).padStart(3, '0')}`

/** The key after those of all pieces: `0` is the character after `/`. */
const afterPieces = (key: string): string => `${key}0`

// WITHOUT ROWID: a text key would be a second row for each.
const SCHEMA = [
  'CREATE TABLE IF NOT EXISTS memo (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS silences (id TEXT PRIMARY KEY, until INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID',
]
