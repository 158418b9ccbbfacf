// `npm run indexes`: creates the indexes that the business queries need. Needs MONGODB_URI; does nothing the second time.
import { MongoClient } from 'mongodb'
import written from '../edgewatch.config.ts'
import { indexes } from '../src/business/queries.ts'
import { loadConfig } from '../src/config/load.ts'
import { describeFailure } from '../src/vendors/mongodb/failure.ts'

const { config } = loadConfig(written, process.env)
if (!config.mongodb) fail('MONGODB_URI is not set: MONGODB_URI=mongodb://… npm run indexes')
else if (!config.business) fail('edgewatch.config.ts has no business, so nothing is asked of MongoDB.')
else await create(config.mongodb, indexes(config.business.collections))

async function create(
  { uri, database }: NonNullable<typeof config.mongodb>,
  wanted: ReturnType<typeof indexes>,
): Promise<void> {
  const client = await connected(uri.reveal())
  if (!client) return
  try {
    for (const { collection: name, key } of wanted) {
      const collection = client.db(database).collection(name)
      // A collection that isn't there yet has no indexes, and says so with an error.
      const before = await collection.indexes().catch(() => [])
      const index = await collection.createIndex(key)
      const isNew = before.every((each) => each.name !== index)
      console.log(`${isNew ? 'created' : 'exists '}  ${name}: ${Object.keys(key).join(', ')}`)
    }
  } catch (error) {
    fail((error as Error).message)
  } finally {
    await client.close()
  }
}

/** Undefined where it can't be reached; then that and why has been said, without the URI, which may hold a password. */
async function connected(uri: string): Promise<MongoClient | undefined> {
  let host = 'MONGODB_URI'
  try {
    const client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000, appName: 'edgewatch-indexes' })
    host = `MongoDB at ${client.options.srvHost ?? client.options.hosts.join(', ')}`
    return await client.connect()
  } catch (error) {
    fail(`${host}: ${describeFailure(error).message}`)
    return undefined
  }
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}
