import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { createApp } from '../../src/app.ts'
import type { Config } from '../../src/config/schema.ts'
import { bearer, deploy } from './deployed.ts'

describe('the service without any secret', () => {
  const service = deploy()

  it('answers, and says what is switched off', async () => {
    const about = (await (await service.request('/')).json()) as { disabled: string[] }
    expect(about.disabled).toEqual(
      expect.arrayContaining([
        'admin',
        'metrics',
        'mongodb',
        'redis',
        'errors',
        'alerts.receivers.pagerduty',
        'alerts.receivers.webhook',
      ]),
    )
    expect(await (await service.request('/health')).json()).toMatchObject({
      status: 'healthy',
      services: { database: 'disabled', cache: 'disabled' },
    })
    expect(await (await service.request('/health/ready')).json()).toEqual({ status: 'ready' })
  })

  it('says so in /health/detailed, in the dashboard and in one line of the log, and never a value', async () => {
    const lines = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { request } = deploy({
      ADMIN_TOKEN: 'secret-token',
      MONITOR_TOKEN: 'secret-value',
      LOG_LEVEL: 'warn',
    })
    await request('/')
    await request('/health/live')
    const logged = lines.mock.calls
      .map(([line]) => String(line))
      .filter((line) => /parts_disabled/.test(line))
    lines.mockRestore()
    expect(logged).toHaveLength(1)
    const { parts, missing } = JSON.parse(logged[0] ?? '{}') as Record<string, string[]>
    expect(parts).toEqual(
      expect.arrayContaining(['mongodb', 'redis', 'errors', 'alerts.receivers.pagerduty']),
    )
    expect(missing).toEqual(expect.arrayContaining(['MONGODB_URI', 'SENTRY_DSN', 'PAGERDUTY_KEY']))
    expect(new Set(missing).size).toBe(missing?.length)
    expect(logged[0]).not.toMatch(/secret-(token|value)|GRAFANA_URL/)

    const detailed = await (await request('/health/detailed', bearer('secret-token'))).json()
    expect(detailed).toMatchObject({
      disabled: expect.arrayContaining([{ part: 'mongodb', missing: ['MONGODB_URI'] }]),
    })
    const page = await (await request('/admin', bearer('secret-token'))).text()
    expect(page).toMatch(/mongodb \(MONGODB_URI\)/)
  })

  it('leads from an address with a slash too many to the page', async () => {
    const response = await service.request('/status/', { redirect: 'manual' })
    expect(response.status).toBe(301)
    expect(new URL(response.headers.get('Location') ?? '').pathname).toBe('/status')
    expect((await service.request('/')).status).toBe(200)
  })

  it('says which variables it ignores', async () => {
    const about = async (variables: object) =>
      (await (await deploy({ ...variables }).request('/')).json()) as object
    expect(await about({ LOG_FORMAT: 'xml' })).toMatchObject({ ignored_variables: ['LOG_FORMAT'] })
    expect(await about({})).not.toHaveProperty('ignored_variables')
    const page = await deploy({ LOG_FORMAT: 'xml' }).request('/', { headers: { Accept: 'text/html' } })
    expect(await page.text()).toContain('LOG_FORMAT')
  })

  it('says how to get in where no admin token is configured', async () => {
    for (const path of [
      '/admin/metrics',
      '/admin/alerts',
      '/admin/silences',
      '/admin/incidents',
      '/admin/nowhere',
      '/test/error',
    ]) {
      const response = await service.request(path, bearer('anything'))
      expect(response.status).toBe(503)
      expect(await response.json()).toMatchObject({
        error: { code: 'admin_disabled', message: expect.stringContaining('ADMIN_TOKEN') },
      })
    }
  })
})

