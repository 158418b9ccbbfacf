import { Hono } from 'hono'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { renderError } from '../../src/lib/http-answers.ts'
import { Secret } from '../../src/lib/secret.ts'
import type { MetricsRoutesSettings } from '../../src/metrics/routes.ts'
import { metricsRoutes } from '../../src/metrics/routes.ts'
import { catalog, createWorld, recordingLogger, request } from './harness.ts'

function createApp(options: Partial<MetricsRoutesSettings> = {}) {
  const world = createWorld()
  const app = new Hono().onError(renderError)
  app.route(
    '/metrics',
    metricsRoutes({
      store: world.client(),
      catalog,
      tokens: [],
      cacheEnabled: true,
      log: recordingLogger(),
      ...options,
    }),
  )
  return { app, ...world }
}

beforeEach(() => {
  vi.restoreAllMocks()
})

describe('GET /metrics', () => {
  it('answers in the format that was asked for, with its content type', async () => {
    const { app, buffer } = createApp()
    const one = buffer()
    one.recordRequest(request('/a'))
    await one.flush()
    const text = await app.request('/metrics')
    expect(text.status).toBe(200)
    expect(text.headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(text.headers.get('Vary')).toBe('Accept')
    expect(await text.text()).toContain('# TYPE esg_api_requests_total counter\n')
    const open = await app.request('/metrics', {
      headers: { Accept: 'application/openmetrics-text;version=1.0.0' },
    })
    expect(open.headers.get('Content-Type')).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    )
    expect(await open.text()).toMatch(/# EOF\n$/)
  })

  it('answers HEAD with the headers alone', async () => {
    const { app } = createApp()
    const response = await app.request('/metrics', { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(response.headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await response.text()).toBe('')
  })

  it.each(['/metrics', '/metrics/cache'])(
    'needs one of the tokens for %s where some are set',
    async (path) => {
      const { app } = createApp({ tokens: [new Secret('old'), new Secret('new')] })
      for (const authorization of [undefined, 'Bearer wrong', 'Basic new', 'Bearer ', 'new']) {
        const response = await app.request(
          path,
          authorization ? { headers: { Authorization: authorization } } : {},
        )
        expect(response.status).toBe(401)
        expect(response.headers.get('WWW-Authenticate')).toMatch(/^Bearer /)
        expect(await response.json()).toMatchObject({ error: { code: 'unauthorized' } })
      }
      for (const token of ['old', 'new']) {
        const response = await app.request(path, { headers: { Authorization: `Bearer ${token}` } })
        expect(response.status).toBe(200)
      }
    },
  )

  it('is 503 when the store fails', async () => {
    const log = recordingLogger()
    const store = {
      read: () => Promise.reject(new Error('away')),
      exposition: () => Promise.reject(new Error('away')),
    }
    const { app } = createApp({ store, log })
    for (const path of ['/metrics', '/metrics/cache']) {
      const response = await app.request(path)
      expect(response.status).toBe(503)
      expect(response.headers.get('Retry-After')).toBe('5')
      expect(await response.json()).toMatchObject({ error: { code: 'metrics_unavailable' } })
    }
    expect(log.lines.map((line) => line.event)).toEqual(['metrics_store_failed', 'metrics_store_failed'])
  })

  it('is 503 within 5 seconds when the store hangs', async () => {
    vi.useFakeTimers()
    try {
      const { app } = createApp({
        store: { read: () => new Promise(() => {}), exposition: () => new Promise(() => {}) },
      })
      const answer = app.request('/metrics')
      await vi.advanceTimersByTimeAsync(5000)
      expect((await answer).status).toBe(503)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('GET /metrics/cache', () => {
  it('adds up over all isolates', async () => {
    const { app, buffer } = createApp()
    const empty = await app.request('/metrics/cache')
    expect(await empty.json()).toEqual({
      status: 'enabled',
      statistics: { hits: 0, misses: 0, hit_rate: '0.00%' },
    })
    for (const status of ['hit', 'miss', 'hit']) {
      const one = buffer()
      one.increment(catalog.cacheOperations, { operation: 'get', status })
      one.increment(catalog.cacheOperations, { operation: 'set', status: 'ok' })
      await one.flush()
    }
    const response = await app.request('/metrics/cache')
    expect(await response.json()).toEqual({
      status: 'enabled',
      statistics: { hits: 2, misses: 1, hit_rate: '66.67%' },
    })
  })

  it('says where there is no cache', async () => {
    const { app } = createApp({ cacheEnabled: false })
    expect(await (await app.request('/metrics/cache')).json()).toEqual({ status: 'disabled' })
  })
})
