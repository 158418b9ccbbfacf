import { Hono } from 'hono'
import { beforeEach, describe, expect, it } from 'vitest'
import { currentContext, runWithContext } from '../../src/logging/context.ts'
import type { LogFields, Logger } from '../../src/logging/model.ts'
import { type ObserveOptions, type ObserveVariables, observe } from '../../src/observe/middleware.ts'
import type { Observation } from '../../src/observe/observation.ts'
import { KeptDataset } from './analytics-engine.ts'

class KeptLog implements Logger {
  readonly lines: { level: string; event: string; fields?: LogFields }[] = []
  debug = (event: string, fields?: LogFields) => this.#keep('debug', event, fields)
  info = (event: string, fields?: LogFields) => this.#keep('info', event, fields)
  warn = (event: string, fields?: LogFields) => this.#keep('warn', event, fields)
  error = (event: string, fields?: LogFields) => this.#keep('error', event, fields)
  #keep(level: string, event: string, fields?: LogFields) {
    this.lines.push({ level, event, ...(fields && { fields }) })
  }
}

let nowMs: number
let observations: Observation[]
let flushes: number
let dataset: KeptDataset
let log: KeptLog

beforeEach(() => {
  nowMs = 1_700_000_000_000
  observations = []
  flushes = 0
  dataset = new KeptDataset()
  log = new KeptLog()
})

function createApp(more: Partial<ObserveOptions> = {}) {
  const app = new Hono<{ Variables: ObserveVariables }>()
  app.use(
    observe({
      clock: () => nowMs,
      slowMs: 1000,
      log,
      analytics: { dataset, labels: { environment: 'test', deployment: 'v1' } },
      recorder: {
        recordRequest: (observation) => observations.push(observation),
        needsFlush: true,
        flushLater: (waitUntil) => {
          flushes++
          waitUntil(Promise.resolve())
        },
      },
      ...more,
    }),
  )
  app.use('/items/*', (_, next) => next())
  app.get('/items/:id', (c) => {
    nowMs += Number(c.req.query('takesMs') ?? 0)
    return c.text(c.get('requestId'))
  })
  app.get('/files/*', (c) => c.text('a file'))
  app.get('/broken', () => {
    throw new Error('broken')
  })
  app.get('/how-are-you', (c) => {
    c.set('statusIsAnswer', true)
    return c.text('not well', 503)
  })
  app.get('/passed-on', () => fetch('data:text/plain,hello'))
  app.onError((_, c) => c.text('sorry', 500))
  return app
}

const contextOf = (waiting: Promise<unknown>[] = []) =>
  ({
    waitUntil: (work: Promise<unknown>) => waiting.push(work),
    passThroughOnException() {},
  }) as unknown as ExecutionContext

