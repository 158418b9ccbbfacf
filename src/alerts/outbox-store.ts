import { DAY_MS } from '../lib/clock.ts'
import type { Owed } from './model.ts'
import type { PendingNotification } from './outbox.ts'
import type { Notification } from './receiver.ts'

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

/** How long settled notifications are kept. */
export const OUTBOX_HISTORY_MS = 7 * DAY_MS
const HISTORY_ROWS = 500

/** The notifications that wait for their receivers, and those of the last days that no longer do. */
export class OutboxStore {
  readonly #storage: DurableObjectStorage

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
    for (const statement of SCHEMA) this.#sql(statement)
  }

  /**
   * Puts notifications into the outbox. A reminder is left out while something older of its incident still waits, an
   * acknowledgement while an older one does.
   * @param run tells the notifications of one run from those of another
   * @param now when they are due: at once
   */
  enqueue(owed: readonly Owed[], run: number, now: number): void {
    for (const { receiver, notification } of owed) {
      const { kind, dedupKey } = notification
      if (kind === 'reminder' && this.#waits(receiver, dedupKey)) continue
      if (kind === 'acknowledged' && this.#waits(receiver, dedupKey, kind)) continue
      this.#sql(
        `INSERT INTO outbox (run, receiver, dedup_key, body, created_at, next_attempt_at)
         VALUES (?, ?, ?, ?, ?, ?)`,
        run,
        receiver,
        dedupKey,
        JSON.stringify(notification),
        now,
        now,
      )
    }
  }

  #waits(receiver: string, dedupKey: string, kind: Notification['kind'] | null = null): boolean {
    const rows = this.#sql(
      `SELECT 1 FROM outbox WHERE state = 'pending' AND receiver = ? AND dedup_key = ?
       AND (? IS NULL OR json_extract(body, '$.kind') = ?) LIMIT 1`,
      receiver,
      dedupKey,
      kind,
      kind,
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

  /** Makes every pending notification due now. */
  hurryAll(now: number): void {
    this.#sql(
      `UPDATE outbox SET next_attempt_at = MIN(next_attempt_at, ?), created_at = MIN(created_at, ?)
       WHERE state = 'pending'`,
      now,
      now,
    )
  }

  /** When the newest pending notification was created; 0 if none is pending. */
  lastCreatedMs(): number {
    const [row] = this.#sql<{ at: number | null }>(
      "SELECT MAX(created_at) AS at FROM outbox WHERE state = 'pending'",
    )
    return row?.at ?? 0
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

  /** Forgets settled notifications that are too old or too many. Reads the whole table. */
  prune(now: number): void {
    this.#sql("DELETE FROM outbox WHERE state <> 'pending' AND settled_at < ?", now - OUTBOX_HISTORY_MS)
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

const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS outbox (
     id INTEGER PRIMARY KEY, run INTEGER NOT NULL, receiver TEXT NOT NULL, dedup_key TEXT NOT NULL,
     body TEXT NOT NULL, created_at INTEGER NOT NULL, next_attempt_at INTEGER NOT NULL,
     attempts INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'pending', settled_at INTEGER, error TEXT
   )`,
  "CREATE INDEX IF NOT EXISTS waiting ON outbox (receiver, dedup_key, id) WHERE state = 'pending'",
]
