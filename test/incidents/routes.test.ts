import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { Incidents } from '../../src/incidents/client.ts'
import { incidentRoutes } from '../../src/incidents/routes.ts'
import { DAY_MS, MINUTE_MS } from '../../src/lib/clock.ts'
import { HttpError } from '../../src/lib/http-error.ts'
import type { PublicIncident } from '../../src/status/public-incidents.ts'
import { publicIncidents } from '../../src/status/public-incidents.ts'
import { DOWN, inWorld, MONGODB_DOWN, monitor, START_MS, type World } from '../alerts/world.ts'
import { silentLogger } from '../health/silent-logger.ts'
import { stubOf, TestBook } from './world.ts'

const iso = (atMs: number) => new Date(atMs).toISOString()
const away = () => ({
  incidents: () => Promise.reject(new Error('away')),
  pages: () => new Promise<never>(() => {}),
})

/** Which objects answer, and what the status page shows. */
interface Parts {
  ledger: boolean
  book: boolean
  shown: () => Promise<PublicIncident[]>
}

/** The routes over a ledger and a book, as they are mounted in the app, with errors told by their code. */
async function inAdmin(test: (call: ReturnType<typeof admin>, world: World, parts: Parts) => Promise<void>) {
  await inWorld(async (world) => {
    world.monitors = [monitor('API health'), monitor('Shop'), monitor('Database', { public: false })]
    world.rules = [MONGODB_DOWN]
    world.restart()
    const parts: Parts = { ledger: true, book: true, shown: async () => [] }
    await test(admin(world, parts), world, parts)
  })
}

