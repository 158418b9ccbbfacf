import { Hono } from 'hono'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { renderError } from '../../src/lib/http-answers.ts'
import { Secret } from '../../src/lib/secret.ts'
import { TokenGuard } from '../../src/lib/token-guard.ts'
import type { MetricsRoutesSettings } from '../../src/metrics/routes.ts'
import { metricsRoutes } from '../../src/metrics/routes.ts'
import { catalog, createWorld, NOON, recordingLogger, request } from './harness.ts'

/** Requests carry a valid token unless they say otherwise. */
const TOKEN = { Authorization: 'Bearer old' }

const guardOf = (...tokens: string[]) =>
  new TokenGuard({
    purpose: 'metrics',
    tokens: tokens.map((token) => new Secret(token)),
    takesPasswords: true,
    clock: () => NOON,
  })

function createApp(options: Partial<MetricsRoutesSettings> = {}) {
  const world = createWorld()
  const app = new Hono().onError(renderError)
  app.route(
    '/metrics',
    metricsRoutes({
      store: world.client(),
      catalog,
      guard: guardOf('old', 'new'),
      cacheEnabled: true,
      log: recordingLogger(),
      ...options,
    }),
  )
  const get = (path: string, headers: Record<string, string> = TOKEN) => app.request(path, { headers })
  return { app, get, ...world }
}

const basic = (user: string, password: string) => `Basic ${btoa(`${user}:${password}`)}`

beforeEach(() => {
  vi.restoreAllMocks()
})

