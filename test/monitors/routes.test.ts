import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/lib/clock.ts'
import { renderError } from '../../src/lib/http-answers.ts'
import { HttpError } from '../../src/lib/http-error.ts'
import { heartbeatRoutes, monitorRoutes } from '../../src/monitors/routes.ts'
import { FAILED, inWorld, PLAIN, START_MS, UP, type World } from './uptime-world.ts'

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

/** The routes over an uptime monitor as they are mounted in the app, with errors told by their code. */
function admin(world: World) {
  const uptime = () =>
    new Proxy(world.uptime, {
      get:
        (target, name) =>
        async (...args: unknown[]) => {
          const method = Reflect.get(target, name) as (...args: unknown[]) => unknown
          return structuredClone(await method.apply(target, args)) // as an RPC answer would be
        },
    }) as never
  const app = new Hono()
    .route('/admin', monitorRoutes({ monitors: world.settings().monitors, uptime, clock: () => world.now }))
    .route('/heartbeat', heartbeatRoutes(uptime, SILENT))
  app.onError((error, c) => {
    if (!(error instanceof HttpError)) throw error
    return c.json({ error: error.code, fields: error.details.map(({ field }) => field) }, error.status as 400)
  })
  const send = async (method: string, path: string, body?: unknown) => {
    const response = await app.request(path, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json' },
      }),
    })
    return { status: response.status, body: response.status === 204 ? undefined : await response.json() }
  }
  return { send }
}

