import { DurableObject } from 'cloudflare:workers'
import type { Severity } from '../config/severity.ts'
import type { Clock } from '../lib/clock.ts'
import { DAY_MS } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import type { Result } from '../lib/result.ts'
import { err, ok } from '../lib/result.ts'
import type { BookPage, IncidentStage, WrittenUpdate } from './model.ts'
import { withUpdate } from './model.ts'

/** An incident that a person opens. */
export interface Post {
  readonly title: string
  readonly severity: Severity
  /** Ids of monitors. */
  readonly monitors: readonly string[]
  readonly stage: IncidentStage
  readonly text: string
  readonly by?: string
  /** The id of the incident that it publishes. */
  readonly publishes?: string
}

/** What is changed of an incident; what is not given stays. */
export interface Amendment {
  readonly title?: string
  readonly monitors?: readonly string[]
}

/** The book, as Workers call it. Failures say why something can't be written, and are final. */
export interface IncidentBookClient {
  /** Those that people opened and did not resolve, then what was written last. */
  pages(): Promise<readonly BookPage[]>
  post(post: Post): Promise<Result<BookPage>>
  addUpdate(id: string, update: Omit<WrittenUpdate, 'atMs'>): Promise<Result<BookPage>>
  amend(id: string, amendment: Amendment): Promise<BookPage>
  /** Deletes an incident that a person posted. @returns whether there was one */
  withdraw(id: string): Promise<boolean>
}

/** All that the book uses of the world. */
export interface IncidentBookSettings {
  readonly clock: Clock
}

const MAX_OPEN = 50
const MAX_UPDATES = 50
/** Pages that nobody wrote on for so long are torn out, but for those of open incidents that people opened. */
const KEPT_MS = 400 * DAY_MS
const MAX_PAGES = 1_000
/** An answer holds no more than about this; the rest is older than what anybody looks at. */
const MAX_ANSWER_CHARACTERS = 4 * 1024 * 1024

/** Keeps what people write: incidents that they opened, and updates of all incidents. There is one book. */
export abstract class IncidentBookObject<E> extends DurableObject<E> {
  readonly #sql: SqlStorage
  #knownSettings: IncidentBookSettings | undefined

  constructor(ctx: DurableObjectState, env: E) {
    super(ctx, env)
    this.#sql = ctx.storage.sql
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS pages (
         id TEXT PRIMARY KEY, open INTEGER NOT NULL, written_at INTEGER NOT NULL, body TEXT NOT NULL
       ) WITHOUT ROWID`,
    )
  }

  /** Asked for once per life of the object. */
  protected abstract settings(): IncidentBookSettings

  get #now(): number {
    this.#knownSettings ??= this.settings()
    return this.#knownSettings.clock()
  }

  /** See `IncidentBookClient`. */
  pages(): BookPage[] {
    const pages: BookPage[] = []
    let characters = 0
    for (const { body } of this.#sql.exec<{ body: string }>(
      'SELECT body FROM pages ORDER BY open DESC, written_at DESC',
    )) {
      characters += body.length
      if (characters > MAX_ANSWER_CHARACTERS) break
      pages.push(JSON.parse(body) as BookPage)
    }
    return pages
  }

  /** Opens an incident; one whose stage is `resolved` is told of afterwards. */
  post({ title, severity, monitors, by, publishes, ...first }: Post): Result<BookPage> {
    const open = this.#open()
    if (first.stage !== 'resolved' && open.length >= MAX_OPEN) {
      return refused(`there are ${MAX_OPEN} open incidents that people posted; resolve one first`)
    }
    const published = publishes !== undefined && open.find(({ posted }) => posted?.publishes === publishes)
    if (published) return refused(`the incident is already published as ${published.id}: post updates there`)
    const atMs = this.#now
    const said = by === undefined ? {} : { by }
    const page = {
      id: newId(),
      posted: { severity, startedAtMs: atMs, ...said, ...(publishes !== undefined && { publishes }) },
      title,
      monitors,
      updates: [],
    }
    return ok(this.#write(withUpdate(page, wellFormed({ ...first, ...said, atMs }))))
  }

  /** Adds an update. What a person opened and resolved takes only notes, with the stage `resolved`. */
  addUpdate(id: string, update: Omit<WrittenUpdate, 'atMs'>): Result<BookPage> {
    const page = this.#page(id)
    if (page.updates.length >= MAX_UPDATES) {
      return refused(`the incident has ${MAX_UPDATES} updates, which is the most`)
    }
    if (page.posted?.resolvedAtMs !== undefined && update.stage !== 'resolved') {
      return refused('the incident is resolved: only notes with the stage resolved may follow')
    }
    return ok(this.#write(withUpdate(page, wellFormed({ ...update, atMs: this.#now }))))
  }

  /** Changes the title or the monitors. */
  amend(id: string, amendment: Amendment): BookPage {
    return this.#write({ ...this.#page(id), ...amendment })
  }

  /** See `IncidentBookClient`. */
  withdraw(id: string): boolean {
    if (!this.#page(id).posted) return false
    this.#sql.exec('DELETE FROM pages WHERE id = ?', id)
    return true
  }

  #page(id: string): BookPage {
    const [row] = this.#sql.exec<{ body: string }>('SELECT body FROM pages WHERE id = ?', id).toArray()
    return row ? (JSON.parse(row.body) as BookPage) : { id, updates: [] }
  }

  #write(page: BookPage): BookPage {
    const isOpen = page.posted !== undefined && page.posted.resolvedAtMs === undefined
    this.#sql.exec(
      `INSERT INTO pages (id, open, written_at, body) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
       SET open = excluded.open, written_at = excluded.written_at, body = excluded.body`,
      page.id,
      isOpen ? 1 : 0,
      this.#now,
      JSON.stringify(page),
    )
    this.#sql.exec('DELETE FROM pages WHERE open = 0 AND written_at < ?', this.#now - KEPT_MS)
    this.#sql.exec(
      `DELETE FROM pages WHERE id IN
       (SELECT id FROM pages WHERE open = 0 ORDER BY written_at DESC LIMIT -1 OFFSET ?)`,
      MAX_PAGES,
    )
    return page
  }

  #open(): BookPage[] {
    const rows = this.#sql.exec<{ body: string }>('SELECT body FROM pages WHERE open = 1').toArray()
    return rows.map(({ body }) => JSON.parse(body) as BookPage)
  }
}

/** Half of a surrogate pair would be escaped, which takes twice the room: 50 of the longest updates fit into a row. */
const wellFormed = (update: WrittenUpdate): WrittenUpdate => ({ ...update, text: update.text.toWellFormed() })

const refused = (message: string) => err({ message, retryable: false })
