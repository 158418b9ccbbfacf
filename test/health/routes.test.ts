import { describe, expect, it } from 'vitest'
import type { DisabledPart } from '../../src/config/fill.ts'
import type { Facts, Roles } from '../../src/health/model.ts'
import { HEALTH_ROUTES } from '../../src/health/model.ts'
import { healthRoutes } from '../../src/health/routes.ts'
import { DISABLED, DOWN, facts, memory, NOW, ticked } from './facts.ts'

const ROLES: Roles = { mongodb: 'critical', redis: 'optional' }
const ADMIN = { Authorization: 'Bearer let-me-in' }
const DRAFT = { Accept: 'application/health+json' }

function app(
  read: () => Promise<Facts> | Facts,
  { roles = ROLES, details = 'admin' as 'admin' | 'always', disabled = [] as readonly DisabledPart[] } = {},
) {
  return healthRoutes({
    client: { read: async () => read() },
    roles,
    disabled,
    service: { name: 'Edgewatch', version: '1.2.3', environment: 'test', releaseId: 'release-9' },
    details,
    isAdmin: async (c) => c.req.header('Authorization') === ADMIN.Authorization,
    clock: () => NOW,
  })
}

it('has the routes that alerts leave out, and no other', () => {
  const paths = app(() => facts()).routes.map(({ path }) => path)
  expect(paths.sort()).toEqual([...HEALTH_ROUTES].sort())
})

describe('GET /health', () => {
  it('names version, environment and services', async () => {
    const response = await app(() => facts()).request('/health')
    expect(response.status).toBe(200)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.get('Vary')).toBe('Accept')
    expect(await response.json()).toEqual({
      status: 'healthy',
      version: '1.2.3',
      environment: 'test',
      services: { database: 'connected', cache: 'connected', scheduler: 'running' },
    })
  })

  it('is unhealthy and 503 without a critical dependency', async () => {
    const response = await app(() => facts({ mongodb: DOWN })).request('/health')
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({
      status: 'unhealthy',
      services: { database: 'disconnected' },
    })
  })

  it('is degraded and 200 without an optional one', async () => {
    const response = await app(() => facts({ redis: DOWN })).request('/health')
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ status: 'degraded', services: { cache: 'disconnected' } })
  })

  it('is degraded and 200 while nobody knows of a critical one, and healthy where it is optional', async () => {
    const unknown = { state: 'unknown', message: 'not probed yet' } as const
    const response = await app(() => facts({ mongodb: unknown })).request('/health', { headers: ADMIN })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ status: 'degraded', services: { database: 'unknown' } })
    const optional = await app(() => facts({ redis: unknown })).request('/health')
    expect(await optional.json()).toMatchObject({ status: 'healthy', services: { cache: 'unknown' } })
    const ready = await app(() => facts({ mongodb: unknown })).request('/health/ready')
    expect(ready.status).toBe(200)
    const detailed = await app(() => facts({ mongodb: unknown })).request('/health/detailed', {
      headers: ADMIN,
    })
    expect(await detailed.json()).toMatchObject({
      status: 'degraded',
      checks: { mongodb: 'unknown' },
      messages: { mongodb: 'not probed yet' },
    })
    const draft = await app(() => facts({ mongodb: unknown })).request('/health', { headers: DRAFT })
    expect(await draft.json()).toMatchObject({ status: 'warn' })
  })

  it('goes by the role that the config gives', async () => {
    const settings = { roles: { mongodb: 'optional', redis: 'critical' } as const }
    expect((await app(() => facts({ mongodb: DOWN }), settings).request('/health')).status).toBe(200)
    expect((await app(() => facts({ redis: DOWN }), settings).request('/health')).status).toBe(503)
  })

  it('is healthy with everything disabled', async () => {
    const nothing = () => facts({ mongodb: DISABLED, redis: DISABLED })
    const response = await app(nothing, { roles: {} }).request('/health')
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      status: 'healthy',
      services: { database: 'disabled', cache: 'disabled' },
    })
  })

  it('tells an admin, or everybody where the config says so, what is wrong', async () => {
    const expected = { services: { database: 'error: connection refused' } }
    const down = () => facts({ mongodb: DOWN })
    expect(await (await app(down).request('/health', { headers: ADMIN })).json()).toMatchObject(expected)
    expect(await (await app(down, { details: 'always' }).request('/health')).json()).toMatchObject(expected)
  })

  it.each([
    ['3 minutes ago', NOW - 180_000, 'healthy', 'running'],
    ['longer ago', NOW - 180_001, 'degraded', 'late'],
    ['never', undefined, 'healthy', 'unknown'],
  ])('notices a cron that ran last %s', async (_, lastRunAtMs, status, scheduler) => {
    const response = await app(() => facts({}, { ...ticked, lastRunAtMs })).request('/health')
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ status, services: { scheduler } })
  })

  it('answers HEAD with the status and no body', async () => {
    const response = await app(() => facts({ mongodb: DOWN })).request('/health', { method: 'HEAD' })
    expect(response.status).toBe(503)
    expect(response.headers.get('Content-Type')).toMatch('application/json')
    expect(await response.text()).toBe('')
  })
})

