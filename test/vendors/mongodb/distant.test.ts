import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { MongoClient } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/lib/clock.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { MongoGatewayObject } from '../../../src/vendors/mongodb/gateway.ts'
import { silentLogger } from '../../health/silent-logger.ts'
import { startReplicaSet } from '../../own-servers.ts'

/** What the platform allows an object to have open at once. */
const MAX_CONNECTIONS = 6

const [working, probed] = [await startReplicaSet(), await startReplicaSet()]
const distant = await startReplicaSet({ roundTripMs: 200 })

const WRITES = Array.from({ length: 10 }, (_, number) => ({
  collection: `numbers_${number}`,
  match: { _id: number },
  set: { number },
}))

/** A gateway in a Durable Object of its own; nothing is connected yet, and the driver not loaded. */
function openGateway(uri: string) {
  const stub = env.MONGO_GATEWAY.get(env.MONGO_GATEWAY.newUniqueId())
  class TestGateway extends MongoGatewayObject<unknown> {
    protected settings() {
      return { uri: new Secret(uri), idleMs: 50, clock: systemClock, log: silentLogger }
    }
  }
  return <T>(work: (gateway: MongoGatewayObject<unknown>) => Promise<T>) =>
    runInDurableObject(stub, (_, state) => work(new TestGateway(state, env)))
}

describe('a replica set of three members', () => {
  it('is up, also when each round trip takes 200 ms and nothing is connected yet', async () => {
    const state = await openGateway(distant.uri)((gateway) => gateway.probe())
    expect(state).toMatchObject({ state: 'up', details: { connections: {}, memory: {}, disk: {} } })
    expect(state.state === 'up' && state.details.latencyMs).toBeGreaterThanOrEqual(200)
  })

  it('takes six connections at most for writes and aggregations', async () => {
    const outcomes = await openGateway(working.uri)(async (gateway) => {
      expect(await gateway.write(WRITES)).toEqual({ ok: true, value: [] })
      return await Promise.all([
        gateway.write(WRITES),
        gateway.aggregate([{ collection: 'numbers_1', pipeline: [{ $match: {} }] }], 1_000),
        gateway.aggregate([{ collection: 'numbers_2', pipeline: [{ $match: {} }] }], 1_000),
      ])
    })
    expect(outcomes.every(({ ok }) => ok)).toBe(true)
    expect(await working.mostConnections()).toBeLessThanOrEqual(MAX_CONNECTIONS)
  })

  it('takes six connections at most for probes and counts', async () => {
    const client = new MongoClient(probed.uri, { maxPoolSize: 1, serverMonitoringMode: 'poll' })
    for (const { collection } of WRITES) await client.db().collection(collection).insertOne({})
    await client.close()
    const [collections, ...probes] = await openGateway(probed.uri)((gateway) =>
      Promise.all([gateway.collections(), gateway.probe(), gateway.probe(), gateway.probe()]),
    )
    expect(collections).toMatchObject({ ok: true, value: { totalDocuments: 10 } })
    expect(probes.every(({ state }) => state === 'up')).toBe(true)
    expect(await probed.mostConnections()).toBeLessThanOrEqual(MAX_CONNECTIONS)
  })
})
