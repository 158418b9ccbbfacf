import { evictDurableObject, listDurableObjectIds, runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { MongoClient } from 'mongodb'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { createApp } from '../../src/app.ts'
import type { EventQueueClient } from '../../src/business/ports.ts'
import { MINUTE_MS } from '../../src/lib/clock.ts'
import { servicesOf } from '../../src/services.ts'
import { startOwnServers } from '../own-servers.ts'

// The objects take their variables from the environment, so their MongoDB must be this file's.
const servers = await startOwnServers()
Object.assign(env, { MONGODB_URI: servers.vars.MONGODB_URI, LOG_LEVEL: 'error' })
const mongodb = new MongoClient(servers.vars.MONGODB_URI!, { maxPoolSize: 1, serverMonitoringMode: 'poll' })
afterAll(() => mongodb.close())

const queue = env.EVENT_QUEUE.getByName('singleton')
const PATIENCE = { timeout: 30_000 }

function deploy(variables: Record<string, unknown>) {
  const app = createApp(servicesOf({ ...env, ...variables } as unknown as Env))
  return (path: string, init: RequestInit = {}) =>
    app.fetch(new Request(`http://edgewatch.test${path}`, init), env, {
      waitUntil() {},
      passThroughOnException() {},
      props: {},
    } as unknown as ExecutionContext)
}

const request = deploy({ INGEST_TOKEN: 'old, new', ADMIN_TOKEN: 'admin' })

const post = (body: unknown, token = 'new') =>
  request('/events', {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

const admin = async (path: string, method = 'GET') => {
  const response = await request(path, { method, headers: { Authorization: 'Bearer admin' } })
  expect(response.status).toBe(200)
  return (await response.json()) as Record<string, unknown>
}

const activity = (id: string, more: object = {}) => ({ type: 'user_activity', id, user_id: 'ada', ...more })

describe('POST /events', PATIENCE, () => {
  it('wants an ingest token', async () => {
    const wrong = await post({ events: [activity('a')] }, 'admin')
    expect(wrong.status).toBe(401)
    expect(wrong.headers.get('WWW-Authenticate')).toContain('Bearer realm="edgewatch ingest"')
    expect((await post({ events: [activity('token')] }, 'old')).status).toBe(202)
    const without = await deploy({ INGEST_TOKEN: '' })('/events', { method: 'POST' })
    expect(without.status).toBe(503)
    expect(await without.json()).toMatchObject({ error: { code: 'ingest_disabled' } })
    const get = await request('/events', { headers: { Authorization: 'Bearer new' } })
    expect([get.status, get.headers.get('Allow')]).toEqual([405, 'POST'])
  })

  it('takes the good ones and names the others', async () => {
    const far = new Date(Date.now() + 6 * MINUTE_MS).toISOString()
    const response = await post({
      events: [
        activity('good'),
        { type: 'analysis_completed', framework: 'XYZ' },
        { type: 'user_activity', userId: 'ada' },
        activity('good'),
        activity('far', { at: far }),
        activity('bad id'),
        activity('extra', { colour: 'red' }),
        { type: 'subscription_changed', user_id: 'ada', tier: 'toString' },
        { type: 'increment', metric: 'customers' },
        { type: 'increment', metric: 'nowhere_total' },
        { type: 'increment', metric: 'analysis_by_framework_total', labels: { framework: 'GRI' } },
        { type: 'observe', metric: 'metrics_extracted_count', labels: { a: 'b' }, value: 1 },
        { type: 'increment', metric: 'analysis_by_framework_total', by: -1 },
        { type: 'explode' },
        null,
        { type: 'cache_operation', operation: 'get', status: 'miss' },
        { type: 'set', metric: 'customers', labels: { tier: 'growth' }, value: 1 },
      ],
    })
    expect(response.status).toBe(202)
    const text = expect.any(String)
    expect(await response.json()).toEqual({
      accepted: 2,
      duplicates: 1,
      rejected: [
        { index: 1, field: 'framework', reason: 'expected one of CSRD, GRI, SASB, TCFD, CDP' },
        {
          index: 2,
          field: 'user_id',
          reason: 'is missing; a string is expected; userId: is not known',
        },
        { index: 4, field: 'at', reason: 'more than 5 minutes ahead' },
        { index: 5, field: 'id', reason: text },
        { index: 6, field: 'colour', reason: 'is not known' },
        { index: 7, field: 'tier', reason: 'expected one of free, starter, growth, enterprise' },
        { index: 8, field: 'type', reason: 'a gauge takes set' },
        { index: 9, field: 'metric', reason: 'not declared in the configuration' },
        { index: 10, field: 'labels.user_tier', reason: expect.stringContaining('free, starter') },
        { index: 11, field: 'labels.a', reason: 'not a label of this metric' },
        { index: 12, field: 'by', reason: text },
        { index: 13, field: 'type', reason: expect.stringContaining('user_activity, analysis_completed') },
        { index: 14, field: 'event', reason: 'must be an object' },
        { index: 16, field: 'metric', reason: 'filled from MongoDB (query: customers), not by events' },
      ],
    })
  })

  it('takes 500 of the longest', async () => {
    const events = Array.from({ length: 500 }, (_, index) => ({
      type: 'user_activity',
      id: `${index}-`.padEnd(128, 'x'),
      user_id: '\u{1f600}'.repeat(100),
      action: 'ä'.repeat(200),
      at: new Date().toISOString(),
    }))
    const response = await post({ events })
    expect(response.status).toBe(202)
    expect(await response.json()).toEqual({ accepted: 500, duplicates: 0, rejected: [] })
  })

  const postTo = (accept: EventQueueClient['accept']) => {
    const services = servicesOf(env)
    const app = createApp({
      ...servicesOf({ ...env, INGEST_TOKEN: 'new' } as unknown as Env),
      business: { ...services.business!, queue: () => ({ ...services.business!.queue(), accept }) },
    })
    const init = {
      method: 'POST',
      headers: { Authorization: 'Bearer new', 'Content-Type': 'application/json' },
      body: JSON.stringify({ events: [activity('full')] }),
    }
    return app.request('/events', init, env, {
      waitUntil() {},
      passThroughOnException() {},
      props: {},
    } as unknown as ExecutionContext)
  }

  it('says when to come again where too many wait, and takes nothing', async () => {
    const response = await postTo(async () => ({ outcome: 'full', backlog: 50_000, retryAfterSeconds: 17 }))
    expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '17'])
    expect(await response.json()).toMatchObject({ error: { code: 'backlog_full' } })
  })

  it('says when to come again where the queue fails', async () => {
    const response = await postTo(() => Promise.reject(new Error('the object is away')))
    expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '5'])
    expect(await response.json()).toMatchObject({ error: { code: 'events_unavailable' } })
  })

  it('says when to come again where the queue hangs', async () => {
    vi.useFakeTimers()
    try {
      const answer = postTo(() => new Promise(() => {}))
      await vi.advanceTimersByTimeAsync(10_000)
      const response = await answer
      expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '5'])
    } finally {
      vi.useRealTimers()
    }
  })

  it.each([
    ['no JSON', '{'],
    ['no events', { events: [] }],
    ['too many', { events: Array.from({ length: 501 }, (_, index) => activity(`many-${index}`)) }],
    ['another field', { events: [activity('other')], source: 'x' }],
    ['no good one', { events: [{ type: 'user_activity' }, 7] }],
  ])('refuses a body with %s', async (_, body) => {
    const response = await post(body)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_request' } })
  })

  it('says of each event what is wrong where none is good', async () => {
    const answer = (await (await post({ events: [{ type: 'user_activity' }, 7] })).json()) as {
      error: { details: { field: string }[] }
    }
    expect(answer.error.details.map(({ field }) => field)).toEqual(['events.0.user_id', 'events.1.event'])
  })
})