describe('GET /health/ready', () => {
  it('is ready without an optional dependency', async () => {
    const response = await app(() => facts({ redis: DOWN })).request('/health/ready')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ status: 'ready' })
  })

  it('is not ready without a critical one, and says which', async () => {
    const routes = app(() => facts({ mongodb: DOWN }))
    const response = await routes.request('/health/ready')
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({ status: 'not ready', reason: 'database not connected' })
    const told = await routes.request('/health/ready', { headers: ADMIN })
    expect(await told.json()).toMatchObject({ reason: 'database not connected: connection refused' })
  })
})

describe('a dependency that is off for lack of a secret', () => {
  const off = () =>
    app(() => facts({ mongodb: DISABLED }), {
      roles: { redis: 'optional' },
      disabled: [{ part: 'mongodb', missing: ['MONGODB_URI'] }],
    })

  it('is named in /health/detailed, with the variable for admins', async () => {
    const open = await off().request('/health/detailed')
    expect(open.status).toBe(200)
    expect(await open.json()).toMatchObject({
      checks: { mongodb: 'disabled' },
      disabled: [{ part: 'mongodb' }],
    })
    expect(await (await off().request('/health/detailed')).text()).not.toContain('MONGODB_URI')
    const told = await off().request('/health/detailed', { headers: ADMIN })
    expect(await told.json()).toMatchObject({ disabled: [{ part: 'mongodb', missing: ['MONGODB_URI'] }] })
  })

  it('is a note in application/health+json', async () => {
    const notes = async (headers: Record<string, string>) =>
      ((await (await off().request('/health/detailed', { headers })).json()) as { notes: unknown }).notes
    expect(await notes(DRAFT)).toEqual(['mongodb is off: not configured'])
    expect(await notes({ ...DRAFT, ...ADMIN })).toEqual(['mongodb is off: MONGODB_URI is not set'])
  })

  it('has no effect on the status, nor on readiness', async () => {
    expect(await (await off().request('/health/detailed')).json()).toMatchObject({ status: 'healthy' })
    expect(await (await off().request('/health')).json()).toMatchObject({ status: 'healthy' })
    const ready = await off().request('/health/ready')
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }])
  })

  it('is not mentioned where nothing is off', async () => {
    for (const headers of [{}, DRAFT, ADMIN]) {
      const document = await (await app(() => facts()).request('/health/detailed', { headers })).json()
      expect(document).not.toHaveProperty('disabled')
      expect(document).not.toHaveProperty('notes')
    }
  })
})

describe('GET /health/live', () => {
  it('asks nobody', async () => {
    const routes = app(() => {
      throw new Error('asked')
    })
    const response = await routes.request('/health/live')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ status: 'alive' })
    expect((await routes.request('/health/live', { headers: DRAFT })).status).toBe(200)
  })
})

describe('GET /health/detailed', () => {
  const CHECKS = {
    mongodb: 'healthy',
    redis: 'healthy',
    memory: 'healthy',
    disk: 'healthy',
    scheduler: 'healthy',
    notifications: 'healthy',
  }

  it('shows states to the public, and no number', async () => {
    const response = await app(() => facts({ redis: DOWN })).request('/health/detailed')
    expect(await response.json()).toEqual({
      status: 'degraded',
      checks: { ...CHECKS, redis: 'unhealthy' },
      metrics: {},
    })
  })

  it('shows numbers and messages to an admin', async () => {
    const response = await app(() => facts({ redis: DOWN })).request('/health/detailed', { headers: ADMIN })
    expect(await response.json()).toEqual({
      status: 'degraded',
      checks: { ...CHECKS, redis: 'unhealthy' },
      metrics: {
        memory_percent: 25,
        memory_available_mb: 768,
        mongodb_latency_ms: 12,
        mongodb_connections_current: 7,
        mongodb_connections_available: 93,
        mongodb_memory_mb: 256,
        mongodb_memory_percent: 25,
        mongodb_disk_percent: 10,
        mongodb_disk_available_mb: 90,
        scheduler_lag_seconds: 30,
        notifications_pending: 2,
        notifications_dead: 0,
      },
      messages: { redis: 'connection refused' },
    })
  })

  it.each([
    [memory(799, 1000), memory(1, 1000), 'healthy', 'healthy'],
    [memory(800, 1000), memory(1, 1000), 'warning', 'degraded'],
    [memory(1, 1000), memory(900, 1000), 'warning', 'degraded'],
    [DISABLED, DISABLED, 'unknown', 'healthy'],
  ])('memory: the fuller of the two counts (%#)', async (mongodb, redis, state, status) => {
    const routes = app(() => facts({ mongodb, redis }))
    const body = await (await routes.request('/health/detailed')).json()
    expect(body).toMatchObject({ status, checks: { memory: state } })
    // Something that fills up is not something that is missing.
    expect(await (await routes.request('/health')).json()).toMatchObject({ status: 'healthy' })
  })

  it('warns of notifications that were given up', async () => {
    const response = await app(() => facts({}, { ...ticked, deadNotifications: 3 })).request(
      '/health/detailed',
    )
    expect(await response.json()).toMatchObject({
      status: 'degraded',
      checks: { notifications: 'warning' },
    })
  })

  it('does not count what could not be read', async () => {
    const read = () => ({ ...facts(), scheduler: undefined })
    expect(await (await app(read).request('/health/detailed')).json()).toMatchObject({
      status: 'healthy',
      checks: { scheduler: 'unknown', notifications: 'unknown' },
    })
  })
})

