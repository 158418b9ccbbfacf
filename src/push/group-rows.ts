import { cutBytes } from '../lib/rows.ts'
import type { Group } from './group.ts'
import type { Family, GroupLabels, Stream } from './model.ts'

const VERSION = 1

/** What stands before the texts of a group's metrics, as JSON on one line. */
interface Head {
  readonly version: number
  readonly labels: GroupLabels
  readonly pushedAtMs: number
  readonly failedAtMs: number
  /** In the order of the texts; `length` of each in UTF-16 units. */
  readonly families: readonly (Omit<Family, 'text' | 'streams'> & {
    readonly length: number
    readonly streams?: readonly (readonly [labels: string, stream: StoredStream])[]
  })[]
}

/** JSON has no NaN and no infinity, which a gauge may be: they are written as text. */
type StoredStream = Omit<Stream, 'numbers'> & { readonly numbers: readonly (number | string)[] }

type Row = { id: number; bytes: ArrayBuffer }

/**
 * Groups on disk, each in as few rows as it fits into: rows written are what costs, and most groups are one.
 *
 * Every method belongs in a transaction of the caller's.
 */
export class GroupRows {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Creates the table. */
  migrate(): void {
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS pushed_groups (
         id INTEGER NOT NULL, chunk INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (id, chunk)
       ) WITHOUT ROWID`,
    )
  }

  /** All groups, by their ids. */
  load(): Map<number, Group> {
    const groups = new Map<number, Group>()
    let text = ''
    let decoder = new TextDecoder()
    let current: number | undefined
    const finish = () => {
      if (current !== undefined) groups.set(current, decode(text + decoder.decode()))
      text = ''
      decoder = new TextDecoder()
    }
    for (const { id, bytes } of this.#sql.exec<Row>(
      'SELECT id, bytes FROM pushed_groups ORDER BY id, chunk',
    )) {
      if (id !== current) {
        finish()
        current = id
      }
      text += decoder.decode(bytes, { stream: true })
    }
    finish()
    return groups
  }

  /** Writes a group in place of the one with this id. */
  save(id: number, group: Group): void {
    const chunks = cutBytes(new TextEncoder().encode(encode(group)))
    for (const [chunk, bytes] of chunks.entries()) {
      this.#sql.exec(
        `INSERT INTO pushed_groups (id, chunk, bytes) VALUES (?, ?, ?)
         ON CONFLICT (id, chunk) DO UPDATE SET bytes = excluded.bytes`,
        id,
        chunk,
        bytes,
      )
    }
    this.#sql.exec('DELETE FROM pushed_groups WHERE id = ? AND chunk >= ?', id, chunks.length)
  }

  delete(id: number): void {
    this.#sql.exec('DELETE FROM pushed_groups WHERE id = ?', id)
  }
}

function encode({ families, ...group }: Group): string {
  const all = [...families.values()]
  const head: Head = {
    version: VERSION,
    ...group,
    families: all.map(({ text, streams, ...family }) => ({
      ...family,
      length: text.length,
      ...(streams && { streams: Array.from(streams, ([labels, stream]) => [labels, pack(stream)] as const) }),
    })),
  }
  return `${JSON.stringify(head)}\n${all.map(({ text }) => text).join('')}`
}

function decode(stored: string): Group {
  const headEnd = stored.indexOf('\n')
  const { version, families, ...group } = JSON.parse(stored.slice(0, headEnd)) as Head
  if (version !== VERSION) throw new Error(`a group has version ${version}, which is not known here`)
  let at = headEnd + 1
  return {
    ...group,
    families: new Map(
      families.map(({ length, streams, ...family }) => {
        const text = stored.slice(at, at + length)
        at += length
        const unpacked = streams?.map(([labels, stream]) => [labels, unpack(stream)] as const)
        return [family.name, { ...family, text, ...(unpacked && { streams: new Map(unpacked) }) }]
      }),
    ),
  }
}

const pack = (stream: Stream): StoredStream => ({
  ...stream,
  numbers: stream.numbers.map((each) => (Number.isFinite(each) ? each : String(each))),
})

const unpack = (stream: StoredStream): Stream => ({ ...stream, numbers: stream.numbers.map(Number) })
