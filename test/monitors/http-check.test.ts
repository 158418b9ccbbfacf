import { describe, expect, inject, it } from 'vitest'
import type { Fetch } from '../../src/lib/http-client.ts'
import { checkHttp } from '../../src/monitors/http-check.ts'
import { startOwnServers } from '../own-servers.ts'
import { httpMonitor } from './configured.ts'

const shared = inject('vars')
const TARGET = shared.API_URL!
const tools = {
  fetch: (url: string, init: RequestInit) => fetch(url, init),
  clock: Date.now,
  userAgent: 'Edgewatch/1',
}
type Written = Parameters<typeof httpMonitor>[0]

const check = (path: string, written: Written = {}, more: Partial<typeof tools> = {}) =>
  checkHttp(httpMonitor({ url: TARGET + path, ...written }), { ...tools, ...more })

const ANALYSIS: Written = {
  method: 'POST',
  headers: { Authorization: `Bearer ${shared.MONITOR_TOKEN}` },
  body: { text: 'Test ESG analysis', quick_mode: true },
  timeout: 30,
  expect: { status: ['2xx'], json: [{ path: '$.status', equals: 'done' }] },
}

describe('an HTTP check', () => {
  it('finds the two monitors of the document up', async () => {
    const before = Date.now()
    const health = await check('/health')
    expect(health).toEqual({ atMs: expect.any(Number), outcome: 'up', latencyMs: expect.any(Number) })
    expect(health.atMs).toBeGreaterThanOrEqual(before)
    expect(await check('/analyze', ANALYSIS)).toMatchObject({ outcome: 'up' })
  })

  it('tells what was expected and what came', async () => {
    expect(await check('/status/503')).toMatchObject({
      outcome: 'failed',
      reason: 'expected status 2xx, got 503',
      latencyMs: expect.any(Number),
    })
    const unauthorized = { ...ANALYSIS, headers: { Authorization: 'Bearer wrong-token' } }
    expect(await check('/analyze', unauthorized)).toMatchObject({
      reason: 'expected status 2xx, got 401',
    })
    const header = { headers: [{ name: 'X-Release', equals: '8' }] }
    expect(await check('/text', { expect: header })).toMatchObject({
      reason: 'expected header X-Release to equal "8", got another value',
    })
  })

  it('sends what is configured', async () => {
    const sent = (path: string, equals: string) => ({ path, equals })
    const found = await check('/echo', {
      method: 'PUT',
      headers: { 'X-Key': 'key-of-the-check' },
      auth: { username: 'user', password: 'pass' },
      body: [1],
      expect: {
        json: [
          sent('$.method', 'PUT'),
          sent('$.body', '[1]'),
          sent("$.headers['x-key']", 'key-of-the-check'),
          sent("$.headers['user-agent']", 'Edgewatch/1'),
          sent("$.headers['content-type']", 'application/json'),
          sent('$.headers.authorization', 'Basic dXNlcjpwYXNz'),
        ],
      },
    })
    expect(found).toMatchObject({ outcome: 'up' })
  })

  it.each([
    ['521', 'the host refuses connections (Cloudflare 521)'],
    ['522', "the host doesn't answer (Cloudflare 522)"],
    ['523', "the host can't be reached (Cloudflare 523)"],
    ['523?page=html', "the host can't be reached (Cloudflare 523)"],
    ['525', 'the TLS handshake failed (Cloudflare 525)'],
    ['530?code=1016', "the host name can't be resolved (Cloudflare 1016)"],
    ['530?code=1033&page=html', "the host can't be reached (Cloudflare 1033)"],
    ['530?code=', "the host can't be reached (Cloudflare 530)"],
  ])("takes Cloudflare's own error %s for a connection that failed", async (error, reason) => {
    expect(await check(`/cloudflare/${error}`)).toEqual({
      atMs: expect.any(Number),
      outcome: 'failed',
      reason,
      unanswered: true,
    })
  })

  it("takes only Cloudflare's own errors for that, and none that is expected", async () => {
    const own = await check('/status/523')
    expect(own).toMatchObject({ outcome: 'failed', reason: 'expected status 2xx, got 523' })
    expect(own).not.toHaveProperty('unanswered')
    // Cloudflare passes the origin's 503 on under its own headers.
    const passedOn = await check('/cloudflare/503')
    expect(passedOn).toMatchObject({ outcome: 'failed', reason: 'expected status 2xx, got 503' })
    expect(passedOn).not.toHaveProperty('unanswered')
    expect(await check('/cloudflare/530', { expect: { status: ['5xx'] } })).toMatchObject({ outcome: 'up' })
    // Something answered before: there is a network.
    const redirected = await check(`/redirect?to=${encodeURIComponent('/cloudflare/523')}`)
    expect(redirected).toMatchObject({ reason: "the host can't be reached (Cloudflare 523)" })
    expect(redirected).not.toHaveProperty('unanswered')
  })

  it('calls an answer slow that is good but late', async () => {
    let now = 0
    const late = { clock: () => (now += 2_001) }
    expect(await check('/health', { expect: { maxLatencyMs: 2_000 } }, late)).toMatchObject({
      outcome: 'slow',
      latencyMs: 2_001,
      reason: 'expected at most 2000 ms, took 2001 ms',
    })
    expect(await check('/health', { expect: { maxLatencyMs: 2_001 } }, late)).toMatchObject({ outcome: 'up' })
    expect(await check('/status/500', { expect: { maxLatencyMs: 1 } }, late)).toMatchObject({
      outcome: 'failed',
    })
  })

  it('times out on a body that hangs', async () => {
    const found = await check('/gates/never/body', { timeout: 0.3 })
    expect(found).toEqual({ atMs: expect.any(Number), outcome: 'failed', reason: 'timed out after 0.3 s' })
  })

  it('times out where nothing comes, and lets go of the connection', async () => {
    const found = await check('/gates/silent', { timeout: 0.3 })
    expect(found).toMatchObject({ reason: 'timed out after 0.3 s', unanswered: true })
    await waitUntilNobodyWaits('silent')
  })

  it('times out where a redirect leads to one who is silent, which is an answer all the same', async () => {
    const found = await check('/redirect?to=/gates/silent', { timeout: 0.3 })
    expect(found).toMatchObject({ outcome: 'failed', reason: 'timed out after 0.3 s' })
    expect(found.unanswered).toBeUndefined()
  })

  it('counts the body as latency', async () => {
    let now = 0
    const fetchThenBody: Fetch = async (url, init) => {
      const response = await fetch(url, init)
      now += 100
      const body = response.body!.pipeThrough(
        new TransformStream({
          flush() {
            now += 1_000
          },
        }),
      )
      return new Response(body, response)
    }
    expect(await check('/text', {}, { fetch: fetchThenBody, clock: () => now })).toMatchObject({
      latencyMs: 1_100,
    })
  })

  it('reads 1 MiB of a body and judges by that', async () => {
    const json = { json: [{ path: '$', matches: '^x' }] }
    expect(await check(`/big?bytes=${2 ** 20}`, { expect: json })).toMatchObject({ outcome: 'up' })
    expect(await check(`/big?bytes=${2 ** 20 + 1}`, { expect: json })).toMatchObject({
      outcome: 'failed',
      reason: 'expected JSON, got a body that is cut (only 1 MiB of it is read)',
    })
    const start = { body: { contains: ['xxx'] } }
    expect(await check(`/big?bytes=${2 ** 24}`, { expect: start })).toMatchObject({ outcome: 'up' })
  })
})

