import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { AlertLedger } from '../../src/index.ts'
import { maxSeriesOf, servicesOf } from '../../src/services.ts'
import { KeptDataset } from '../observe/analytics-engine.ts'
import {
  adminRequest,
  eventAtSentry,
  exposition,
  request,
  sampleOf,
  variables,
  watchLog,
} from './composed.ts'
import { bearer, deploy } from './deployed.ts'

describe('every request to the deployed Worker', () => {
  it('writes a point to Analytics Engine', async () => {
    const dataset = new KeptDataset()
    vi.spyOn(env.ANALYTICS, 'writeDataPoint').mockImplementation((point) => dataset.writeDataPoint(point))
    await request('/health/live', { headers: { 'X-Request-Id': 'point-1' } })
    expect(dataset.points).toEqual([
      {
        indexes: ['/health/live'],
        blobs: ['GET', '/health/live', '200', 'point-1', 'development', env.VERSION.id],
        doubles: [expect.any(Number), 200, 0],
      },
    ])
  })

  it('writes a log line, with the ids of the request and its trace', async () => {
    const lines = watchLog()
    const response = await request('/health/live?verbose=1', {
      headers: {
        'X-Request-Id': 'line-1',
        'CF-Ray': '8f00ba5-AMS',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
    })
    expect(response.headers.get('X-Request-Id')).toBe('line-1')
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'info',
        event: 'api_request',
        service: 'Edgewatch',
        version: '1.0.0',
        environment: 'development',
        request_id: 'line-1',
        trace_id: '0af7651916cd43dd8448eb211c80319c',
        method: 'GET',
        path: '/health/live',
        route: '/health/live',
        status: 200,
        query_params: 'verbose=[redacted]',
      }),
    ])
  })

  it('is counted in /metrics', async () => {
    const series = 'edgewatch_api_requests_total{method="GET",route="/health/live",status="200"}'
    const before = sampleOf(await exposition(), series) ?? 0
    await request('/health/live')
    await request('/health/live')
    expect(sampleOf(await exposition(), series)).toBe(before + 2)
  })

  it('is handed over to the metrics store in its background', async () => {
    const { recorder } = servicesOf(env)
    await recorder.flush()
    const flushLater = vi.spyOn(recorder, 'flushLater').mockImplementation(() => {})
    vi.spyOn(recorder, 'needsFlush', 'get').mockReturnValue(true)
    await request('/health/live')
    expect(flushLater).toHaveBeenCalledOnce()
  })

  it('is handed over after metrics.flushSeconds', async () => {
    const { services } = deploy()
    const { recorder, metrics, catalog, config } = services
    const send = vi.spyOn(metrics, 'send').mockResolvedValue()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    recorder.increment(catalog.ticks, { outcome: 'ok' })
    recorder.flushLater(() => {})
    await vi.advanceTimersByTimeAsync(config.metrics.flushSeconds * 1000 - 1)
    expect(send).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(send).toHaveBeenCalledOnce()
  })

  it('is slow from the configured time on', async () => {
    const { app, request: send, services } = deploy({ LOG_LEVEL: 'warn' })
    const { slowMs } = services.config.observe
    app.get('/takes/:ms', (c) => {
      const afterMs = Date.now() + Number(c.req.param('ms'))
      vi.spyOn(Date, 'now').mockReturnValue(afterMs)
      return c.text('done')
    })
    const lines = watchLog()
    await send(`/takes/${slowMs - 500}`)
    expect(lines).toEqual([])
    vi.restoreAllMocks()
    const slowLines = watchLog()
    await send(`/takes/${slowMs + 500}`)
    expect(slowLines).toMatchObject([{ event: 'slow_request', path: `/takes/${slowMs + 500}` }])
  })
})

