import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { alertRoutes } from '../../src/alerts/routes.ts'
import { alertsOf } from '../../src/alerts/settings.ts'
import { rule } from '../../src/config/rules.ts'
import { MINUTE_MS } from '../../src/lib/clock.ts'
import { HttpError } from '../../src/lib/http-error.ts'
import { err } from '../../src/lib/result.ts'
import { DOWN, inWorld, MONGODB_DOWN, START_MS, UP, type World } from './world.ts'

/** The routes over a ledger as they are mounted in the app, with errors told by their code. */
function admin(world: World) {
  const ledger = () =>
    new Proxy(world.ledger, {
      get:
        (target, name) =>
        async (...args: unknown[]) => {
          const method = Reflect.get(target, name) as (...args: unknown[]) => unknown
          return structuredClone(await method.apply(target, args)) // as an RPC answer would be
        },
    }) as never
  return async (method: string, path: string, body?: unknown) => {
    const app = new Hono().route(
      '/admin',
      alertRoutes({ ledger, alerts: knownAlerts(world), clock: () => world.now }),
    )
    app.onError((error, c) => {
      if (!(error instanceof HttpError)) throw error
      const { status, code, message, details } = error
      return c.json({ error: { code, message, details } }, status as 400)
    })
    const response = await app.request(`/admin${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json' },
      }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }
}

const knownAlerts = ({ rules, monitors }: World) =>
  alertsOf({
    alerts: { rules: rules.map((each) => rule.parse(each)) },
    monitors: { configured: monitors },
  }).map(({ alert }) => alert)

const iso = (atMs: number) => new Date(atMs).toISOString()

describe('GET /admin/alerts', () => {
  it('shows what fires, what was resolved and what was sent', () =>
    inWorld(async (world) => {
      const call = admin(world)
      expect(await call('GET', '/alerts')).toEqual({
        status: 200,
        body: {
          active: [],
          rules: [],
          resolved: [],
          notifications: { counts: { pending: 0, dead: 0 }, pending: [], dead: [], delivered: [] },
          silences: [],
          scheduler: { last_run_at: null, last_outcome: null, lag_seconds: null },
        },
      })

      const waiting = { ...MONGODB_DOWN, id: 'waiting', for: '10m', summary: '{value} is {threshold}' }
      world.rules = [{ ...MONGODB_DOWN, runbook: 'https://wiki.example/mongodb' }, waiting]
      world.restart()
      world.mongodb = DOWN
      world.receiver('pager').answer = () => err({ message: 'answered 400', retryable: false })
      await world.tick()
      await world.runAlarms()
      const { body } = await call('GET', '/alerts')
      expect(body).toMatchObject({
        active: [
          {
            alert: 'mongodb-down',
            state: 'firing',
            severity: 'critical',
            summary: 'MongoDB is down',
            since: iso(START_MS),
            value: 'down: timed out',
            silenced: false,
            acknowledged: null,
            told: ['pager'],
            dedup_key: `shop/mongodb-down/${START_MS}`,
            runbook: 'https://wiki.example/mongodb',
          },
          {
            alert: 'waiting',
            state: 'pending',
            summary: 'down: timed out is down',
            dedup_key: null,
            runbook: null,
          },
        ],
        rules: [
          { rule: 'mongodb-down', runbook: 'https://wiki.example/mongodb' },
          { rule: 'waiting', runbook: null },
        ],
        notifications: {
          counts: { pending: 0, dead: 1 },
          dead: [
            {
              receiver: 'pager',
              kind: 'firing',
              alert: 'mongodb-down',
              attempts: 1,
              last_error: 'answered 400',
              died_at: iso(START_MS),
            },
          ],
        },
        scheduler: { last_run_at: iso(START_MS), last_outcome: 'ok', lag_seconds: 0 },
      })

      world.mongodb = UP
      await world.nextTick()
      expect((await call('GET', '/alerts')).body).toMatchObject({
        active: [],
        resolved: [{ alert: 'mongodb-down', started_at: iso(START_MS), resolved_at: iso(world.now) }],
      })
    }))
})

describe('POST /admin/alerts/:id/acknowledge', () => {
  it('acknowledges what fires, with or without a body', () =>
    inWorld(async (world) => {
      const call = admin(world)
      world.rules = [MONGODB_DOWN]
      world.mongodb = DOWN
      await world.tick()
      expect(await call('POST', '/alerts/mongodb-down/acknowledge')).toMatchObject({
        status: 200,
        body: { alert: 'mongodb-down', acknowledged: { at: iso(START_MS), by: null, note: null } },
      })
      const body = { by: 'ada', note: 'on it' }
      expect((await call('POST', '/alerts/mongodb-down/acknowledge', body)).body.acknowledged).toMatchObject(
        body,
      )
      expect((await call('GET', '/alerts')).body.active[0].acknowledged).toMatchObject(body)
    }))

  it('answers 404 for what does not fire, and for what there is not', () =>
    inWorld(async (world) => {
      const call = admin(world)
      world.rules = [MONGODB_DOWN]
      const refusal = (message: string) => ({ status: 404, body: { error: { code: 'not_found', message } } })
      expect(await call('POST', '/alerts/mongodb-down/acknowledge', {})).toMatchObject(
        refusal('mongodb-down does not fire'),
      )
      expect(await call('POST', '/alerts/mongodb-dwn/acknowledge', {})).toMatchObject(
        refusal('mongodb-dwn: there is no such alert; the nearest are mongodb-down, scheduler-missed'),
      )
    }))

  it('acknowledges what still fires though its rule is gone', () =>
    inWorld(async (world) => {
      world.rules = [MONGODB_DOWN]
      world.mongodb = DOWN
      await world.tick()
      world.rules = []
      expect((await admin(world)('POST', '/alerts/mongodb-down/acknowledge')).status).toBe(200)
    }))
})

describe('POST /admin/alerts/test', () => {
  it('tells what the receiver answered', () =>
    inWorld(async (world) => {
      const answer = await admin(world)('POST', '/alerts/test', { receiver: 'chat' })
      expect(answer).toEqual({ status: 200, body: { receiver: 'chat', status: 202, body: 'ok' } })
      expect(world.receiver('chat').told).toEqual(['test test'])
    }))

  it('answers 502 when the receiver refused', () =>
    inWorld(async (world) => {
      world.receiver('chat').answer = () => err({ message: 'answered 404', retryable: false })
      const { status, body } = await admin(world)('POST', '/alerts/test', { receiver: 'chat' })
      expect(status).toBe(502)
      expect(body.error).toMatchObject({ code: 'receiver_failed', message: 'chat: answered 404' })
    }))

  it('answers 400 for a receiver that there is not', () =>
    inWorld(async (world) => {
      const { status, body } = await admin(world)('POST', '/alerts/test', { receiver: 'nobody' })
      expect(status).toBe(400)
      expect(body.error.details).toEqual([
        { field: 'receiver', message: 'no receiver of this name is configured' },
      ])
    }))
})

describe('/admin/silences', () => {
  it('makes, shows and ends a silence', () =>
    inWorld(async (world) => {
      const call = admin(world)
      world.rules = [MONGODB_DOWN]
      const request = { alert: 'mongodb-down', for: '2h', reason: 'upgrade', by: 'ada' }
      const made = await call('POST', '/silences', request)
      const { id } = made.body
      const silence = {
        id,
        alert: 'mongodb-down',
        severity: null,
        labels: {},
        created_at: iso(START_MS),
        until: iso(START_MS + 7_200_000),
        reason: 'upgrade',
        by: 'ada',
      }
      expect(made).toEqual({ status: 201, body: { ...silence, matches: ['mongodb-down'] } })
      expect(await call('GET', '/silences')).toEqual({
        status: 200,
        body: { silences: [{ ...silence, matches: ['mongodb-down'] }] },
      })
      expect(await call('DELETE', `/silences/${id}`)).toEqual({ status: 204, body: undefined })
      expect((await call('DELETE', `/silences/${id}`)).status).toBe(404)
      expect((await call('GET', '/silences')).body).toEqual({ silences: [] })
    }))

  it('refuses an alert that there is not, and says which are spelt like it', () =>
    inWorld(async (world) => {
      const call = admin(world)
      world.rules = [MONGODB_DOWN]
      const request = { alert: 'mongo-down', for: '2h', reason: 'upgrade' }
      const message = 'there is no such alert; the nearest are mongodb-down, scheduler-missed'
      expect(await call('POST', '/silences', request)).toMatchObject({
        status: 400,
        body: { error: { code: 'invalid_request', details: [{ field: 'alert', message }] } },
      })
      expect(world.ledger.listSilences()).toEqual([])
      expect((await call('POST', '/silences', { ...request, alert: 'scheduler-missed' })).status).toBe(201)
    }))

  it('takes a time in any zone, labels and a severity', () =>
    inWorld(async (world) => {
      const body = {
        severity: 'warning',
        labels: { team: 'data' },
        until: '2200-01-01T02:30:00+02:00',
        reason: 'upgrade',
      }
      expect((await admin(world)('POST', '/silences', body)).body).toMatchObject({
        severity: 'warning',
        labels: { team: 'data' },
        until: '2200-01-01T00:30:00.000Z',
        matches: [],
      })
    }))

  it('takes 100 silences, and again one when one has ended', () =>
    inWorld(async (world) => {
      const call = admin(world)
      const request = { alert: 'scheduler-missed', reason: 'x'.repeat(500) }
      expect((await call('POST', '/silences', { ...request, for: '1m' })).status).toBe(201)
      for (let made = 1; made < 100; made++) await call('POST', '/silences', { ...request, for: '1d' })
      const refused = await call('POST', '/silences', { ...request, for: '1d' })
      expect(refused).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } })
      expect(refused.body.error.message).toContain('100 silences, the maximum: end one')
      expect(JSON.stringify((await call('GET', '/silences')).body).length).toBeLessThan(150_000)
      world.now += MINUTE_MS
      expect((await call('POST', '/silences', { ...request, for: '1d' })).status).toBe(201)
      expect([...world.state.storage.sql.exec('SELECT id FROM silences')]).toHaveLength(100)
    }))

  const good = { alert: 'mongodb-down', for: '2h', reason: 'upgrade' }
  it.each([
    ['nothing to silence', { for: '2h', reason: 'upgrade' }, ['alert']],
    ['no labels to silence', { labels: {}, for: '2h', reason: 'upgrade' }, ['alert']],
    ['no end', { ...good, for: undefined }, ['until']],
    ['two ends', { ...good, until: '2200-01-02T00:00:00Z' }, ['until']],
    ['an end that has passed', { ...good, for: undefined, until: '2020-01-01T00:00:00Z' }, ['until']],
    ['an end that is no time', { ...good, for: undefined, until: 'tomorrow' }, ['until']],
    ['no duration', { ...good, for: '0s' }, ['for']],
    ['an end in the far future', { ...good, for: undefined, until: '9999-12-31T23:59:59-14:00' }, ['until']],
    ['a duration of more than a year', { ...good, for: '367d' }, ['for']],
    ['NUL in the reason', { ...good, reason: 'up\u0000grade' }, ['reason']],
    ['a control character in the name', { ...good, by: 'a\u001bda' }, ['by']],
    ['NUL in a label', { ...good, labels: { team: 'x\u0000' } }, ['labels.team']],
    [
      'labels that are too long in all',
      { ...good, labels: Object.fromEntries([...'abcdef'].map((name) => [name, 'x'.repeat(190)])) },
      ['labels'],
    ],
    [
      'several mistakes',
      { ...good, for: 'soon', reason: ' ', severity: 'bad' },
      ['severity', 'for', 'reason'],
    ],
    ['a key that there is not', { ...good, untill: 'x' }, ['untill']],
  ])('refuses %s, and names the field', (_what, body, fields) =>
    inWorld(async (world) => {
      const answer = await admin(world)('POST', '/silences', body)
      expect(answer.status).toBe(400)
      expect(answer.body.error.code).toBe('invalid_request')
      expect(answer.body.error.details.map(({ field }: { field: string }) => field)).toEqual(fields)
      expect(world.ledger.listSilences()).toEqual([])
    }),
  )
})
