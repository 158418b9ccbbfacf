import { DAY_MS } from '../lib/clock.ts'
import type { Incident, Owed, Pending, Silence } from './model.ts'
import type { PendingNotification } from './outbox.ts'
import type { Notification } from './receiver.ts'
import type { CounterSamples } from './samples.ts'

/** The last run that was committed. Times in milliseconds since the epoch. */
export interface LastRun {
  readonly atMs: number
  readonly lagSeconds: number
  readonly outcome: 'ok' | 'partial' | 'error'
  readonly pending: Readonly<Record<string, Pending>>
  /** What each rule measured, with its unit; rules without data are missing. */
  readonly values: Readonly<Record<string, string>>
}

/** A notification that no longer waits. */
export interface SettledNotification {
  readonly receiver: string
  readonly notification: Notification
  readonly createdAtMs: number
  readonly settledAtMs: number
  readonly attempts: number
  readonly state: 'delivered' | 'dead'
  readonly lastError?: string
}

const HISTORY_MS = 7 * DAY_MS
/** At most so many resolved incidents and settled notifications are kept. */
const HISTORY_ROWS = 500

/**
 * What the ledger keeps, in the SQLite of its Durable Object. A row written costs money, also in an index: what
 * changes at each run is one row, and the indexes hold only what is open.
 */
export class LedgerStore {
  readonly #storage: DurableObjectStorage

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
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

  samples(): CounterSamples | undefined {
    return this.#memo<CounterSamples>('samples')
  }

  saveSamples(samples: CounterSamples): void {
    this.#saveMemo('samples', samples)
  }

  /** Incidents that are not resolved, by their alert. */
  openIncidents(): Map<string, Incident> {
    const rows = this.#sql<{ body: string }>('SELECT body FROM incidents WHERE resolved_at IS NULL')
    return new Map(rows.map(({ body }) => JSON.parse(body) as Incident).map((each) => [each.alert, each]))
  }

  saveIncident(incident: Incident): void {
    this.#sql(
      `INSERT INTO incidents (dedup_key, resolved_at, body) VALUES (?, ?, ?)
       ON CONFLICT (dedup_key) DO UPDATE SET resolved_at = excluded.resolved_at, body = excluded.body`,
      incident.dedupKey,
      incident.resolvedAtMs ?? null,
      JSON.stringify(incident),
    )
  }

  /** Latest first. */
  resolvedIncidents(): Incident[] {
    return this.#sql<{ body: string }>(
      'SELECT body FROM incidents WHERE resolved_at IS NOT NULL ORDER BY resolved_at DESC LIMIT 100',
    ).map(({ body }) => JSON.parse(body) as Incident)
  }

  /** Puts notifications into the outbox. A reminder is left out while something older of its incident still waits. */
  enqueue(owed: readonly Owed[], now: number): void {
    for (const { receiver, notification } of owed) {
      if (notification.kind === 'reminder' && this.#waits(receiver, notification.dedupKey)) continue
      this.#sql(
        `INSERT INTO outbox (run, receiver, dedup_key, body, created_at, next_attempt_at)
         VALUES (?, ?, ?, ?, ?, ?)`,
        now,
        receiver,
        notification.dedupKey,
        JSON.stringify(notification),
        now,
        now,
      )
    }
  }

  #waits(receiver: string, dedupKey: string): boolean {
    const rows = this.#sql(
      "SELECT 1 FROM outbox WHERE state = 'pending' AND receiver = ? AND dedup_key = ? LIMIT 1",
      receiver,
      dedupKey,
    )
    return rows.length > 0
  }

  /** What may be sent now, oldest first. */
  due(now: number): PendingNotification[] {
    return this.#sql<OutboxRow>(`${FIRST_WAITING} HAVING next_attempt_at <= ? ORDER BY id`, now).map(
      toPending,
    )
  }

  /** When the next notification may be sent; undefined where none waits. */
  nextAttemptMs(): number | undefined {
    const [row] = this.#sql<{ at: number | null }>(
      `SELECT MIN(next_attempt_at) AS at FROM (${FIRST_WAITING})`,
    )
    return row?.at ?? undefined
  }

  /** What waits, oldest first. */
  waiting(limit: number): PendingNotification[] {
    return this.#sql<OutboxRow>(
      "SELECT * FROM outbox WHERE state = 'pending' ORDER BY id LIMIT ?",
      limit,
    ).map(toPending)
  }

  /** Delivered, or dead with a reason. Does nothing for one that is settled already. */
  settle(id: number, state: 'delivered' | 'dead', now: number, attempts: number, error?: string): void {
    this.#sql(
      `UPDATE outbox SET state = ?, settled_at = ?, attempts = ?, error = ? WHERE id = ? AND state = 'pending'`,
      state,
      now,
      attempts,
      error ?? null,
      id,
    )
  }

  postpone(id: number, nextAttemptAtMs: number, attempts: number, error: string): void {
    this.#sql(
      "UPDATE outbox SET next_attempt_at = ?, attempts = ?, error = ? WHERE id = ? AND state = 'pending'",
      nextAttemptAtMs,
      attempts,
      error,
      id,
    )
  }

  /** A receiver asked not to be called before `untilMs`: nothing that waits for it is due sooner. */
  holdBack(receiver: string, untilMs: number): void {
    this.#sql(
      `UPDATE outbox SET next_attempt_at = ?
       WHERE state = 'pending' AND receiver = ? AND next_attempt_at < ?`,
      untilMs,
      receiver,
      untilMs,
    )
  }

  /** A receiver accepts again: what waits for another try with it is due now. */
  hurry(receiver: string, now: number): void {
    this.#sql(
      "UPDATE outbox SET next_attempt_at = ? WHERE state = 'pending' AND receiver = ? AND next_attempt_at > ?",
      now,
      receiver,
      now,
    )
  }

  /** How many notifications wait. */
  pendingCount(): number {
    return this.#count("state = 'pending'")
  }

  /** How many dead notifications are still remembered. */
  deadCount(): number {
    return this.#count("state = 'dead'")
  }

  /** Latest first. */
  settled(state: SettledNotification['state']): SettledNotification[] {
    return this.#sql<OutboxRow>(
      'SELECT * FROM outbox WHERE state = ? ORDER BY settled_at DESC, id DESC LIMIT 100',
      state,
    ).map((row) => ({
      receiver: row.receiver,
      notification: JSON.parse(row.body) as Notification,
      createdAtMs: row.created_at,
      settledAtMs: row.settled_at ?? 0,
      attempts: row.attempts,
      state,
      ...(row.error !== null && { lastError: row.error }),
    }))
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

  /** Forgets history that is too old or too long. Reads whole tables: an hourly matter. */
  prune(now: number): void {
    const beforeMs = now - HISTORY_MS
    this.#sql('DELETE FROM silences WHERE until <= ?', now)
    this.#sql('DELETE FROM incidents WHERE resolved_at < ?', beforeMs)
    this.#sql("DELETE FROM outbox WHERE state <> 'pending' AND settled_at < ?", beforeMs)
    this.#sql(
      `DELETE FROM incidents WHERE dedup_key IN (SELECT dedup_key FROM incidents
       WHERE resolved_at IS NOT NULL ORDER BY resolved_at DESC LIMIT -1 OFFSET ?)`,
      HISTORY_ROWS,
    )
    this.#sql(
      `DELETE FROM outbox WHERE id IN (SELECT id FROM outbox
       WHERE state <> 'pending' ORDER BY settled_at DESC LIMIT -1 OFFSET ?)`,
      HISTORY_ROWS,
    )
  }

  #count(condition: string): number {
    return (
      this.#sql<{ count: number }>(`SELECT COUNT(*) AS count FROM outbox WHERE ${condition}`)[0]?.count ?? 0
    )
  }

  #memo<T>(key: string): T | undefined {
    const [row] = this.#sql<{ body: string }>('SELECT body FROM memo WHERE key = ?', key)
    return row && (JSON.parse(row.body) as T)
  }

  #saveMemo(key: string, value: unknown): void {
    this.#sql(
      'INSERT INTO memo (key, body) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET body = excluded.body',
      key,
      JSON.stringify(value),
    )
  }

  #sql<Row extends Record<string, SqlStorageValue>>(statement: string, ...values: SqlStorageValue[]): Row[] {
    return this.#storage.sql.exec<Row>(statement, ...values).toArray()
  }
}

