import type { MongoClient } from 'mongodb'

/** The collections of a database. */
export interface CollectionCounts {
  readonly collections: readonly { readonly name: string; readonly documents: number }[]
  readonly totalDocuments: number
}

/**
 * Lists the collections and how many documents each has, by name. The counts come from metadata: exact, but for
 * shards and unclean shutdowns, and cheap however large a collection is. Leaves out views and what is the server's.
 */
export async function countCollections(
  client: MongoClient,
  database: string | undefined,
  atOnce: number,
  maxTimeMS: number,
): Promise<CollectionCounts> {
  const db = client.db(database)
  const listed = await db.listCollections({}, { nameOnly: true, maxTimeMS }).toArray()
  const names = listed
    .filter(({ name, type }) => type !== 'view' && !name.startsWith('system.'))
    .map(({ name }) => name)
    .sort()

  const documents = new Map<string, number>()
  const waiting = names.values()
  const workers = Array.from({ length: atOnce }, async () => {
    for (const name of waiting) {
      documents.set(name, await db.collection(name).estimatedDocumentCount({ maxTimeMS }))
    }
  })
  await Promise.all(workers)

  const collections = names.map((name) => ({ name, documents: documents.get(name) ?? 0 }))
  return { collections, totalDocuments: collections.reduce((sum, each) => sum + each.documents, 0) }
}
