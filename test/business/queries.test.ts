import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { MongoClient } from 'mongodb'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { aggregations } from '../../src/business/queries.ts'
import { reportOf, setGauges } from '../../src/business/report.ts'
import { business } from '../../src/config/business.ts'
import { DAY_MS, HOUR_MS, systemClock } from '../../src/lib/clock.ts'
import { Secret } from '../../src/lib/secret.ts'
import { aggregateAll } from '../../src/vendors/mongodb/aggregations.ts'
import { MongoGatewayObject } from '../../src/vendors/mongodb/gateway.ts'
import { silentLogger } from '../health/silent-logger.ts'
import { startOwnServers } from '../own-servers.ts'
import { config, metrics } from './world.ts'

const servers = await startOwnServers()
const uri = servers.vars.MONGODB_URI ?? ''
const mongodb = new MongoClient(uri, { maxPoolSize: 1, serverMonitoringMode: 'poll' })
const db = mongodb.db('business')
afterAll(async () => {
  await db.dropDatabase()
  await mongodb.close()
})
afterEach(() => servers.mendServer('mongodb'))

const NOW = Date.UTC(2026, 10, 21, 9, 30)
const PATIENCE = { timeout: 30_000 }

/** A gateway inside a Durable Object of its own. */
function openGateway() {
  const stub = env.MONGO_GATEWAY.get(env.MONGO_GATEWAY.newUniqueId())
  class TestGateway extends MongoGatewayObject<unknown> {
    protected settings() {
      return {
        uri: new Secret(uri),
        database: 'business',
        idleMs: 50,
        clock: systemClock,
        log: silentLogger,
      }
    }
  }
  let gateway: TestGateway | undefined
  return <T>(call: (gateway: MongoGatewayObject<unknown>) => Promise<T>) =>
    runInDurableObject(stub, (_, state) => {
      gateway ??= new TestGateway(state, env)
      return call(gateway)
    })
}

async function ask(of = config, now = NOW) {
  const answer = await openGateway()((gateway) => gateway.aggregate(aggregations(of, now), 5_000))
  if (!answer.ok) throw new Error(answer.error.message)
  return reportOf(answer.value, of.prices, now)
}

const at = (agoMs: number) => new Date(NOW - agoMs)

describe('the three queries', PATIENCE, () => {
  it('of nothing are 30 days without users, and nobody and nothing', async () => {
    const report = await ask()
    expect(report.days).toHaveLength(30)
    expect(report.days.at(0)).toEqual({ date: '2026-10-23', dau: 0 })
    expect(report.days.at(-1)).toEqual({ date: '2026-11-21', dau: 0 })
    expect(report).toMatchObject({ tiers: [], frameworks: [] })
  })

  it('count each user once a day in UTC', async () => {
    await db.collection('user_activity').insertMany([
      { user_id: 'ada', created_at: at(HOUR_MS) },
      { user_id: 'ada', created_at: at(2 * HOUR_MS) },
      { user_id: 'bob', created_at: at(9 * HOUR_MS) },
      { user_id: 'ada', created_at: at(10 * HOUR_MS) }, // the day before
      { user_id: 'eve', created_at: at(29 * DAY_MS + 9.5 * HOUR_MS) }, // the first moment of the 30 days
      { user_id: 'eve', created_at: at(29 * DAY_MS + 9.5 * HOUR_MS + 1) },
    ])
    const { days } = await ask()
    expect(days.filter(({ dau }) => dau > 0)).toEqual([
      { date: '2026-10-23', dau: 1 },
      { date: '2026-11-20', dau: 1 },
      { date: '2026-11-21', dau: 2 },
    ])
  })

  it('add up what customers pay, without those who pay nothing', async () => {
    const tiers = { free: 5, starter: 3, growth: 2, enterprise: 1, legacy: 4 }
    await db
      .collection('users')
      .insertMany([
        ...Object.entries(tiers).flatMap(([tier, count]) => Array.from({ length: count }, () => ({ tier }))),
        { tier: null },
        {},
      ])
    expect((await ask()).tiers).toEqual([
      { tier: 'legacy', customers: 4, mrr: 0 },
      { tier: 'starter', customers: 3, mrr: 147 },
      { tier: 'growth', customers: 2, mrr: 398 },
      { tier: 'enterprise', customers: 1, mrr: 999 },
    ])
  })

  it('average the coverage of 7 days, where there is one', async () => {
    await db.collection('framework_compliance').insertMany([
      { framework: 'CSRD', coverage_percentage: 40, created_at: at(HOUR_MS) },
      { framework: 'CSRD', coverage_percentage: 70.5, created_at: at(6 * DAY_MS) },
      { framework: 'CSRD', created_at: at(7 * DAY_MS) },
      { framework: 'CSRD', coverage_percentage: 0, created_at: at(7 * DAY_MS + 1) },
      { framework: 'GRI', created_at: at(DAY_MS) },
      { coverage_percentage: 10, created_at: at(DAY_MS) },
    ])
    expect((await ask()).frameworks).toEqual([
      { framework: 'CSRD', usage_count: 3, avg_coverage: 55.25 },
      { framework: 'none', usage_count: 1, avg_coverage: 10 },
      { framework: 'GRI', usage_count: 1, avg_coverage: null },
    ])
  })

  it('look where the configuration says', async () => {
    await db.collection('accounts').insertOne({ plan: { name: 'pro' } })
    await db.collection('log').insertOne({ who: 7, when: at(0) })
    const mapped = business.parse({
      prices: { pro: 10 },
      collections: {
        users: { name: 'accounts', tier: 'plan.name' },
        activity: { name: 'log', user: 'who', at: 'when' },
      },
    })
    const report = await ask(mapped)
    expect(report.tiers).toEqual([{ tier: 'pro', customers: 1, mrr: 10 }])
    expect(report.days.at(-1)?.dau).toBe(1)
  })

  it('are bounded in time on the server', async () => {
    const options: object[] = []
    const collection = {
      aggregate(_: unknown, given: object) {
        options.push(given)
        return { toArray: async () => [] }
      },
    }
    const client = { db: () => ({ collection: () => collection }) } as unknown as MongoClient
    await aggregateAll(client, 'business', aggregations(config, NOW), 8_000)
    expect(options).toHaveLength(3)
    for (const each of options) expect(each).toMatchObject({ maxTimeMS: 8_000 })
  })

  it('fail while the database is away', async () => {
    await servers.breakServer('mongodb', { mode: 'down' })
    await expect(ask()).rejects.toThrow('connection refused')
  })

  it('may be slower than a probe', async () => {
    await servers.breakServer('mongodb', { mode: 'slow' })
    expect((await ask()).days).toHaveLength(30)
  })
})

