import type { AnyBulkWriteOperation, Document, MongoClient } from 'mongodb'
import type { DocumentWrite } from '../../business/documents.ts'
import type { RefusedWrite } from '../../business/ports.ts'

/**
 * Errors that a document gets however often it is sent: a unique index or a validator is against it, or it can't be
 * changed that way. https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
 */
const REFUSALS: ReadonlyMap<unknown, string> = new Map([
  [11000, 'a unique index has such a document already (code 11000)'],
  [121, 'the validator of the collection refuses it (code 121)'],
  [66, 'it would change an immutable field (code 66)'],
  [28, 'a path in it leads through a value that is no document (code 28)'],
  [17419, 'the document would become too large (code 17419)'],
])

interface Numbered {
  readonly index: number
  readonly write: DocumentWrite
}

/**
 * Writes documents in order, those of a collection one after another, acknowledged by a majority.
 * @returns the documents that are refused for good; the others are written.
 * @throws what the driver throws for anything else; some may be written then.
 */
export async function writeAll(
  client: MongoClient,
  database: string | undefined,
  writes: readonly DocumentWrite[],
): Promise<RefusedWrite[]> {
  const { BSON } = await import('./driver.ts')
  const refused: RefusedWrite[] = []
  const byCollection = Map.groupBy(
    writes.map((write, index): Numbered => ({ index, write })),
    ({ write }) => write.collection,
  )
  for (const [name, numbered] of byCollection) {
    const collection = client.db(database).collection(name)
    let rest = numbered
    while (rest.length > 0) {
      const operations = rest.map(({ write }) => operationOf(write, BSON.EJSON.deserialize))
      try {
        await collection.bulkWrite(operations, { ordered: true, writeConcern: { w: 'majority' } })
        break
      } catch (error) {
        const failed = refusalOf(error)
        if (!failed) throw error
        refused.push({ index: rest[failed.at]!.index, reason: failed.reason })
        rest = rest.slice(failed.at + 1)
      }
    }
  }
  return refused
}

function operationOf(
  { match, set, setOnInsert }: DocumentWrite,
  fromExtendedJson: (value: Document) => Document,
): AnyBulkWriteOperation {
  return {
    updateOne: {
      filter: fromExtendedJson(match),
      update: {
        ...(set && { $set: fromExtendedJson(set) }),
        ...(setOnInsert && { $setOnInsert: fromExtendedJson(setOnInsert) }),
      },
      upsert: true,
    },
  }
}

/** The statement at which an ordered bulk write stopped for good; undefined where it failed otherwise. */
function refusalOf(error: unknown): { at: number; reason: string } | undefined {
  const { name, writeErrors } = error as { name?: unknown; writeErrors?: unknown }
  if (name !== 'MongoBulkWriteError') return undefined
  const [first] = [writeErrors].flat() as { index?: unknown; code?: unknown }[]
  const reason = REFUSALS.get(first?.code)
  return reason !== undefined && typeof first?.index === 'number' ? { at: first.index, reason } : undefined
}