describe('redirects', () => {
  it('are followed five times at most', async () => {
    expect(await check('/redirects/5')).toMatchObject({ outcome: 'up' })
    expect(await check('/redirects/6')).toMatchObject({ outcome: 'failed', reason: 'more than 5 redirects' })
    expect(await check('/loop')).toMatchObject({ reason: 'more than 5 redirects' })
  })

  it('are judged themselves where they are not followed', async () => {
    const followRedirects = false
    expect(await check('/redirects/1', { followRedirects })).toMatchObject({
      reason: 'expected status 2xx, got 302',
    })
    const expected = { status: ['3xx'], headers: [{ name: 'Location', equals: '/redirects/0' }] }
    expect(await check('/redirects/1', { followRedirects, expect: expected })).toMatchObject({
      outcome: 'up',
    })
  })

  it('to an IP address are not followed: no Worker could', async () => {
    const found = await check(`/redirect?to=${encodeURIComponent('https://192.0.2.1/')}`)
    expect(found).toEqual({
      atMs: expect.any(Number),
      outcome: 'unknown',
      reason: "redirected to an IP address, which Workers can't fetch",
    })
  })

  it('lead to the web only', async () => {
    expect(await check('/redirect?to=ftp://a.example/')).toMatchObject({
      outcome: 'failed',
      reason: 'expected a redirect to http or https, got another',
    })
  })

  it('to another origin take no secret along', async () => {
    const { vars } = await startOwnServers()
    const elsewhere = encodeURIComponent(`${vars.API_URL}/echo`)
    const absent = (name: string) => ({ path: `$.headers['${name}']`, exists: false })
    const found = await check(`/redirect?to=${elsewhere}`, {
      headers: { 'X-Key': 'key-of-the-check', Authorization: 'Bearer secret-token' },
      expect: { json: [absent('x-key'), absent('authorization')], body: { notContains: ['secret-token'] } },
    })
    expect(found).toMatchObject({ outcome: 'up' })
  })
})