describe('/metrics', () => {
  const PATHS = ['/metrics', '/metrics/cache']

  it.each(PATHS)('%s is off without a token', async (path) => {
    for (const init of [{}, bearer('anything')]) {
      const response = await deploy().request(path, init)
      expect(response.status).toBe(503)
      expect(await response.json()).toMatchObject({
        error: { code: 'metrics_disabled', message: expect.stringContaining('METRICS_TOKEN') },
      })
    }
  })

  it.each(PATHS)('%s takes METRICS_TOKEN, or ADMIN_TOKEN where that is not set', async (path) => {
    const statuses = async (variables: object, tokens: readonly string[]) => {
      const { request } = deploy({ ...variables })
      return Promise.all(tokens.map(async (token) => (await request(path, bearer(token))).status))
    }
    expect(await statuses({ ADMIN_TOKEN: 'admin' }, ['admin', 'other'])).toEqual([200, 401])
    const both = { ADMIN_TOKEN: 'admin', METRICS_TOKEN: 'scrape' }
    expect(await statuses(both, ['scrape', 'admin'])).toEqual([200, 401])
    expect((await deploy(both).request(path)).status).toBe(401)
    const basic = { headers: { Authorization: `Basic ${btoa('prometheus:scrape')}` } }
    expect((await deploy(both).request(path, basic)).status).toBe(200)
  })

  it('limits wrong tokens per address, and all addresses of an IPv6 /64 as one', async () => {
    const { request } = deploy({ METRICS_TOKEN: 'scrape' })
    const from = (address: string, token = 'wrong') =>
      request('/metrics', { headers: { Authorization: `Bearer ${token}`, 'CF-Connecting-IP': address } })
    const statuses: number[] = []
    for (let tries = 0; tries < 12; tries++) {
      statuses.push((await from(`2001:db8:64:1:${tries}:${tries}:${tries}:${tries}`)).status)
    }
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429])
    expect((await from('2001:db8:64:1::1', 'scrape')).status).toBe(429)
    expect((await from('2001:db8:64:2::1', 'scrape')).status).toBe(200)
  })

  it('shows everybody the series of public monitors where the configuration says so, and no others', async () => {
    const { services } = deploy({ METRICS_TOKEN: 'scrape', INGEST_TOKEN: 'ingest' })
    const [first, second] = services.config.monitors
    const shown = first?.id ?? ''
    const hidden = second?.id ?? ''
    expect(await services.uptime().tick(Date.now())).toMatchObject({ outcome: 'ok' })
    const everything = async () => (await services.exposed.exposition('text')).includes(`"${hidden}"`)
    await vi.waitFor(async () => expect(await everything()).toBe(true))

    const request = (metrics: Partial<Config['metrics']>, init: RequestInit = {}) => {
      const config = {
        ...services.config,
        metrics: { ...services.config.metrics, ...metrics },
        monitors: services.config.monitors.map((each) =>
          each.id === hidden ? { ...each, public: false } : each,
        ),
      }
      return createApp({ ...services, config }).request('https://edgewatch.test/metrics', init)
    }
    expect((await request({})).status).toBe(401)
    const open = await (await request({ public: true })).text()
    expect(open).toContain(`edgewatch_monitor_up{monitor="${shown}"}`)
    expect(open).not.toContain(hidden)
    expect(await (await request({ public: true }, bearer('scrape'))).text()).toContain(hidden)
  })
})

describe('heartbeats', () => {
  it('say how to let jobs in where no token is configured', async () => {
    const response = await deploy().request('/heartbeat/backup', { method: 'POST', ...bearer('anything') })
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({
      error: { code: 'heartbeat_disabled', message: expect.stringContaining('HEARTBEAT_TOKEN') },
    })
  })

  it('are taken with a token of their own only', async () => {
    const service = deploy({ ADMIN_TOKEN: 'admin-token', HEARTBEAT_TOKEN: 'old-token, new-token' })
    const send = (init: RequestInit) =>
      service.request('/heartbeat/nothing/start', { method: 'POST', ...init })
    expect((await send({})).status).toBe(401)
    const refused = await send(bearer('admin-token'))
    expect(refused.status).toBe(401)
    expect(refused.headers.get('WWW-Authenticate')).toBe('Bearer realm="edgewatch heartbeat"')
    for (const token of ['old-token', 'new-token']) {
      const response = await send(bearer(token))
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({ error: { message: 'no such heartbeat' } })
    }
    expect((await service.request('/admin/monitors', bearer('new-token'))).status).toBe(401)
  })
})

describe('/', () => {
  const service = deploy()

  it('is a page for browsers and JSON for programs', async () => {
    const page = await service.request('/', { headers: { Accept: 'text/html,*/*;q=0.8' } })
    expect(page.headers.get('Content-Type')).toMatch('text/html')
    expect(page.headers.get('Vary')).toMatch('Accept')
    expect(await page.text()).toContain('<a href="/health/detailed">')
    const program = await service.request('/', { headers: { Accept: 'application/json' } })
    expect(program.headers.get('Content-Type')).toMatch('application/json')
    expect(await program.json()).toMatchObject({ name: 'Edgewatch', links: expect.any(Array) })
  })
})