describe('GET /metrics', () => {
  it('answers in the format that was asked for, with its content type', async () => {
    const { get, buffer } = createApp()
    const one = buffer()
    one.recordRequest(request('/a'))
    await one.flush()
    const text = await get('/metrics')
    expect(text.status).toBe(200)
    expect(text.headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(text.headers.get('Vary')).toBe('Accept')
    expect(await text.text()).toContain('# TYPE esg_api_requests_total counter\n')
    const open = await get('/metrics', { ...TOKEN, Accept: 'application/openmetrics-text;version=1.0.0' })
    expect(open.headers.get('Content-Type')).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    )
    expect(await open.text()).toMatch(/# EOF\n$/)
  })

  it('answers HEAD with the headers alone', async () => {
    const { app } = createApp()
    const response = await app.request('/metrics', { method: 'HEAD', headers: TOKEN })
    expect(response.status).toBe(200)
    expect(response.headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await response.text()).toBe('')
  })

  it.each(['/metrics', '/metrics/cache'])('needs a token for %s', async (path) => {
    const { get } = createApp()
    for (const authorization of [
      undefined,
      'Bearer wrong',
      'Basic new',
      'Bearer ',
      'new',
      basic('x', 'wrong'),
    ]) {
      const response = await get(path, authorization ? { Authorization: authorization } : {})
      expect(response.status).toBe(401)
      expect(response.headers.get('WWW-Authenticate')).toBe(
        'Bearer realm="edgewatch metrics", Basic realm="edgewatch metrics"',
      )
      expect(await response.json()).toMatchObject({ error: { code: 'unauthorized' } })
    }
    // The two ways in which Prometheus sends one: `authorization` and `basic_auth`.
    for (const authorization of ['Bearer old', 'Bearer new', basic('prometheus', 'old'), basic('', 'new')]) {
      expect((await get(path, { Authorization: authorization })).status).toBe(200)
    }
  })

  it.each(['/metrics', '/metrics/cache'])('is 503 for %s where no token is configured', async (path) => {
    const { get } = createApp({ guard: guardOf() })
    for (const headers of [{}, TOKEN]) {
      const response = await get(path, headers)
      expect(response.status).toBe(503)
      expect(await response.json()).toMatchObject({
        error: { code: 'metrics_disabled', message: expect.stringContaining('METRICS_TOKEN') },
      })
    }
  })

  it('is 503 when the store fails', async () => {
    const log = recordingLogger()
    const store = {
      read: () => Promise.reject(new Error('away')),
      exposition: () => Promise.reject(new Error('away')),
    }
    const { get } = createApp({ store, log })
    for (const path of ['/metrics', '/metrics/cache']) {
      const response = await get(path)
      expect(response.status).toBe(503)
      expect(response.headers.get('Retry-After')).toBe('5')
      expect(await response.json()).toMatchObject({ error: { code: 'metrics_unavailable' } })
    }
    expect(log.lines.map((line) => line.event)).toEqual(['metrics_store_failed', 'metrics_store_failed'])
  })

  it('is 503 within 5 seconds when the store hangs', async () => {
    vi.useFakeTimers()
    try {
      const { get } = createApp({
        store: { read: () => new Promise(() => {}), exposition: () => new Promise(() => {}) },
      })
      const answer = get('/metrics')
      await vi.advanceTimersByTimeAsync(5000)
      expect((await answer).status).toBe(503)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('metrics that are public', () => {
  const monitors = ['shop']

  /** Series of a public monitor, of a private one, and of none. */
  async function createPublicApp(options: Partial<MetricsRoutesSettings> = {}) {
    const world = createApp({ anonymous: { monitors }, ...options })
    const one = world.buffer()
    one.recordRequest(request('/a'))
    for (const monitor of ['shop', 'payroll']) {
      one.set(catalog.monitorUp, { monitor }, 1)
      one.set(catalog.monitorState, { monitor, state: 'up' }, 1)
      one.set(catalog.monitorRegionUp, { monitor, region: 'asia' }, 1)
      one.increment(catalog.monitorChecks, { monitor, region: 'asia', outcome: 'up' })
      one.observe(catalog.monitorLatency, { monitor, region: 'asia' }, 0.1)
      one.set(catalog.monitorUptimeRatio, { monitor, window: '30d' }, 1)
    }
    one.set(catalog.monitorsLastRun, {}, 1)
    await one.flush()
    return world
  }

  it.each(['text/plain', 'application/openmetrics-text'])(
    'are for everybody as %s, but for the series of private monitors',
    async (accept) => {
      const { get } = await createPublicApp()
      const open = await get('/metrics', { Accept: accept })
      expect(open.status).toBe(200)
      expect(open.headers.get('Cache-Control')).toBe('no-store')
      const shown = await open.text()
      expect(shown).not.toContain('payroll')
      const everything = await (await get('/metrics', { ...TOKEN, Accept: accept })).text()
      expect(everything).toContain('payroll')
      expect(shown).toBe(
        everything
          .split('\n')
          .filter((line) => !line.includes('payroll'))
          .join('\n'),
      )
    },
  )

  it('name no metric of which the public sees no series', async () => {
    const { get } = await createPublicApp({ anonymous: { monitors: [] } })
    const shown = await (await get('/metrics', {})).text()
    expect(shown).not.toContain('edgewatch_monitor_')
    expect(shown).toContain('edgewatch_monitors_last_run_timestamp_seconds 1\n')
    expect(shown).toContain('esg_api_requests_total{')
  })

  it('are refused to who sends a wrong token', async () => {
    const { get } = await createPublicApp()
    for (const authorization of ['Bearer wrong', basic('x', 'wrong')]) {
      expect((await get('/metrics', { Authorization: authorization })).status).toBe(401)
    }
    expect((await get('/metrics/cache', {})).status).toBe(200)
  })

  it('need no token to be configured', async () => {
    const { get } = await createPublicApp({ guard: guardOf() })
    for (const headers of [{}, TOKEN]) {
      const response = await get('/metrics', headers)
      expect(response.status).toBe(200)
      expect(await response.text()).not.toContain('payroll')
    }
  })
})

describe('GET /metrics/cache', () => {
  it('adds up over all isolates', async () => {
    const { get, buffer } = createApp()
    const empty = await get('/metrics/cache')
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
    const response = await get('/metrics/cache')
    expect(await response.json()).toEqual({
      status: 'enabled',
      statistics: { hits: 2, misses: 1, hit_rate: '66.67%' },
    })
  })

  it('says where there is no cache', async () => {
    const { get } = createApp({ cacheEnabled: false })
    expect(await (await get('/metrics/cache')).json()).toEqual({ status: 'disabled' })
  })
})
