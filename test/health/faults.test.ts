import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { HealthClient } from '../../src/health/client.ts'
import type { Roles } from '../../src/health/model.ts'
import { HealthMonitorObject } from '../../src/health/monitor.ts'
import { healthRoutes } from '../../src/health/routes.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { Secret } from '../../src/lib/secret.ts'
import { MongoGatewayObject } from '../../src/vendors/mongodb/gateway.ts'
import { UpstashProbe } from '../../src/vendors/upstash/redis.ts'
import { startOwnServers } from '../own-servers.ts'
import { silentLogger } from './silent-logger.ts'

const servers = await startOwnServers()
const secret = (name: string) => new Secret(servers.vars[name] ?? '')
const PROBE_MS = 1_000
const PATIENCE = { timeout: 10_000 }

// Loading the driver takes a while at first, and is not what is tested here.
await import('mongodb')

afterEach(async () => {
  await servers.mendServer('mongodb')
  await servers.mendServer('redis')
})

/** The health routes over a real gateway and monitor, in an object of their own. */
function openApp() {
  const roles: Roles = { mongodb: 'critical', redis: 'optional' }
  const state = { now: Date.now(), probes: 0 }
  const log = silentLogger

  class TestGateway extends MongoGatewayObject<unknown> {
    protected settings() {
      const uri = secret('MONGODB_URI')
      return { uri, idleMs: 50, clock: systemClock, log, connectTimeoutMs: 800, pingTimeoutMs: 500 }
    }

    override probe() {
      state.probes++
      return super.probe()
    }
  }

  class TestMonitor extends HealthMonitorObject<unknown> {
    protected settings() {
      return {
        mongodb: new TestGateway(this.ctx, this.env),
        redis: new UpstashProbe({
          url: secret('UPSTASH_REDIS_REST_URL'),
          token: secret('UPSTASH_REDIS_REST_TOKEN'),
          clock: systemClock,
          timeoutMs: PROBE_MS,
        }),
        clock: () => state.now,
        sleep: async () => {},
        log,
      }
    }
  }

  const stub = env.HEALTH_MONITOR.get(env.HEALTH_MONITOR.newUniqueId())
  let monitor: TestMonitor | undefined
  const report = () =>
    runInDurableObject(stub, (_, context) => {
      monitor ??= new TestMonitor(context, env)
      return monitor.report()
    })
  const client = new HealthClient({
    roles,
    monitor: () => ({ report }),
    schedulerReport: async () => ({ pendingNotifications: 0, deadNotifications: 0 }),
    clock: () => state.now,
    log,
  })
  const app = healthRoutes({
    client,
    roles,
    disabled: [],
    service: { name: 'Edgewatch', version: '1', environment: 'test', releaseId: '1' },
    details: 'always',
    isAdmin: async () => false,
    clock: () => state.now,
  })
  return {
    state,
    async health() {
      const response = await app.request('/health')
      return { status: response.status, body: await response.json() }
    },
  }
}

describe('health of real dependencies', PATIENCE, () => {
  it('is probed once for 100 requests at once, and for those that follow within 10 s', async () => {
    const { state, health } = openApp()
    const answers = await Promise.all(Array.from({ length: 100 }, health))
    for (const answer of answers) expect(answer).toMatchObject({ status: 200, body: { status: 'healthy' } })
    expect(state.probes).toBe(1)
    state.now += 9_000
    await health()
    expect(state.probes).toBe(1)
    state.now += 1_000
    await health()
    expect(state.probes).toBe(2)
  })

  it.each([
    ['down', 'connection refused'],
    ['hang', 'timed out'],
    ['error', 'server error (code 1)'],
    ['slow', 'timed out'],
  ] as const)(
    'is 503 with a MongoDB that is broken (%s), and 200 when it is mended',
    async (mode, message) => {
      const { state, health } = openApp()
      await servers.breakServer('mongodb', { mode })
      expect(await health()).toMatchObject({
        status: 503,
        body: { status: 'unhealthy', services: { database: `error: ${message}`, cache: 'connected' } },
      })
      await servers.mendServer('mongodb')
      await vi.waitFor(async () => {
        state.now += 10_000
        expect(await health()).toMatchObject({ status: 200, body: { status: 'healthy' } })
      }, PATIENCE)
    },
  )

  it.each([
    ['down', 'no connection'],
    ['hang', 'timed out'],
    ['error', 'server error'],
    ['slow', 'timed out'],
  ] as const)('is degraded with a Redis that is broken (%s)', async (mode, message) => {
    const { health } = openApp()
    await servers.breakServer('redis', { mode })
    expect(await health()).toMatchObject({
      status: 200,
      body: { status: 'degraded', services: { database: 'connected', cache: `error: ${message}` } },
    })
  })
})
