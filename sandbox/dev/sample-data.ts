import { type Db, type Document, MongoClient } from 'mongodb'
import { seededRandom } from './seeded-random.ts'

const DAY_MS = 86_400_000
const DAYS = 30
const USERS = 120
const ACTIVITIES = 400
const COMPLIANCE_RECORDS = 150

const TIERS = [
  'free',
  'free',
  'free',
  'free',
  'starter',
  'starter',
  'starter',
  'growth',
  'growth',
  'enterprise',
]
const ACTIONS = ['login', 'upload', 'analyze', 'export', 'share']
const FRAMEWORKS = ['GRI', 'SASB', 'TCFD', 'CSRD', 'CDP']

/** Documents by collection. */
export type SampleData = Readonly<Record<'users' | 'user_activity' | 'framework_compliance', Document[]>>

/** A month of a small company's data up to `now`: the same for the same `now`. */
export function sampleData(now: number): SampleData {
  const random = seededRandom(8787)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const lately = () => new Date(now - Math.floor(random() * DAYS * DAY_MS))
  const userId = (n: number) => `user-${String(n).padStart(3, '0')}`
  const anyUser = () => userId(1 + Math.floor(random() ** 2 * USERS)) // some are busier than others
  return {
    users: Array.from({ length: USERS }, (_, i) => ({
      _id: userId(i + 1),
      email: `${userId(i + 1)}@example.com`,
      tier: pick(TIERS),
      created_at: lately(),
    })),
    user_activity: Array.from({ length: ACTIVITIES }, () => ({
      user_id: anyUser(),
      action: pick(ACTIONS),
      created_at: lately(),
    })),
    framework_compliance: Array.from({ length: COMPLIANCE_RECORDS }, () => ({
      user_id: anyUser(),
      framework: pick(FRAMEWORKS),
      coverage_percentage: 20 + Math.floor(random() * 80),
      created_at: lately(),
    })),
  }
}

/** Puts the sample data where there is no such collection yet; gives the number of documents that it wrote. */
export async function insertSampleData(uri: string, now: number): Promise<number> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 10_000, appName: 'edgewatch-sandbox' })
  try {
    return await fill(client.db(), sampleData(now))
  } finally {
    await client.close()
  }
}

async function fill(db: Db, data: SampleData): Promise<number> {
  const existing = new Set(
    (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
  )
  let written = 0
  for (const [name, documents] of Object.entries(data)) {
    if (existing.has(name)) continue
    await db.collection(name).createIndex({ created_at: 1 })
    written += (await db.collection<Document>(name).insertMany(documents)).insertedCount
  }
  return written
}