describe('events with MongoDB', PATIENCE, () => {
  const documents = (collection: string, filter: object) =>
    mongodb.db().collection(collection).find(filter).sort({ _id: 1 }).toArray()

  it('become documents, in order, also when MongoDB was away', async () => {
    await runDurableObjectAlarm(queue) // what other tests sent
    await servers.breakServer('mongodb', { mode: 'down' })
    await post({
      events: [
        { type: 'subscription_changed', user_id: 'order', tier: 'starter' },
        activity('w-1', { user_id: 'order', action: 'login', at: '2026-11-01T10:00:00+02:00' }),
      ],
    })
    await runDurableObjectAlarm(queue)
    await post({ events: [{ type: 'subscription_changed', user_id: 'order', tier: 'enterprise' }] })
    expect(await admin('/admin/business')).toMatchObject({ status: 'unavailable', events: { backlog: 3 } })
    await evictDurableObject(queue)
    await servers.mendServer('mongodb')
    await vi.waitFor(
      async () => {
        await evictDurableObject(queue).catch(() => {})
        await runDurableObjectAlarm(queue)
        expect(await documents('users', { _id: 'order' as never })).toEqual([
          { _id: 'order', tier: 'enterprise' },
        ])
      },
      { timeout: 20_000, interval: 200 },
    )
    expect(await documents('user_activity', { user_id: 'order' })).toEqual([
      {
        _id: 'w-1',
        user_id: 'order',
        action: 'login',
        created_at: new Date('2026-11-01T08:00:00Z'),
      },
    ])
  })
})

describe('GET /admin/business', PATIENCE, () => {
  it('wants the admin token', async () => {
    expect((await request('/admin/business')).status).toBe(401)
  })

  it('go through an object of their own: with that of the probes there would be too many connections', async () => {
    const ids = (await listDurableObjectIds(env.MONGO_GATEWAY)).map(String)
    expect(ids).toContain(String(env.MONGO_GATEWAY.idFromName('worker')))
    expect(ids).not.toContain(String(env.MONGO_GATEWAY.idFromName('singleton')))
  })

  it('tells the numbers, and goes on telling them with their age while MongoDB is away', async () => {
    await mongodb
      .db()
      .collection('users')
      .insertMany([{ tier: 'growth' }, { tier: 'free' }])
    const fresh = await admin('/admin/business/refresh', 'POST')
    expect(fresh).toMatchObject({
      status: 'fresh',
      revenue_by_tier: expect.arrayContaining([{ tier: 'growth', customers: 1, mrr: 199 }]),
      events: { max_backlog: 50_000 },
    })
    expect(fresh.daily_active_users).toHaveLength(30)
    const text = await (await request('/metrics', { headers: { Authorization: 'Bearer admin' } })).text()
    expect(text).toContain('edgewatch_subscription_revenue_usd{tier="growth"} 199')

    await servers.breakServer('mongodb', { mode: 'down' })
    await evictDurableObject(queue)
    const now = Date.now.bind(Date)
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 90 * MINUTE_MS)
    const stale = await admin('/admin/business')
    clock.mockRestore()
    await servers.mendServer('mongodb')
    expect(stale).toMatchObject({
      status: 'stale',
      problem: expect.any(String),
      age_seconds: expect.toSatisfy((age: number) => age >= 90 * 60),
      total_mrr: fresh.total_mrr,
    })
  })
})