describe('around every request', () => {
  const service = deploy({ ADMIN_TOKEN: 'secret-token' })

  it('refuses in one shape, with the request id', async () => {
    const response = await service.request('/nowhere', { headers: { 'X-Request-Id': 'r-1' } })
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({
      error: { code: 'not_found', message: 'No route for /nowhere', requestId: 'r-1' },
    })
  })

  it.each(['/', '/health', '/admin/metrics', '/nowhere', '/status/nowhere'])(
    'says of %s that no cache may keep it',
    async (path) => {
      expect((await service.request(path)).headers.get('Cache-Control')).toBe('no-store')
    },
  )

  it('leaves the status page its own policy, and gives it the other headers', async () => {
    const { headers } = await service.request('/status')
    expect(headers.get('Content-Security-Policy')).toMatch(
      /style-src 'sha256-[^']+'; img-src data:; base-uri 'none'/,
    )
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(headers.get('Referrer-Policy')).toBe('no-referrer')
  })

  it.each([
    ['POST', '/health', 'GET, HEAD'],
    ['DELETE', '/openapi.json', 'GET, HEAD'],
    ['PUT', '/', 'GET, HEAD'],
  ])('answers %s %s with 405 and Allow', async (method, path, allow) => {
    const response = await service.request(path, { method })
    expect(response.status).toBe(405)
    expect(response.headers.get('Allow')).toBe(allow)
    expect(await response.json()).toMatchObject({ error: { code: 'method_not_allowed' } })
  })

  it('tells who may use a path before telling how', async () => {
    expect((await service.request('/admin/silences', { method: 'PUT' })).status).toBe(401)
    const known = await service.request('/admin/silences', { method: 'PUT', ...bearer('secret-token') })
    expect(known.headers.get('Allow')).toBe('GET, HEAD, POST')
  })

  it('answers HEAD as GET, without a body', async () => {
    const response = await service.request('/health/live', { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('')
    expect(response.headers.get('X-Process-Time')).not.toBeNull()
  })

  const OF_ONE_REQUEST = ['X-Request-Id', 'X-Process-Time', 'Server-Timing']

  it.each(['/status', '/status.json', '/status/feed.atom', '/status/api-health', '/badge/api-health.svg'])(
    'puts nothing about the request that it came with into %s, which caches may share',
    async (path) => {
      const { request: get } = deploy({ SERVICE_URL: 'https://status.example' })
      const first = await get(path, { headers: { 'X-Request-Id': 'of-somebody-else' } })
      expect(first.headers.get('Cache-Control')).toMatch(/^public, max-age=30/)
      const again = await get(path, { headers: { 'If-None-Match': first.headers.get('ETag') ?? '' } })
      expect([first.status, again.status]).toEqual([200, 304])
      for (const { headers } of [first, again]) {
        expect(OF_ONE_REQUEST.filter((name) => headers.has(name))).toEqual([])
        expect(JSON.stringify([...headers])).not.toContain('of-somebody-else')
      }
    },
  )

  it.each(['/status', '/status.json', '/status/feed.atom', '/badge/api-health.svg'])(
    'changes no header of the copy of %s that a browser keeps, when it is still good',
    async (path) => {
      const { request: get } = deploy({ SERVICE_URL: 'https://status.example' })
      const { headers } = await get(path)
      const again = await get(path, { headers: { 'If-None-Match': headers.get('ETag') ?? '' } })
      expect(again.status).toBe(304)
      // A browser replaces the headers of its copy with those of the 304 (RFC 9111, 3.2).
      expect([...again.headers].filter(([name, value]) => headers.get(name) !== value)).toEqual([])
    },
  )

  it.each(['/', '/health', '/status/nowhere', '/status/feed.atom'])(
    'identifies the request in %s, which no cache may share',
    async (path) => {
      const { headers } = await service.request(path, { headers: { 'X-Request-Id': 'r-1' } })
      expect(headers.get('Cache-Control')).toMatch(/no-store|private/)
      expect(OF_ONE_REQUEST.filter((name) => headers.has(name))).toEqual(OF_ONE_REQUEST)
      expect(headers.get('X-Request-Id')).toBe('r-1')
    },
  )

  it.each(['/', '/nowhere', '/health', '/status', '/metrics'])('protects the reader of %s', async (path) => {
    const { headers } = await service.request(path)
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(headers.get('Strict-Transport-Security')).toBeTruthy()
    expect(headers.get('Content-Security-Policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
  })

  it('protects pages from more than JSON needs', async () => {
    const page = await service.request('/', { headers: { Accept: 'text/html' } })
    expect(page.headers.get('Content-Type')).toMatch('text/html')
    expect(page.headers.get('X-Frame-Options')).toBeTruthy()
    expect(page.headers.get('Cross-Origin-Opener-Policy')).toBe('same-origin')
    expect((await service.request('/health')).headers.has('X-Frame-Options')).toBe(false)
  })

  it('answers in its shape whatever a handler throws', async () => {
    const { app, request } = deploy({ LOG_LEVEL: 'error' })
    const thrown: unknown[] = [new Error('host=db.internal'), 'a text', undefined, { status: 418 }]
    thrown.forEach((value, index) => {
      app.get(`/throws/${index}`, () => {
        throw value
      })
    })
    for (const index of thrown.keys()) {
      const response = await request(`/throws/${index}`)
      expect(response.status).toBe(500)
      expect(response.headers.get('X-Request-Id')).not.toBeNull()
      const body = await response.text()
      expect(JSON.parse(body)).toMatchObject({ error: { code: 'internal_error' } })
      expect(body).not.toContain('db.internal')
    }
  })

  it('refuses a body that is too large', async () => {
    const response = await service.request('/admin/silences', {
      method: 'POST',
      body: 'x'.repeat(1024 * 1024 + 1),
      headers: { Authorization: 'Bearer secret-token', 'Content-Type': 'application/json' },
    })
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ error: { code: 'too_large' } })
  })

  it('stores no silence for longer than a date can say', async () => {
    const silence = { alert: 'mongodb-down', reason: 'far too long' }
    for (const duration of ['99999999999999d', `${'9'.repeat(400)}d`]) {
      const response = await service.request('/admin/silences', {
        method: 'POST',
        body: JSON.stringify({ ...silence, for: duration }),
        headers: { Authorization: 'Bearer secret-token', 'Content-Type': 'application/json' },
      })
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ error: { details: [{ field: 'for' }] } })
    }
    expect((await service.request('/admin/silences', bearer('secret-token'))).status).toBe(200)
  })

  it.each(['{', '[]', '{"reason":1}'])('names what is wrong with the body %j', async (body) => {
    const response = await service.request('/admin/silences', {
      method: 'POST',
      body,
      headers: { Authorization: 'Bearer secret-token', 'Content-Type': 'application/json' },
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      error: { code: 'invalid_request', requestId: expect.any(String) },
    })
  })

  it.each([
    ['null', 'body'],
    ['{"receiver":"webhook","recieverr":1}', 'recieverr'],
    ['{"receiver":"webhook","__proto__":{}}', '__proto__'],
  ])('names the field that is wrong in %j', async (body, field) => {
    const response = await service.request('/admin/alerts/test', {
      method: 'POST',
      body,
      headers: { Authorization: 'Bearer secret-token', 'Content-Type': 'application/json' },
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { details: [{ field }] } })
  })

  it.each(['application/x-www-form-urlencoded', 'text/plain'])('takes no JSON as %s', async (type) => {
    const response = await service.request('/admin/alerts/some-alert/acknowledge', {
      method: 'POST',
      body: '{"by":"somebody"}',
      headers: { Authorization: 'Bearer secret-token', 'Content-Type': type },
    })
    expect(response.status).toBe(415)
    expect(await response.json()).toMatchObject({ error: { code: 'unsupported_media_type' } })
  })

  it('takes no body for an empty one', async () => {
    const response = await service.request('/admin/alerts/some-alert/acknowledge', {
      method: 'POST',
      headers: { Authorization: 'Bearer secret-token' },
    })
    expect(response.status).toBe(404)
  })
})