/**
 * The first waiting notification of each incident and receiver. The others wait for it to be delivered or dead: a
 * resolve never overtakes its trigger. With MIN, SQLite takes the other columns from the row that has it
 * (https://sqlite.org/lang_select.html#bareagg).
 */
const FIRST_WAITING =
  "SELECT *, MIN(id) AS first FROM outbox WHERE state = 'pending' GROUP BY receiver, dedup_key"

const toPending = (row: OutboxRow): PendingNotification => ({
  id: row.id,
  run: row.run,
  receiver: row.receiver,
  notification: JSON.parse(row.body) as Notification,
  createdAtMs: row.created_at,
  nextAttemptAtMs: row.next_attempt_at,
  attempts: row.attempts,
  ...(row.error !== null && { lastError: row.error }),
})

type OutboxRow = {
  id: number
  run: number
  receiver: string
  dedup_key: string
  body: string
  created_at: number
  next_attempt_at: number
  attempts: number
  state: string
  settled_at: number | null
  error: string | null
}

// WITHOUT ROWID: a text key would be a second row for each.
const SCHEMA = [
  'CREATE TABLE IF NOT EXISTS memo (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID',
  `CREATE TABLE IF NOT EXISTS incidents (
     dedup_key TEXT PRIMARY KEY, resolved_at INTEGER, body TEXT NOT NULL
   ) WITHOUT ROWID`,
  'CREATE INDEX IF NOT EXISTS open_incidents ON incidents (dedup_key) WHERE resolved_at IS NULL',
  `CREATE TABLE IF NOT EXISTS outbox (
     id INTEGER PRIMARY KEY, run INTEGER NOT NULL, receiver TEXT NOT NULL, dedup_key TEXT NOT NULL,
     body TEXT NOT NULL, created_at INTEGER NOT NULL, next_attempt_at INTEGER NOT NULL,
     attempts INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'pending', settled_at INTEGER, error TEXT
   )`,
  "CREATE INDEX IF NOT EXISTS waiting ON outbox (receiver, dedup_key, id) WHERE state = 'pending'",
  'CREATE TABLE IF NOT EXISTS silences (id TEXT PRIMARY KEY, until INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID',
]