describe('what a request fails with', () => {
  it('is logged and reported once, with its route', async () => {
    const { app, request: send, services } = deploy()
    const report = vi.spyOn(services.errors, 'report')
    const error = new Error('the shelf is empty')
    app.get('/shelves/:id', () => {
      throw error
    })
    const lines = watchLog()
    expect((await send('/shelves/7')).status).toBe(500)
    expect(lines).toMatchObject([
      { event: 'request_failed', route: '/shelves/:id', status: 500, request_id: expect.any(String) },
    ])
    expect(report.mock.calls).toEqual([[error, { tags: { route: '/shelves/:id', method: 'GET' } }]])
  })

  it('is reported too where a handler answers so', async () => {
    const { app, request: send, services } = deploy()
    const report = vi.spyOn(services.errors, 'report')
    app.post('/orders', (c) => c.text('try later', 503))
    expect((await send('/orders', { method: 'POST' })).status).toBe(503)
    expect(report.mock.calls).toEqual([
      [
        expect.objectContaining({ message: expect.stringContaining('503') }),
        { tags: { route: '/orders', method: 'POST' } },
      ],
    ])
  })

  it('is not reported where the caller is at fault, or was told how things are', async () => {
    const { app, request: send, services } = deploy()
    const report = vi.spyOn(services.errors, 'report')
    app.get('/how-are-you', (c) => {
      c.set('statusIsAnswer', true)
      return c.text('not well', 503)
    })
    expect((await send('/how-are-you')).status).toBe(503)
    expect((await send('/nowhere')).status).toBe(404)
    expect(report).not.toHaveBeenCalled()
  })

  it('comes to Sentry under the limit of this location', async () => {
    const limit = vi.spyOn(env.ERROR_LIMIT, 'limit')
    const before = sampleOf(await exposition(), 'edgewatch_errors_total{outcome="suppressed"}') ?? 0
    limit.mockResolvedValue({ success: false })
    const { errors } = servicesOf(env)
    errors.report(new Error('one too many here'))
    await vi.waitFor(async () => {
      expect(limit).toHaveBeenCalledOnce()
      const after = sampleOf(await exposition(), 'edgewatch_errors_total{outcome="suppressed"}')
      expect(after).toBe(before + 1)
    })
    limit.mockResolvedValue({ success: true })
    errors.report(new Error('one that is let through'), { tags: { job: 'test' } })
    const event = await eventAtSentry('one that is let through')
    expect(event).toMatchObject({ environment: 'development', tags: { job: 'test' } })
    expect(await exposition()).toMatch(/^edgewatch_errors_total\{outcome="sent"\} [1-9]/m)
  }, 40_000)
})

describe('what needs a token', () => {
  const service = deploy({
    ADMIN_TOKEN: 'admin',
    METRICS_TOKEN: 'scrape',
    INGEST_TOKEN: 'ingest',
    HEARTBEAT_TOKEN: 'beat',
  })

  it.each([
    ['GET', '/metrics', 'scrape'],
    ['GET', '/metrics/cache', 'scrape'],
    ['GET', '/admin/metrics', 'admin'],
    ['GET', '/admin/monitors', 'admin'],
    ['GET', '/admin/alerts', 'admin'],
    ['GET', '/admin/silences', 'admin'],
    ['GET', '/admin/incidents', 'admin'],
    ['GET', '/admin/pushed', 'admin'],
    ['GET', '/admin/business', 'admin'],
    ['GET', '/admin/pages/monitors', 'admin'],
    ['GET', '/test/error', 'admin'],
    ['PUT', '/metrics/job/tokens', 'ingest'],
    ['POST', '/v1/metrics', 'ingest'],
    ['POST', '/events', 'ingest'],
    ['POST', '/heartbeat/nothing', 'beat'],
  ])('%s %s: no other token opens it', async (method, path, token) => {
    const status = async (headers: Record<string, string> = {}) => {
      const init = { method, headers: { 'CF-Connecting-IP': `${method} ${path}`, ...headers } }
      return (await service.request(path, init)).status
    }
    expect(await status()).toBe(401)
    for (const other of ['admin', 'scrape', 'ingest', 'beat'].filter((each) => each !== token)) {
      expect(await status(bearer(other).headers), other).toBe(401)
    }
    expect(await status(bearer(token).headers)).not.toBe(401)
  })

  it.each([
    ['GET', '/admin/metrics'],
    ['POST', '/heartbeat/nothing'],
    ['POST', '/events'],
    ['PUT', '/metrics/job/tokens'],
  ])('%s %s limits wrong tokens per address', async (method, path) => {
    const headers = { Authorization: 'Bearer wrong', 'CF-Connecting-IP': `tokens ${path}` }
    const limit = vi.spyOn(env.AUTH_LIMIT, 'limit').mockResolvedValue({ success: false })
    expect((await service.request(path, { method, headers })).status).toBe(429)
    expect(limit).toHaveBeenCalled()
  })

  it('signs people out', async () => {
    const form = { method: 'POST', body: new URLSearchParams({ token: 'admin' }) }
    const signedIn = await service.request('/admin/login', form)
    const cookie = signedIn.headers.get('Set-Cookie')?.split(';')[0] ?? ''
    const page = await (
      await service.request('/admin', { headers: { Accept: 'text/html', Cookie: cookie } })
    ).text()
    const csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
    const signedOut = await service.request('/admin/logout', {
      method: 'POST',
      headers: { Cookie: cookie },
      body: new URLSearchParams({ csrf }),
      redirect: 'manual',
    })
    expect(signedOut.status).toBe(303)
    expect(signedOut.headers.get('Set-Cookie')).toMatch(/Max-Age=0/)
  })
})

