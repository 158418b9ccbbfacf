import { calculateObjectSize, type Document, Long } from 'bson'
import { CommandError } from './command-error.ts'

const DEFAULT_FIRST_BATCH = 101
/** Below MongoDB's 16 MiB for one answer. */
const MAX_BATCH_BYTES = 16_000_000
const MAX_OPEN_CURSORS = 1_000

interface OpenCursor {
  readonly namespace: string
  readonly rest: Document[]
}

/** Results that are fetched in batches. The oldest cursor goes when too many are open. */
export class Cursors {
  readonly #open = new Map<string, OpenCursor>()
  #lastId = 0

  /** The answer to a command that gives a cursor: a first batch of `batchSize` documents, then none with `singleBatch`. */
  firstBatch(namespace: string, documents: Document[], batchSize?: number, singleBatch = false): Document {
    const rest = [...documents]
    const firstBatch = takeBatch(rest, batchSize ?? DEFAULT_FIRST_BATCH)
    let id = 0
    if (rest.length > 0 && !singleBatch) {
      id = ++this.#lastId
      this.#open.set(String(id), { namespace, rest })
      if (this.#open.size > MAX_OPEN_CURSORS) this.#open.delete(this.#open.keys().next().value as string)
    }
    return { cursor: { id: Long.fromNumber(id), ns: namespace, firstBatch } }
  }

  /** The next batch. Throws CursorNotFound. A batch size of 0 means as many as fit. */
  nextBatch(id: unknown, batchSize?: number): Document {
    const cursor = this.#open.get(String(id))
    if (!cursor) throw new CommandError(43, `cursor id ${id} not found`)
    const nextBatch = takeBatch(cursor.rest, batchSize || Number.POSITIVE_INFINITY)
    if (cursor.rest.length === 0) this.#open.delete(String(id))
    const nextId = cursor.rest.length > 0 ? Number(id) : 0
    return { cursor: { id: Long.fromNumber(nextId), ns: cursor.namespace, nextBatch } }
  }

  /** Forgets cursors and says which of them were open. */
  kill(ids: readonly unknown[]): Document {
    const wasOpen = (id: unknown) => this.#open.delete(String(id))
    const cursorsKilled: unknown[] = []
    const cursorsNotFound: unknown[] = []
    for (const id of ids) (wasOpen(id) ? cursorsKilled : cursorsNotFound).push(Long.fromNumber(Number(id)))
    return { cursorsKilled, cursorsNotFound, cursorsAlive: [], cursorsUnknown: [] }
  }
}

/** Moves documents off the front of `rest`: at most `count`, and no more than one answer holds. */
function takeBatch(rest: Document[], count: number): Document[] {
  let taken = 0
  let bytes = 0
  while (taken < rest.length && taken < count) {
    bytes += calculateObjectSize(rest[taken] as Document)
    if (bytes > MAX_BATCH_BYTES && taken > 0) break
    taken++
  }
  return rest.splice(0, taken)
}