describe('a reason', () => {
  it('repeats no secret, host or URL, though the server does', async () => {
    const written: Written = {
      method: 'POST',
      headers: { Authorization: 'Bearer secret-token', 'X-Key': 'key-of-the-check' },
      body: 'with https://intern.example/x?y=z',
    }
    for (const path of ['$.headers.authorization', "$.headers['x-key']", '$.headers.host', '$.body', '$']) {
      const { outcome, reason = '' } = await check('/echo', {
        ...written,
        expect: { json: [{ path, equals: 'other' }] },
      })
      expect(outcome).toBe('failed')
      expect(reason).not.toMatch(/secret-token|key-of-the-check|127\.0\.0\.1|intern\.example|:\/\//)
    }
    const { reason } = await check('/echo', { ...written, expect: { body: { contains: ['absent'] } } })
    expect(reason).not.toMatch(/secret-token|key-of-the-check|127\.0\.0\.1|intern\.example|:\/\//)
  })
})

it.each([
  ['what was sent as JSON', { body: { key: 'key-in-the-body' } }, '/echo'],
  ['what was sent as text', { body: 'key-in-the-body' }, '/echo'],
  ['a parameter', {}, '/reflect?key=key-in-the-query&b=key-in-the-query%2Btoo'],
  ['a path', {}, '/reflect/hooks/key-in-the-path-of-it'],
  ['a password', { auth: { username: 'u', password: 'key-in-the-password' } }, '/echo'],
])('a reason does not repeat %s, though the server does', async (_, written: Written, path) => {
  const reflecting: Fetch = async (url, init) => {
    const { search, pathname } = new URL(url)
    const parts = [init.body, new Headers(init.headers).get('Authorization'), search, pathname]
    return new Response(`no: ${parts.join(' ')} ${pathname.split('/').at(-1)} ${search.split('=').at(-1)}`)
  }
  const expectation = { body: { contains: ['absent'] } }
  const method = written.body === undefined ? 'GET' : 'POST'
  const found = await check(path, { ...written, method, expect: expectation }, { fetch: reflecting })
  expect(found.reason).toMatch(/^expected a body with "absent", got "no: /)
  expect(found.reason).not.toMatch(/key-in|dTprZXk/)
})

it('a reason keeps the words that a path has in common with it', async () => {
  const found = await check('/health', { expect: { json: [{ path: '$.status', equals: 'unhealthy' }] } })
  expect(found.reason).toBe('expected $.status to equal "unhealthy", got "healthy"')
})

describe('where nothing answers', () => {
  it('that is known', async () => {
    const { vars, breakServer } = await startOwnServers()
    await breakServer('target', { mode: 'down' })
    expect(await check('', { url: `${vars.API_URL}/health` })).toMatchObject({
      outcome: 'failed',
      reason: 'no connection',
      unanswered: true,
    })
  })

  it('a limit of the platform is told apart', async () => {
    const limited: Fetch = async () => {
      throw new Error('Too many subrequests by single Worker invocation.')
    }
    expect(await check('/health', {}, { fetch: limited })).toMatchObject({
      outcome: 'unknown',
      reason: 'too many subrequests',
    })
  })
})

it.each([
  ['wrong-body', 'expected $.status to equal "done", got "broken"'],
  ['error', 'expected status 2xx, got 500'],
] as const)('a target that is broken (%s) is found failed', async (mode, reason) => {
  const { vars, breakServer, mendServer } = await startOwnServers()
  const written = { ...ANALYSIS, url: `${vars.API_URL}/analyze` }
  await breakServer('target', { mode })
  expect(await check('', written)).toMatchObject({ outcome: 'failed', reason })
  await mendServer('target')
  expect(await check('', written)).toMatchObject({ outcome: 'up' })
})

async function waitUntilNobodyWaits(gate: string): Promise<void> {
  for (;;) {
    const counts = await (await fetch(`${TARGET}/gates/${gate}/counts`)).json<{ waiting: number }>()
    if (counts.waiting === 0) return
  }
}