function admin(world: World, parts: Parts) {
  const book = stubOf<never>(new TestBook(world))
  const incidents = new Incidents({
    ledger: () => (parts.ledger ? stubOf(world.ledger) : away()),
    book: () => (parts.book ? book : away()),
    log: silentLogger,
    timeoutMs: 50,
  })
  const publicNames = new Map(
    world.monitors.filter((each) => each.public !== false).map(({ id, name }) => [id, name]),
  )
  parts.shown = async () => publicIncidents(await incidents.list(0), publicNames)
  const app = new Hono().route(
    '/admin',
    incidentRoutes({
      incidents,
      book: () => book,
      monitors: world.monitors,
      clock: world.clock,
    }),
  )
  app.onError((error, c) => {
    if (!(error instanceof HttpError)) throw error
    const { status, code, message, details } = error
    return c.json({ error: { code, message, details } }, status as 400)
  })
  return async (method: string, path: string, body?: unknown) => {
    const response = await app.request(`/admin${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json' },
      }),
    })
    return { status: response.status, body: JSON.parse((await response.text()) || 'null') }
  }
}

const POST = { title: 'Slow search', message: 'We are looking into it.' }
const fire = async (world: World) => {
  await world.judge({ id: 'api-health', seen: 'down', reason: 'got 503' })
  return `monitor-api-health-${START_MS}`
}

describe('GET /admin/incidents', () => {
  it('shows those of monitors, rules and people: open ones, and those of the last 90 days', () =>
    inAdmin(async (call, world) => {
      expect(await call('GET', '/incidents')).toEqual({
        status: 200,
        body: { open: [], past: [], missing: [] },
      })
      const id = await fire(world)
      world.mongodb = DOWN
      await world.nextTick()
      await call('POST', '/incidents', { ...POST, monitors: ['Shop'] })
      const { body } = await call('GET', '/incidents')
      expect(body.open.map((each: { source: string }) => each.source)).toEqual(['person', 'rule', 'monitor'])
      expect(body.open[2]).toEqual({
        id,
        source: 'monitor',
        title: 'API health is down',
        severity: 'critical',
        stage: 'investigating',
        monitors: ['api-health'],
        started_at: iso(START_MS),
        resolved_at: null,
        alert: 'monitor-api-health',
        public: true,
        publishes: null,
        published_as: null,
        summary: 'API health is down: got 503',
        runbook: null,
        held_back: null,
        timeline: [
          {
            at: iso(START_MS),
            kind: 'opened',
            text: 'API health is down: got 503',
            receiver: null,
            by: null,
            stage: null,
          },
          {
            at: iso(START_MS),
            kind: 'told',
            text: 'that it fires',
            receiver: 'pager',
            by: null,
            stage: null,
          },
        ],
      })
      const filtered = await call('GET', '/incidents?monitor=API%20health')
      expect(filtered.body.open.map((each: { id: string }) => each.id)).toEqual([id])
      await world.judge({ id: 'api-health', seen: 'up' })
      expect((await call('GET', '/incidents?monitor=api-health')).body).toMatchObject({
        open: [],
        past: [{ id, stage: 'resolved' }],
      })
      world.now += 91 * DAY_MS
      expect((await call('GET', '/incidents')).body).toMatchObject({ open: [{}, {}], past: [] })
    }))

  it('shows what can be read, and says what is missing', () =>
    inAdmin(async (call, world, parts) => {
      const id = await fire(world)
      const { body: posted } = await call('POST', '/incidents', POST)
      parts.book = false
      expect((await call('GET', '/incidents')).body).toMatchObject({ open: [{ id }], missing: ['book'] })
      expect((await call('GET', `/incidents/${posted.id}`)).body.error).toMatchObject({
        code: 'unavailable',
        message: "incidents can't be read in full: book",
      })
      parts.book = true
      parts.ledger = false
      expect((await call('GET', '/incidents')).body).toMatchObject({
        open: [{ id: posted.id }],
        missing: ['ledger'],
      })
    }))

  it('finds one by its id', () =>
    inAdmin(async (call, world) => {
      const id = await fire(world)
      expect((await call('GET', `/incidents/${id}`)).body.id).toBe(id)
      expect((await call('GET', '/incidents/nothing-1')).status).toBe(404)
    }))

  it('refuses a monitor that there is not', () =>
    inAdmin(async (call) => {
      const { status, body } = await call('GET', '/incidents?monitor=nobody')
      expect(status).toBe(400)
      expect(body.error.details).toEqual([
        { field: 'monitor', message: 'the name or id of a monitor (API health, Shop, Database)' },
      ])
    }))
})

describe('an incident of a person', () => {
  it('is posted, updated, amended and resolved', () =>
    inAdmin(async (call, world) => {
      const posted = await call('POST', '/incidents', {
        ...POST,
        title: '<b>Slow</b> search',
        monitors: ['Shop', 'shop', 'api-health'],
        severity: 'info',
        by: 'ada',
      })
      expect(posted).toMatchObject({
        status: 201,
        body: {
          source: 'person',
          title: '<b>Slow</b> search',
          severity: 'info',
          stage: 'investigating',
          monitors: ['shop', 'api-health'],
          started_at: iso(START_MS),
          alert: null,
          timeline: [
            { kind: 'opened', by: 'ada' },
            { kind: 'update', stage: 'investigating', text: POST.message, by: 'ada' },
          ],
        },
      })
      const path = `/incidents/${posted.body.id}`
      world.now += MINUTE_MS
      const update = { stage: 'identified', message: 'A full disk.\nWe clean it.' }
      expect(await call('POST', `${path}/updates`, update)).toMatchObject({
        status: 201,
        body: { stage: 'identified', timeline: [{}, {}, { text: update.message, at: iso(world.now) }] },
      })
      expect(await call('PATCH', path, { title: 'Search', monitors: [] })).toMatchObject({
        status: 200,
        body: { title: 'Search', monitors: [], stage: 'identified' },
      })
      const done = await call('POST', `${path}/updates`, { stage: 'resolved', message: 'Done.' })
      expect(done.body).toMatchObject({ stage: 'resolved', resolved_at: iso(world.now) })
      expect(done.body.timeline.at(-1)).toMatchObject({ kind: 'resolved' })
      expect((await call('GET', '/incidents')).body).toMatchObject({ open: [], past: [{ title: 'Search' }] })
      const again = await call('POST', `${path}/updates`, update)
      expect(again).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } })
    }))
})

describe('an incident of a monitor', () => {
  it('takes updates, but ends only by itself', () =>
    inAdmin(async (call, world) => {
      const path = `/incidents/${await fire(world)}`
      const update = { stage: 'identified', message: 'The provider is down.', by: 'ada' }
      expect((await call('POST', `${path}/updates`, update)).body.stage).toBe('identified')
      const ending = { stage: 'resolved', message: 'Done?' }
      expect(await call('POST', `${path}/updates`, ending)).toMatchObject({
        status: 409,
        body: {
          error: {
            message: 'monitor-api-health still fires: the incident is resolved when that ends',
          },
        },
      })
      await world.judge({ id: 'api-health', seen: 'up' })
      expect((await call('POST', `${path}/updates`, update)).status).toBe(409)
      expect((await call('POST', `${path}/updates`, ending)).body).toMatchObject({ stage: 'resolved' })
    }))

  it('can be given a title and monitors', () =>
    inAdmin(async (call, world) => {
      const path = `/incidents/${await fire(world)}`
      const { body } = await call('PATCH', path, { title: 'Outage', monitors: ['API health', 'Shop'] })
      expect(body).toMatchObject({ title: 'Outage', monitors: ['api-health', 'shop'], source: 'monitor' })
      expect((await call('GET', '/incidents?monitor=shop')).body.open).toHaveLength(1)
    }))
})

describe('publishing', () => {
  /** An incident of a rule, with an update of the team. */
  async function ofRule(call: ReturnType<typeof admin>, world: World) {
    world.mongodb = DOWN
    await world.nextTick()
    const [rule] = (await call('GET', '/incidents')).body.open
    const internal = { stage: 'identified', message: 'The primary has no disk left.' }
    expect((await call('POST', `/incidents/${rule.id}/updates`, internal)).body).toMatchObject({
      source: 'rule',
      public: false,
      stage: 'identified',
    })
    return rule.id as string
  }
  const PUBLIC = { title: 'Checkout fails', message: 'Orders can fail. We are working on it.' }

  it('posts a public incident that is linked to that of a rule, and is resolved for itself', () =>
    inAdmin(async (call, world, parts) => {
      const id = await ofRule(call, world)
      expect(await parts.shown()).toEqual([])
      const { status, body: published } = await call('POST', '/incidents', { ...PUBLIC, publishes: id })
      expect(status).toBe(201)
      expect(published).toMatchObject({ public: true, publishes: id, published_as: null, source: 'person' })
      expect((await call('GET', `/incidents/${id}`)).body).toMatchObject({
        public: false,
        published_as: published.id,
      })
      // The public sees what was published, and nothing of the rule.
      const shown = await parts.shown()
      expect(shown.map(({ title, updates }) => [title, updates.map(({ text }) => text)])).toEqual([
        [PUBLIC.title, [PUBLIC.message]],
      ])
      expect(JSON.stringify(shown)).not.toContain(id)

      const twice = await call('POST', '/incidents', { ...PUBLIC, publishes: id })
      expect(twice.status).toBe(409)
      expect(twice.body.error.message).toContain(`already published as ${published.id}`)
      const done = { stage: 'resolved', message: 'Orders work again.' }
      expect((await call('POST', `/incidents/${published.id}/updates`, done)).body.resolved_at).not.toBeNull()
      // The rule still fires; what gets worse again can be published again.
      const again = await call('POST', '/incidents', { ...PUBLIC, publishes: id })
      expect(again.status).toBe(201)
      expect((await call('GET', `/incidents/${id}`)).body).toMatchObject({
        resolved_at: null,
        published_as: again.body.id,
      })
    }))

  it('is undone by withdrawing what was posted', () =>
    inAdmin(async (call, world, parts) => {
      const id = await ofRule(call, world)
      const { body: published } = await call('POST', '/incidents', { ...PUBLIC, publishes: id })
      expect(await parts.shown()).toHaveLength(1)
      expect(await call('DELETE', `/incidents/${published.id}`)).toEqual({ status: 204, body: null })
      expect(await parts.shown()).toEqual([])
      expect((await call('GET', `/incidents/${id}`)).body.published_as).toBeNull()
      expect((await call('GET', `/incidents/${published.id}`)).status).toBe(404)
      expect((await call('DELETE', `/incidents/${published.id}`)).status).toBe(404)
      expect((await call('DELETE', `/incidents/${id}`)).body.error).toMatchObject({
        code: 'conflict',
        message: 'mongodb-down opened this incident: only posted incidents can be withdrawn',
      })
    }))

  it('works for an incident of a private monitor, which is internal, too', () =>
    inAdmin(async (call, world) => {
      await world.judge({ id: 'database', seen: 'down', reason: 'refused' })
      const [internal] = (await call('GET', '/incidents?monitor=Database')).body.open
      expect(internal).toMatchObject({ source: 'monitor', public: false })
      const onlyPrivate = await call('POST', '/incidents', { ...PUBLIC, monitors: ['Database'] })
      expect(onlyPrivate.body).toMatchObject({ public: false })
      const hidden = { ...PUBLIC, publishes: internal.id, monitors: ['Database'] }
      expect((await call('POST', '/incidents', hidden)).body.error.details).toMatchObject([
        { field: 'monitors' },
      ])
      const { body } = await call('POST', '/incidents', { ...PUBLIC, publishes: internal.id })
      expect(body).toMatchObject({ public: true, publishes: internal.id })
    }))

  it('is refused for what is public already, and for what there is not', () =>
    inAdmin(async (call, world) => {
      const id = await fire(world)
      for (const [publishes, message] of [
        [id, 'the id of an internal incident: this one is already public'],
        ['mongodb-down-1', 'the id of an incident'],
      ]) {
        expect((await call('POST', '/incidents', { ...PUBLIC, publishes })).body.error.details).toEqual([
          { field: 'publishes', message },
        ])
      }
    }))
})

describe('a mistake', () => {
  it.each([
    ['nothing', {}, ['title', 'message']],
    ['blank texts', { title: ' ', message: '' }, ['title', 'message']],
    ['long texts', { title: 'x'.repeat(201), message: 'x'.repeat(5_001) }, ['title', 'message']],
    ['a title of two lines', { ...POST, title: 'a\nb' }, ['title']],
    ['an author of two lines', { ...POST, by: 'a\r\nb' }, ['by']],
    ['what controls a terminal', { ...POST, message: 'a\u001b[31mb\u0000' }, ['message']],
    ['a stage that there is not', { ...POST, stage: 'fixed' }, ['stage']],
    ['a monitor that there is not', { ...POST, monitors: ['Shop', 'nobody'] }, ['monitors.1']],
    ['a severity that there is not', { ...POST, severity: 'bad' }, ['severity']],
    ['a key that there is not', { ...POST, massage: 'x' }, ['massage']],
  ])('in a post, %s, is refused by its field', (_what, body, fields) =>
    inAdmin(async (call) => {
      const answer = await call('POST', '/incidents', body)
      expect(answer.status).toBe(400)
      expect(answer.body.error.details.map(({ field }: { field: string }) => field)).toEqual(fields)
      expect((await call('GET', '/incidents')).body.open).toEqual([])
    }),
  )

  it('is none in a message of several lines', () =>
    inAdmin(async (call) => {
      expect(await call('POST', '/incidents', { ...POST, message: 'a\r\n\tb' })).toMatchObject({
        status: 201,
      })
    }))

  it('in an update or an amendment is refused by its field', () =>
    inAdmin(async (call, world) => {
      const path = `/incidents/${await fire(world)}`
      const fieldsOf = async (...request: Parameters<typeof call>) =>
        (await call(...request)).body.error.details.map(({ field }: { field: string }) => field)
      expect(await fieldsOf('POST', `${path}/updates`, { message: 'x' })).toEqual(['stage'])
      expect(await fieldsOf('PATCH', path, {})).toEqual(['title'])
      expect(await fieldsOf('PATCH', path, { monitors: ['nobody'] })).toEqual(['monitors.0'])
    }))

  it('in the id is a 404', () =>
    inAdmin(async (call) => {
      const update = { stage: 'identified', message: 'x' }
      expect((await call('POST', '/incidents/x/updates', update)).status).toBe(404)
      expect((await call('PATCH', '/incidents/x', { title: 'x' })).status).toBe(404)
    }))
})
