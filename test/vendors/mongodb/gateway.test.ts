import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { MongoClient } from 'mongodb'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../../src/lib/clock.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { MongoGatewayObject, type MongoGatewaySettings } from '../../../src/vendors/mongodb/gateway.ts'
import { silentLogger } from '../../health/silent-logger.ts'
import { startOwnServers } from '../../own-servers.ts'

const servers = await startOwnServers()
const uri = servers.vars.MONGODB_URI ?? ''
const watcher = new MongoClient(uri, { maxPoolSize: 1, serverMonitoringMode: 'poll' })
const SHORT = { connectTimeoutMs: 800, pingTimeoutMs: 500 }
const PATIENCE = { timeout: 10_000 }

afterEach(() => servers.mendServer('mongodb'))
afterAll(() => watcher.close())

const serverStatus = () => watcher.db('admin').command({ serverStatus: 1 })

/** A gateway inside a Durable Object of its own; the tests stay outside, as other objects do. */
function openGateway(settings: Partial<MongoGatewaySettings> = {}) {
  const stub = env.MONGO_GATEWAY.get(env.MONGO_GATEWAY.newUniqueId())
  let gateway: MongoGatewayObject<unknown> | undefined
  class TestGateway extends MongoGatewayObject<unknown> {
    protected settings() {
      return { uri: new Secret(uri), idleMs: 50, clock: systemClock, log: silentLogger, ...settings }
    }
  }
  const inside = <T>(call: (gateway: MongoGatewayObject<unknown>) => Promise<T>) =>
    runInDurableObject(stub, (_, state) => {
      gateway ??= new TestGateway(state, env)
      return call(gateway)
    })
  return {
    probe: () => inside((each) => each.probe()),
    collections: () => inside((each) => each.collections()),
  }
}

// First, while the watcher's sockets are the only others.
describe('the connection', PATIENCE, () => {
  it('is closed when idle', async () => {
    const before = (await serverStatus()).connections.current
    const gateway = openGateway({ idleMs: 50 })
    expect(await gateway.probe()).toMatchObject({ state: 'up' })
    expect((await serverStatus()).connections.current).toBeGreaterThan(before)
    await vi.waitFor(async () => expect((await serverStatus()).connections.current).toBe(before), PATIENCE)
    expect(await gateway.probe()).toMatchObject({ state: 'up' })
  })

  it('is opened once for all who need it at the same time', async () => {
    const before = await serverStatus()
    const gateway = openGateway({ idleMs: 60_000 })
    await Promise.all(Array.from({ length: 20 }, () => gateway.probe()))
    const after = await serverStatus()
    // The driver's own monitor, and a pool of at most three.
    expect(after.connections.totalCreated - before.connections.totalCreated).toBeLessThanOrEqual(4)
  })
})

describe('a probe', PATIENCE, () => {
  it('tells latency, connections, memory and disk', async () => {
    const gateway = openGateway()
    const positive = expect.toSatisfy((value: number) => value > 0)
    expect(await gateway.probe()).toEqual({
      state: 'up',
      details: {
        latencyMs: expect.toSatisfy((value: number) => value >= 0),
        connections: { current: positive, available: positive },
        memory: { usedBytes: positive, totalBytes: positive },
        disk: { usedBytes: positive, totalBytes: positive },
      },
    })
  })

  it('takes the memory that the config gives for the whole', async () => {
    const gateway = openGateway({ memoryBytes: 123_456_789 })
    expect(await gateway.probe()).toMatchObject({ details: { memory: { totalBytes: 123_456_789 } } })
  })

  it.each([
    ['down', 'connection refused'],
    ['hang', 'timed out'],
    ['error', 'server error (code 1)'],
    ['slow', 'timed out'],
  ] as const)('of a server that is broken (%s) says %j, and recovers', async (mode, message) => {
    const gateway = openGateway({ ...SHORT })
    await servers.breakServer('mongodb', { mode })
    expect(await gateway.probe()).toEqual({ state: 'down', message })
    await servers.mendServer('mongodb')
    await vi.waitFor(async () => expect(await gateway.probe()).toMatchObject({ state: 'up' }), PATIENCE)
  })

  it.each([
    ['down', 'connection refused'],
    ['hang', 'timed out'],
  ] as const)('notices that an open connection breaks (%s), and recovers', async (mode, message) => {
    const gateway = openGateway({ ...SHORT, idleMs: 60_000 })
    expect(await gateway.probe()).toMatchObject({ state: 'up' })
    await servers.breakServer('mongodb', { mode })
    expect(await gateway.probe()).toEqual({ state: 'down', message })
    await servers.mendServer('mongodb')
    await vi.waitFor(async () => expect(await gateway.probe()).toMatchObject({ state: 'up' }), PATIENCE)
  })

  it('is not misled by a connection that is cut while the server is there', async () => {
    const gateway = openGateway({ idleMs: 60_000 })
    await gateway.probe()
    await servers.breakServer('mongodb', { mode: 'hang' })
    const probed = gateway.probe()
    await servers.breakServer('mongodb', { mode: 'down' })
    await servers.mendServer('mongodb')
    expect(await probed).toMatchObject({ state: 'up' })
  })

  it.each(['mongodb://', 'http://user:secret@db.internal', 'mongodb://a:%zz@b/'])(
    'of a URI that is none says so (%#)',
    async (wrong) => {
      const gateway = openGateway({ uri: new Secret(wrong) })
      expect(await gateway.probe()).toEqual({ state: 'down', message: 'invalid connection settings' })
    },
  )
})

describe('the collections', () => {
  it('are listed by name with their counts and a total', async () => {
    const database = `test_${crypto.randomUUID().slice(0, 8)}`
    const db = watcher.db(database)
    await db.collection('orders').insertMany(Array.from({ length: 12 }, (_, number) => ({ number })))
    await db.collection('customers').insertOne({ name: 'Ada' })
    await db.createCollection('empty')
    const gateway = openGateway({ database })
    expect(await gateway.collections()).toEqual({
      ok: true,
      value: {
        totalDocuments: 13,
        collections: [
          { name: 'customers', documents: 1 },
          { name: 'empty', documents: 0 },
          { name: 'orders', documents: 12 },
        ],
      },
    })
    await db.dropDatabase()
  })

  it('are a failure when the server is down', async () => {
    await servers.breakServer('mongodb', { mode: 'down' })
    const gateway = openGateway({ ...SHORT })
    expect(await gateway.collections()).toEqual({
      ok: false,
      error: { message: 'connection refused', retryable: true },
    })
  })
})