describe('/health of the deployed Worker', () => {
  it('tells its numbers to the admin only', async () => {
    const anonymous = (await (await request('/health/detailed')).json()) as Record<string, unknown>
    expect(anonymous.metrics).toEqual({})
    expect(anonymous).not.toHaveProperty('messages')
    await vi.waitFor(
      async () => {
        const told = (await (await adminRequest('/health/detailed')).json()) as { metrics: object }
        expect(told.metrics).toMatchObject({
          mongodb_latency_ms: expect.any(Number),
          redis_latency_ms: expect.any(Number),
          notifications_pending: 0,
          notifications_dead: 0,
        })
      },
      { timeout: 20_000 },
    )
  }, 30_000)

  it('tells which notifications are pending and which are dead', async () => {
    vi.spyOn(AlertLedger.prototype, 'status').mockReturnValue({
      active: [],
      notifications: { pending: 3, dead: 1 },
      scheduler: { lastRunAtMs: Date.now() - 7_000 },
    })
    const { request: send } = deploy({ ADMIN_TOKEN: 'admin' })
    expect(await (await send('/health/detailed', bearer('admin'))).json()).toMatchObject({
      metrics: { notifications_pending: 3, notifications_dead: 1, scheduler_lag_seconds: expect.any(Number) },
    })
  })

  it('names the version, the environment and the deployment', async () => {
    const response = await request('/health/live', { headers: { Accept: 'application/health+json' } })
    expect(await response.json()).toMatchObject({
      version: '1.0.0',
      releaseId: env.VERSION.id,
      serviceId: expect.stringContaining('Edgewatch'),
    })
    expect(await (await request('/health')).json()).toMatchObject({ environment: 'development' })
  })
})

describe('an admin route that hangs', () => {
  it('is given up after 15 seconds', async () => {
    const { app, request: send } = deploy({ ADMIN_TOKEN: 'admin' })
    app.get('/admin/hangs', () => new Promise<Response>(() => {}))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const answer = send('/admin/hangs', bearer('admin'))
    let status: number | undefined
    void answer.then((response) => {
      status = response.status
    })
    await vi.advanceTimersByTimeAsync(14_999)
    expect(status).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    vi.useRealTimers()
    expect((await answer).status).toBe(504)
  })
})

it('says on start which variables it ignores', () => {
  const lines = watchLog()
  deploy({ LOG_FORMAT: 'xml', LOG_LEVEL: 'warn' })
  expect(lines.filter(({ event }) => event === 'variables_ignored')).toMatchObject([
    { names: ['LOG_FORMAT'] },
  ])
})

it('writes what LOG_LEVEL and LOG_FORMAT ask for', async () => {
  const written = vi.spyOn(console, 'log').mockImplementation(() => {})
  await deploy({ LOG_LEVEL: 'warn' }).request('/health/live')
  expect(written).not.toHaveBeenCalled()
  await deploy({ LOG_LEVEL: 'info', LOG_FORMAT: 'text' }).request('/health/live')
  expect(written.mock.calls).toEqual([[expect.stringMatching(/^\S+ .*api_request/)]])
  expect(variables).not.toHaveProperty('LOG_LEVEL') // the deployed Worker keeps the default
})

it('takes a dependency for what the configuration says, and only where it is configured', () => {
  expect(deploy({ ...env }).services.roles).toEqual({ mongodb: 'critical', redis: 'optional' })
  expect(deploy().services.roles).toEqual({})
})

it('caches under the name and the environment of the service', async () => {
  const { services } = deploy({ ...env, ENVIRONMENT: 'staging' })
  await services.cache().set('wiring', { a: 1 }, 60)
  const response = await fetch(variables.UPSTASH_REDIS_REST_URL!, {
    method: 'POST',
    headers: { Authorization: `Bearer ${variables.UPSTASH_REDIS_REST_TOKEN}` },
    body: JSON.stringify(['GET', 'edgewatch:Edgewatch:staging:wiring']),
  })
  expect(await response.json()).toEqual({ result: '{"a":1}' })
})

it('shows the statistics of the cache where there is one', async () => {
  expect(await (await adminRequest('/metrics/cache')).json()).toMatchObject({ status: 'enabled' })
})

it('leaves room for the series of every monitor', () => {
  const { config } = servicesOf(env)
  const monitors = Array.from({ length: 300 }, (_, index) => ({ ...config.monitors[0]!, id: `m${index}` }))
  const metrics = { ...config.metrics, maxSeries: 100 }
  expect(maxSeriesOf({ ...config, metrics, monitors: [] })).toBe(100)
  expect(maxSeriesOf({ ...config, metrics, monitors })).toBeGreaterThanOrEqual(600)
})