describe('observation', () => {
  it.each([
    ['GET', '/items/17?takesMs=12', { method: 'GET', route: '/items/:id', status: 200, durationMs: 12 }],
    ['HEAD', '/items/17', { method: 'HEAD', route: '/items/:id', status: 200 }],
    ['GET', '/files/a/b', { route: '/files/*', status: 200 }],
    ['GET', '/nowhere/4711', { route: 'unmatched', status: 404 }],
    ['GET', '/broken', { route: '/broken', status: 500, failed: true }],
    ['GET', '/how-are-you', { route: '/how-are-you', status: 503, failed: false }],
    ['POST', '/items/17', { method: 'POST', route: 'unmatched', status: 404 }],
    ['PROPFIND', '/items/17', { method: 'OTHER', route: 'unmatched', status: 404 }],
  ])('of %s %s', async (method, path, expected) => {
    const response = await createApp().request(path, { method }, {}, contextOf())
    expect(observations).toEqual([expect.objectContaining(expected)])
    expect(dataset.points).toHaveLength(1)
    expect(log.lines.filter(({ event }) => event === 'api_request')).toHaveLength(1)
    expect(flushes).toBe(1)
    expect(response.headers.get('X-Request-Id')).toBe(observations[0]?.requestId)
    expect(Number(response.headers.get('X-Process-Time'))).toBe((observations[0]?.durationMs ?? -1) / 1000)
    expect(response.headers.get('Server-Timing')).toBe(`total;dur=${observations[0]?.durationMs}`)
  })

  it('works without an execution context, and flushes nothing then', async () => {
    const response = await createApp().request('/items/1')
    expect(response.status).toBe(200)
    expect(observations).toHaveLength(1)
    expect(flushes).toBe(0)
  })

  it('keeps a valid request id and replaces an unfit one', async () => {
    const send = (id: string) => createApp().request('/items/1', { headers: { 'X-Request-Id': id } })
    expect((await send('abc-123')).headers.get('X-Request-Id')).toBe('abc-123')
    for (const unfit of ['a b', '<x>', 'x'.repeat(129), '']) {
      expect((await send(unfit)).headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/)
    }
    expect(await (await send('mine')).text()).toBe('mine')
  })

  it('tells of slow requests only', async () => {
    const app = createApp()
    await app.request('/items/1?takesMs=1000')
    await app.request('/items/2?takesMs=1001')
    expect(observations.map(({ slow }) => slow)).toEqual([false, true])
    expect(log.lines.filter(({ event }) => event === 'slow_request')).toEqual([
      {
        level: 'warn',
        event: 'slow_request',
        fields: { method: 'GET', path: '/items/2', route: '/items/:id', status: 200, duration_ms: 1001 },
      },
    ])
  })

  it('sets its headers on an answer that was fetched elsewhere', async () => {
    const response = await createApp().request('/passed-on')
    expect(response.headers.get('X-Request-Id')).toBe(observations[0]?.requestId)
    expect(response.status).toBe(observations[0]?.status)
  })

  it('survives a recorder, a dataset and a clock that fail, and says so', async () => {
    const failing = () => {
      throw new Error('telemetry is broken')
    }
    const response = await createApp({
      recorder: { recordRequest: failing, needsFlush: true, flushLater: failing },
    }).request('/items/1')
    expect(response.status).toBe(200)
    expect(log.lines.at(-1)?.event).toBe('observation_failed')

    const other = await createApp({
      analytics: { dataset: { writeDataPoint: failing }, labels: { environment: '', deployment: '' } },
    }).request('/items/1')
    expect(other.status).toBe(200)
    expect(observations).toHaveLength(1)
    expect(log.lines.at(-1)?.event).toBe('observation_failed')

    let asked = 0
    const stopped = await createApp({ clock: () => (asked++ === 0 ? nowMs : failing()) }).request('/items/1')
    expect(stopped.status).toBe(200)
    expect(asked).toBe(2)
    expect(log.lines.filter(({ event }) => event === 'observation_failed')).toHaveLength(3)
  })

  it('does not wait for the flush', async () => {
    const waiting: Promise<unknown>[] = []
    const never = new Promise(() => {})
    const app = createApp({
      recorder: { recordRequest: () => {}, needsFlush: true, flushLater: (waitUntil) => waitUntil(never) },
    })
    expect((await app.request('/items/1', {}, {}, contextOf(waiting))).status).toBe(200)
    expect(waiting).toEqual([never])
  })

  it('runs the handlers in the context that carries the request id', async () => {
    const app = createApp({ withContext: (_, requestId, work) => runWithContext({ requestId }, work) })
    app.get('/context', async (c) => {
      await Promise.resolve()
      return c.text(currentContext()?.requestId ?? 'none')
    })
    const response = await app.request('/context', { headers: { 'X-Request-Id': 'abc' } })
    expect(await response.text()).toBe('abc')
    expect(currentContext()).toBeUndefined()
  })

  it('records within that context, so that the log line carries the request id', async () => {
    const ids: unknown[] = []
    const keep = () => void ids.push(currentContext()?.requestId)
    const app = createApp({
      withContext: (_, requestId, work) => runWithContext({ requestId }, work),
      log: { debug: keep, info: keep, warn: keep, error: keep },
    })
    await app.request('/items/1', { headers: { 'X-Request-Id': 'abc' } })
    expect(ids).toEqual(['abc'])
  })
})