describe('the gauges', () => {
  it('have every allowed value, and add up the others', () => {
    const set: Record<string, number> = {}
    setGauges(
      {
        askedAtMs: NOW,
        days: [
          { date: '2026-11-19', dau: 9 },
          { date: '2026-11-20', dau: 5 },
          { date: '2026-11-21', dau: 2 },
        ],
        tiers: [
          { tier: 'growth', customers: 2, mrr: 398 },
          { tier: 'a', customers: 1, mrr: 7 },
          { tier: 'b', customers: 1, mrr: 5 },
        ],
        frameworks: [
          { framework: 'GRI', usage_count: 3, avg_coverage: null },
          { framework: 'x', usage_count: 1, avg_coverage: 10 },
          { framework: 'y', usage_count: 3, avg_coverage: 50 },
        ],
      },
      config,
      metrics,
      {
        increment: () => {},
        observe: () => {},
        set: (metric, labels, value) => {
          set[[metric.name, ...Object.values(labels)].join(' ')] = value
        },
      },
    )
    expect(set).toEqual({
      'esg_subscription_revenue_usd starter': 0,
      'esg_subscription_revenue_usd growth': 398,
      'esg_subscription_revenue_usd enterprise': 0,
      'esg_subscription_revenue_usd other': 12,
      'esg_customers starter': 0,
      'esg_customers growth': 2,
      'esg_customers enterprise': 0,
      'esg_customers other': 2,
      'esg_daily_active_users today': 2,
      'esg_daily_active_users yesterday': 5,
      'esg_framework_coverage_percent CSRD': Number.NaN,
      'esg_framework_coverage_percent GRI': Number.NaN,
      'esg_framework_coverage_percent other': 40,
    })
  })
})

describe('writes', PATIENCE, () => {
  const write = (...writes: object[]) => openGateway()((gateway) => gateway.write(writes as never))
  const all = (collection: string) => db.collection(collection).find().sort({ _id: 1 }).toArray()

  it('make documents once, and change them in order', async () => {
    const made = {
      collection: 'made',
      match: { _id: 'a' },
      setOnInsert: { user: { $oid: '0123456789abcdef01234567' }, at: { $date: '2026-11-21T09:30:00.000Z' } },
    }
    const change = (tier: string) => ({ collection: 'changed', match: { _id: 'ada' }, set: { tier } })
    for (let time = 0; time < 2; time++) {
      expect(await write(change('starter'), made, change('growth'), made)).toEqual({ ok: true, value: [] })
    }
    const [document] = await all('made')
    expect(await all('made')).toHaveLength(1)
    expect(document!.user.toHexString()).toBe('0123456789abcdef01234567')
    expect(document!.at).toEqual(new Date('2026-11-21T09:30:00Z'))
    expect(await all('changed')).toEqual([{ _id: 'ada', tier: 'growth' }])
  })

  it('name the documents that a unique index refuses, and go on', async () => {
    await db.collection('unique').createIndex({ email: 1 }, { unique: true })
    const user = (id: string, email: string) => ({ collection: 'unique', match: { _id: id }, set: { email } })
    const other = { collection: 'other', match: { _id: 1 }, set: { a: 1 } }
    expect(await write(user('a', 'x'), other, user('b', 'x'), user('c', 'y'), user('d', 'y'))).toEqual({
      ok: true,
      value: [
        { index: 2, reason: expect.stringContaining('11000') },
        { index: 4, reason: expect.stringContaining('11000') },
      ],
    })
    expect((await all('unique')).map(({ _id }) => String(_id))).toEqual(['a', 'c'])
  })

  it.each(['down', 'error'] as const)('fail as a whole while the database is broken (%s)', async (mode) => {
    await servers.breakServer('mongodb', { mode })
    const outcome = await write({ collection: 'made', match: { _id: 'z' }, set: { a: 1 } })
    expect(outcome).toMatchObject({ ok: false, error: { retryable: true } })
  })
})