describe('application/health+json', () => {
  const request = async (read: () => Facts, path: string, headers = {}) => {
    const response = await app(read).request(path, { headers: { ...DRAFT, ...headers } })
    expect(response.headers.get('Content-Type')).toBe('application/health+json')
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.get('Vary')).toBe('Accept')
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const head = {
    version: '1.2.3',
    releaseId: 'release-9',
    serviceId: 'Edgewatch',
    description: 'health of Edgewatch',
  }

  it('passes, warns and fails with the status that the draft demands', async () => {
    expect(await request(() => facts(), '/health')).toMatchObject({ status: 200, body: { status: 'pass' } })
    expect(await request(() => facts({ redis: DOWN }), '/health')).toMatchObject({
      status: 200,
      body: { status: 'warn' },
    })
    expect(await request(() => facts({ mongodb: DOWN }), '/health')).toMatchObject({
      status: 503,
      body: { status: 'fail' },
    })
  })

  it('of live says that we pass', async () => {
    expect((await request(() => facts(), '/health/live')).body).toEqual({ status: 'pass', ...head })
  })

  it('of ready says why not', async () => {
    const { body } = await request(() => facts({ mongodb: DOWN, redis: DISABLED }), '/health/ready')
    expect(body).toEqual({
      status: 'fail',
      ...head,
      output: 'database not connected',
      checks: {
        'mongodb:responseTime': [
          { componentType: 'datastore', status: 'fail', time: '2026-11-01T11:59:59.000Z' },
        ],
      },
    })
  })

  it('of detailed has each measurement with its unit, for an admin', async () => {
    const { body } = await request(() => facts({ redis: DOWN }), '/health/detailed', ADMIN)
    const probed = { time: '2026-11-01T11:59:59.000Z' }
    const own = { componentType: 'component', time: '2026-11-01T12:00:00.000Z', status: 'pass' }
    const pass = { ...probed, status: 'pass' }
    expect(body.checks).toEqual({
      'mongodb:responseTime': [
        { componentType: 'datastore', ...pass, observedValue: 12, observedUnit: 'ms' },
      ],
      'mongodb:connections': [
        { componentType: 'datastore', ...pass, observedValue: 7, observedUnit: 'connections' },
      ],
      'redis:responseTime': [
        { componentType: 'datastore', ...probed, status: 'fail', output: 'connection refused' },
      ],
      'memory:utilization': [
        {
          componentType: 'system',
          componentId: 'mongodb',
          ...pass,
          observedValue: 25,
          observedUnit: 'percent',
        },
      ],
      'disk:utilization': [
        {
          componentType: 'system',
          componentId: 'mongodb',
          ...pass,
          observedValue: 10,
          observedUnit: 'percent',
        },
      ],
      'scheduler:lag': [{ ...own, observedValue: 30_000, observedUnit: 'ms' }],
      'notifications:pending': [{ ...own, observedValue: 2, observedUnit: 'notifications' }],
      'notifications:dead': [{ ...own, observedValue: 0, observedUnit: 'notifications' }],
    })
  })

  it('shows the public neither values nor output', async () => {
    for (const path of ['/health', '/health/ready', '/health/detailed']) {
      const { body } = await request(() => facts({ mongodb: DOWN, redis: memory(900, 1000) }), path)
      const text = JSON.stringify(body)
      expect(text).not.toMatch(/observed|refused|90/)
      expect(body.checks).toHaveProperty('mongodb:responseTime')
    }
  })
})
