import type { BusinessConfig } from '../config/business.ts'
import { DAY_MS } from '../lib/clock.ts'
import type { Aggregation } from './ports.ts'

/** Days of active users: today and those before it. */
export const ACTIVITY_DAYS = 30
const USAGE_DAYS = 7
/** Tiers and frameworks that are told of; those with the most customers or uses. */
const MAX_GROUPS = 200

type Collections = BusinessConfig['collections']

/**
 * The documents' three queries: `user_activity`, `users`, `framework_compliance`.
 * Each can be answered from one index alone; see `INDEXES`.
 */
export function aggregations(
  config: Pick<BusinessConfig, 'collections' | 'prices'>,
  now: number,
): Aggregation[] {
  return [
    dailyActiveUsers(config.collections, now),
    customersByTier(config),
    frameworkUsage(config.collections, now),
  ]
}

/** Rows `{ date, dau }` for each day in UTC that had users, of the last 30 days. */
function dailyActiveUsers({ activity: { name, user, at } }: Collections, now: number): Aggregation {
  const today = Math.floor(now / DAY_MS) * DAY_MS
  const since = new Date(today - (ACTIVITY_DAYS - 1) * DAY_MS)
  return {
    collection: name,
    pipeline: [
      { $match: { [at]: { $gte: since } } },
      // In two steps: a set of all users of a day might not fit into a document.
      {
        $group: {
          _id: { date: { $dateToString: { format: '%Y-%m-%d', date: `$${at}` } }, user: `$${user}` },
        },
      },
      { $group: { _id: '$_id.date', dau: { $sum: 1 } } },
      { $project: { _id: 0, date: '$_id', dau: 1 } },
      { $sort: { date: 1 } },
    ],
  }
}

/** Rows `{ tier, customers }`, without those who pay nothing. */
function customersByTier({
  collections: {
    users: { name, tier },
  },
  prices,
}: Pick<BusinessConfig, 'collections' | 'prices'>): Aggregation {
  const free = Object.keys(prices).filter((each) => prices[each] === 0)
  return {
    collection: name,
    pipeline: [
      { $match: { [tier]: { $nin: [...free, null] } } },
      { $group: { _id: `$${tier}`, customers: { $sum: 1 } } },
      { $sort: { customers: -1, _id: 1 } },
      { $limit: MAX_GROUPS },
      { $project: { _id: 0, tier: '$_id', customers: 1 } },
    ],
  }
}

/** Rows `{ framework, usage_count, avg_coverage }` of the last 7 days. */
function frameworkUsage({ compliance }: Collections, now: number): Aggregation {
  const { name, framework, coverage, at } = compliance
  return {
    collection: name,
    pipeline: [
      { $match: { [at]: { $gte: new Date(now - USAGE_DAYS * DAY_MS) } } },
      { $group: { _id: `$${framework}`, usage_count: { $sum: 1 }, avg_coverage: { $avg: `$${coverage}` } } },
      { $sort: { usage_count: -1, _id: 1 } },
      { $limit: MAX_GROUPS },
      // A decimal of MongoDB's is none of JSON's.
      {
        $project: { _id: 0, framework: '$_id', usage_count: 1, avg_coverage: { $toDouble: '$avg_coverage' } },
      },
    ],
  }
}

/** An index to create. */
export interface IndexWanted {
  readonly collection: string
  readonly key: Readonly<Record<string, 1>>
}

/** The indexes from which the queries can be answered without a look at the documents. */
export function indexes({ activity, users, compliance }: Collections): IndexWanted[] {
  return [
    { collection: activity.name, key: { [activity.at]: 1, [activity.user]: 1 } },
    { collection: users.name, key: { [users.tier]: 1 } },
    // Changes of a subscription look users up.
    ...(users.id === '_id' ? [] : [{ collection: users.name, key: { [users.id]: 1 } as const }]),
    {
      collection: compliance.name,
      key: { [compliance.at]: 1, [compliance.framework]: 1, [compliance.coverage]: 1 },
    },
  ]
}