describe('the monitors, for the admin', () => {
  it('are listed with their state; a URL without its query', () =>
    inWorld(async (world) => {
      world.configure([
        { ...PLAIN, url: 'https://shop.example/health?key=secret#x', group: 'Web' },
        { name: 'Mail', type: 'tcp', host: 'mail.example', port: 587 },
        { name: 'Backup', type: 'heartbeat', every: 3_600 },
      ])
      world.answer = () => FAILED
      await world.tick()
      const { status, body } = await admin(world).send('GET', '/admin/monitors')
      expect(status).toBe(200)
      expect(body).toMatchObject({
        judged_at: '2200-01-06T12:00:00.000Z',
        warnings: [],
        monitors: [
          {
            id: 'shop',
            name: 'Shop',
            type: 'http',
            group: 'Web',
            target: 'https://shop.example/health',
            state: 'down',
            since: '2200-01-06T12:00:00.000Z',
            reason: FAILED.reason,
            blocked_by: null,
            regions: [
              {
                region: 'eu-west',
                state: 'down',
                last_check: { outcome: 'failed', latency_ms: null, reason: FAILED.reason },
              },
            ],
          },
          { id: 'mail', target: 'mail.example:587' },
          { id: 'backup', target: null, state: 'unknown', since: null },
        ],
      })
      expect(JSON.stringify(body)).not.toContain('secret')
    }))

  it('are listed with the data centers that check them, as far as these are known', () =>
    inWorld(async (world) => {
      world.configure([{ ...PLAIN, locations: ['us-east', 'eu-west'] }])
      const colos = async () => {
        const { body } = await admin(world).send('GET', '/admin/monitors')
        const [monitor] = (body as { monitors: { regions: { region: string; colo: string | null }[] }[] })
          .monitors
        return monitor?.regions.map(({ region, colo }) => [region, colo])
      }
      await world.tick()
      expect(await colos()).toEqual([
        ['us-east', null],
        ['eu-west', null],
      ])
      world.answer = (_, region) => (region === 'eu-west' ? { ...UP, colo: 'FRA' } : UP)
      await world.nextTick()
      const known = [
        ['us-east', null],
        ['eu-west', 'FRA'],
      ]
      expect(await colos()).toEqual(known)
      // The prober started anew and doesn't know it yet, and so did the object.
      world.answer = () => UP
      await world.nextTick()
      world.restart()
      expect(await colos()).toEqual(known)
      await world.nextTick()
      expect(await colos()).toEqual(known)
    }))

  it('are listed with a warning where the control URL is silent', () =>
    inWorld(async (world) => {
      world.configure([PLAIN])
      world.control = false
      await world.tick()
      const { body } = await admin(world).send('GET', '/admin/monitors')
      expect(body).toMatchObject({
        warnings: [expect.stringContaining('probes.controlUrl gives no answer since 2200-01-06T12:00:00')],
      })
    }))

  it('are shown one by one with their history', () =>
    inWorld(async (world) => {
      world.configure([PLAIN])
      for (let minute = 0; minute < 4; minute++) await world.nextTick()
      world.answer = () => FAILED
      await world.nextTick()
      world.now += MINUTE_MS
      const { body } = await admin(world).send('GET', '/admin/monitors/shop')
      expect(body).toMatchObject({
        id: 'shop',
        state: 'down',
        uptime_90_days: 0.8,
        days: [{ date: '2200-01-06', uptime: 0.8, seconds: { up: 240, down: 60, unknown: 0 } }],
      })
      expect((body as { latency: unknown[] }).latency).toHaveLength(96)
      expect(await admin(world).send('GET', '/admin/monitors/nothing')).toMatchObject({ status: 404 })
    }))

  it('have checks, by default those of the last day', () =>
    inWorld(async (world) => {
      world.configure([PLAIN])
      await world.tick()
      world.answer = () => FAILED
      await world.nextTick()
      world.now += MINUTE_MS
      const { send } = admin(world)
      const path = '/admin/monitors/shop/checks'
      const failed = {
        region: 'eu-west',
        at: '2200-01-06T12:01:00.000Z',
        outcome: 'failed',
        latency_ms: null,
        reason: FAILED.reason,
      }
      expect((await send('GET', path)).body).toEqual({
        id: 'shop',
        from: new Date(world.now - DAY_MS).toISOString(),
        to: new Date(world.now).toISOString(),
        checks: [
          {
            region: 'eu-west',
            at: '2200-01-06T12:00:00.000Z',
            outcome: 'up',
            latency_ms: UP.latencyMs,
            reason: null,
          },
          failed,
          failed, // checked again at once
        ],
      })
      const old = await send('GET', `${path}?to=2199-12-30T14:00:00Z`)
      expect(old.body).toMatchObject({ from: new Date(world.now - 7 * DAY_MS).toISOString(), checks: [] })
      const some = await send('GET', `${path}?from=2200-01-06T12:00:30Z&to=2200-01-06T12:01:30Z`)
      expect(some.body).toMatchObject({ checks: [failed, failed] })
      expect(await send('GET', '/admin/monitors/nothing/checks')).toMatchObject({ status: 404 })
    }))

  it.each([
    ['from=yesterday', 'from'],
    ['from=2200-01-06T12:00:00Z&to=2200-01-06T11:00:00Z', 'from'],
    ['from=2199-12-30T11:59:59Z&to=2199-12-31T00:00:00Z', 'from'],
    ['to=2199-12-30T12:00:00Z', 'to'],
    ['from=2200-01-01T12:00:00Z&to=2200-01-06T12:00:00Z', 'to'],
    ['since=now', 'since'],
  ])('name what is wrong with %s', (query, field) =>
    inWorld(async (world) => {
      world.configure([PLAIN])
      const { status, body } = await admin(world).send('GET', `/admin/monitors/shop/checks?${query}`)
      expect({ status, body }).toEqual({ status: 400, body: { error: 'invalid_request', fields: [field] } })
    }),
  )
})