describe('the incidents', () => {
  it('are kept by the objects that are deployed', async () => {
    const service = deploy({ ADMIN_TOKEN: 'secret-token' })
    const call = async (path: string, body?: object) => {
      const headers = { ...bearer('secret-token').headers, 'Content-Type': 'application/json' }
      const response = await service.request(
        path,
        body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers },
      )
      return (await response.json()) as { id: string }
    }
    const { id } = await call('/admin/incidents', { title: 'Slow search', message: 'We look into it.' })
    await call(`/admin/incidents/${id}/updates`, { stage: 'monitoring', message: 'It is better.' })
    expect(await call('/admin/incidents')).toMatchObject({ open: [{ id, stage: 'monitoring' }], missing: [] })
  })
})

describe('the admin API', () => {
  const service = deploy({ ADMIN_TOKEN: 'old-token,new-token' })

  it('lets every valid token in, and nobody else', async () => {
    for (const token of ['old-token', 'new-token']) {
      expect((await service.request('/admin/metrics', bearer(token))).status).toBe(200)
    }
    for (const init of [
      {},
      bearer('old-token,new-token'),
      bearer(''),
      { headers: { Authorization: 'Basic eDp5' } },
    ]) {
      const response = await service.request('/admin/metrics', init)
      expect(response.status).toBe(401)
      expect(response.headers.get('WWW-Authenticate')).toMatch('Bearer')
    }
  })

  it('limits wrong tokens per address, and then does not look at the right one either', async () => {
    const from = (token: string) => ({
      headers: { Authorization: `Bearer ${token}`, 'CF-Connecting-IP': '192.0.2.7' },
    })
    const statuses: number[] = []
    for (let tries = 0; tries < 12; tries++) {
      statuses.push((await service.request('/admin/metrics', from('wrong'))).status)
    }
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429])
    expect((await service.request('/admin/metrics', from('new-token'))).status).toBe(429)
    const metrics = async (init: RequestInit) => {
      const response = await service.request('/health/detailed', init)
      return ((await response.json()) as { metrics: object }).metrics
    }
    expect(await metrics(from('new-token'))).toEqual({})
    expect(await metrics(bearer('new-token'))).toHaveProperty('notifications_pending')
    expect((await service.request('/admin/metrics', bearer('new-token'))).status).toBe(200)
  })

  it('raises a test error, which tells its caller nothing', async () => {
    const response = await service.request('/test/error', bearer('new-token'))
    expect(response.status).toBe(500)
    const body = await response.text()
    expect(JSON.parse(body)).toMatchObject({
      error: { code: 'internal_error', requestId: expect.any(String) },
    })
    expect(body).not.toContain('Test error')
  })

  /** The headers of somebody's browser, after signing in. */
  const browser = async () => {
    const form = { method: 'POST', body: new URLSearchParams({ token: 'new-token' }) }
    const cookie = (await service.request('/admin/login', form)).headers.get('Set-Cookie')
    return { Accept: 'text/html', Cookie: cookie?.split(';')[0] ?? '', 'X-Request-Id': 'r-1' }
  }

  it('has pages for people, with a policy of their own', async () => {
    const headers = await browser()
    const page = await service.request('/admin', { headers })
    expect(page.status).toBe(200)
    expect(page.headers.get('Content-Security-Policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    expect(page.headers.get('Cache-Control')).toBe('no-store')
    const json = await service.request('/admin/metrics', { headers })
    expect(json.headers.get('Content-Type')).toMatch('application/json')
    expect(json.headers.get('Content-Security-Policy')).toMatch("form-action 'none'")
  })

  it('refuses people with a page, and programs with JSON', async () => {
    const headers = await browser()
    const refuse = (more: Record<string, string>) =>
      service.request('/admin/pages/alerts/unsilence', {
        method: 'POST',
        body: new URLSearchParams({ id: 'x', csrf: 'wrong' }),
        headers: { ...headers, ...more },
      })
    const refused = await refuse({})
    expect(refused.status).toBe(403)
    expect(refused.headers.get('Content-Type')).toMatch('text/html')
    expect(refused.headers.get('Content-Security-Policy')).toMatch("script-src 'self'")
    expect(await refused.text()).toMatch(/made before you last signed in.*r-1/s)
    expect(await (await refuse({ Accept: 'application/json' })).json()).toMatchObject({
      error: { code: 'csrf_token_missing' },
    })
    const missing = await service.request('/admin/pages/nowhere', { headers })
    expect(missing.status).toBe(404)
    expect(await missing.text()).toContain('There is no such page')
  })

  it('gives the overview of the documents and more', async () => {
    const overview = await (await service.request('/admin/metrics', bearer('new-token'))).json()
    expect(overview).toMatchObject({
      cache: { status: 'disabled' },
      database: { status: 'disabled' },
      requests: { window_seconds: 3600, routes: expect.any(Array) },
      // Other tests of this Worker may have run the cron.
      alerts: {
        active: expect.any(Array),
        notifications: { pending: expect.any(Number), dead: expect.any(Number) },
      },
      scheduler: {
        last_run_at: expect.toBeOneOf([null, expect.any(String)]),
        last_outcome: expect.toBeOneOf([null, 'ok', 'partial', 'error']),
        lag_seconds: expect.toBeOneOf([null, expect.any(Number)]),
      },
    })
  })
})

describe('the service with its dependencies', () => {
  it('counts collections, and counts its look-ups in the cache', async () => {
    const service = deploy({ ...env, ADMIN_TOKEN: 'secret-token' })
    const read = async () => (await service.request('/admin/metrics', bearer('secret-token'))).json()
    // The first read loads the driver, which on a busy machine may take longer than a request waits.
    await vi.waitFor(
      async () =>
        expect(await read()).toMatchObject({
          database: { collections: expect.any(Array), total_documents: expect.any(Number) },
        }),
      { timeout: 30_000 },
    )
    expect(await read()).toMatchObject({ cache: { hit_rate: expect.stringMatching(/%$/) } })
  }, 40_000)
})
