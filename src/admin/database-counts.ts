import type { Cache } from '../cache/cache.ts'
import type { Failure, Result } from '../lib/result.ts'
import { err, ok } from '../lib/result.ts'

/** The collections of a database, and how many documents each has. */
export interface DatabaseCounts {
  readonly collections: readonly { readonly name: string; readonly documents: number }[]
  readonly totalDocuments: number
}

/** Counts the collections. */
export interface CollectionCounter {
  collections(): Promise<Result<DatabaseCounts>>
}

/** With what the gateway keeps itself, counts are 30 s old at most. */
const COUNTS_TTL_SECONDS = 15

/** The collections as the cache has them, or else as they are. */
export async function readCounts(
  cache: Pick<Cache, 'getOrCompute'>,
  counter: CollectionCounter,
): Promise<Result<DatabaseCounts>> {
  let failure: Failure | undefined
  try {
    const counts = await cache.getOrCompute('admin:database:v1', COUNTS_TTL_SECONDS, async () => {
      const answer = await counter.collections()
      if (answer.ok) return answer.value
      failure = answer.error
      throw new Error(failure.message) // so that it is not kept
    })
    return ok(counts)
  } catch (error) {
    if (failure) return err(failure)
    throw error
  }
}