describe('maintenance, for the admin', () => {
  it('is announced for monitors by name or id, listed beside what is configured, and withdrawn', () =>
    inWorld(async (world) => {
      world.configure(
        [PLAIN, { ...PLAIN, name: 'Other' }],
        [{ title: 'Planned', from: '2200-01-07T00:00:00Z', to: '2200-01-07T01:00:00Z' }],
      )
      const { send } = admin(world)
      const made = await send('POST', '/admin/maintenance', {
        title: 'Move',
        monitors: ['Shop', 'shop'],
        for: '2h',
      })
      const announced = {
        id: expect.any(String),
        title: 'Move',
        monitors: ['shop'],
        from: new Date(START_MS).toISOString(),
        to: new Date(START_MS + 2 * HOUR_MS).toISOString(),
      }
      expect(made).toEqual({ status: 201, body: announced })
      expect((await send('GET', '/admin/maintenance')).body).toEqual({
        maintenance: [announced, expect.objectContaining({ id: null, title: 'Planned', monitors: [] })],
      })
      const path = `/admin/maintenance/${(made.body as { id: string }).id}`
      expect(await send('DELETE', path)).toEqual({ status: 204, body: undefined })
      expect(await send('DELETE', path)).toMatchObject({ status: 404 })
    }))

  it.each([
    [{ title: 'Move' }, 'to'],
    [{ title: 'Move', for: '1h', to: '2200-01-07T00:00:00Z' }, 'to'],
    [{ title: 'Move', to: '2200-01-06T11:00:00Z' }, 'to'],
    [{ title: 'Move', from: '2200-01-01T00:00:00Z', for: '1h' }, 'to'],
    [{ title: 'Move', for: 'ever' }, 'for'],
    [{ title: ' ', for: '1h' }, 'title'],
    [{ title: 'Move\r\nand more', for: '1h' }, 'title'],
    [{ title: 'Move', from: '0000-01-01T00:00:00Z', to: '2300-01-01T00:00:00Z' }, 'from'],
    [{ title: 'Move', to: '9999-12-31T23:59:59-23:59' }, 'to'],
    [{ title: 'Move', from: '9999-12-30T00:00:00Z', for: '36500d' }, 'for'],
    [{ title: 'Move', for: '1h', monitors: ['Shop', 'Nothing'] }, 'monitors.1'],
  ])('names what is wrong with %j', (body, field) =>
    inWorld(async (world) => {
      world.configure([PLAIN])
      const answer = await admin(world).send('POST', '/admin/maintenance', body)
      expect(answer).toMatchObject({ status: 400, body: { fields: [field] } })
      expect(world.uptime.report().maintenance).toEqual([])
    }),
  )
})

it('no more than 50 windows are announced at one time', () =>
  inWorld(async (world) => {
    const { send } = admin(world)
    const announce = () => send('POST', '/admin/maintenance', { title: 'Move', for: '1h' })
    for (let count = 0; count < 50; count++) expect((await announce()).status).toBe(201)
    expect(await announce()).toMatchObject({ status: 409, body: { error: 'conflict' } })
    world.now += HOUR_MS
    expect((await announce()).status).toBe(201)
  }))

describe('a heartbeat, over HTTP', () => {
  it('takes what a job says, and nothing for what is none', () =>
    inWorld(async (world) => {
      world.configure([{ name: 'Backup', type: 'heartbeat', every: 3_600 }, PLAIN])
      const { send } = admin(world)
      expect(await send('POST', '/heartbeat/backup/start')).toEqual({
        status: 200,
        body: { id: 'backup', beat: 'start' },
      })
      expect(await send('POST', '/heartbeat/backup')).toMatchObject({ status: 200, body: { beat: 'done' } })
      expect(world.status('backup').state).toBe('up')
      expect(await send('POST', '/heartbeat/backup/fail')).toMatchObject({
        status: 200,
        body: { beat: 'fail' },
      })
      expect(world.status('backup').state).toBe('down')
      expect(await send('POST', '/heartbeat/shop')).toMatchObject({ status: 404 })
      expect(await send('POST', '/heartbeat/nothing/fail')).toMatchObject({ status: 404 })
      expect(await send('GET', '/heartbeat/backup').catch(() => ({ status: 404 }))).toMatchObject({
        status: 404,
      })
    }))

  it('asks the job to come again where the object fails', async () => {
    const app = new Hono().route(
      '/heartbeat',
      heartbeatRoutes(() => ({ beat: () => Promise.reject(new Error('the object is away')) }), SILENT),
    )
    app.onError((error, c) => renderError(error, c))
    const response = await app.request('/heartbeat/backup', { method: 'POST' })
    expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '5'])
    expect(await response.json()).toMatchObject({ error: { code: 'heartbeats_unavailable' } })
  })
})
