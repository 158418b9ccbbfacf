import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Servers, startServers } from '../../sandbox/servers.ts'

let servers: Servers

beforeAll(async () => {
  servers = await startServers({ mongodb: 'embedded', redis: 'memory' })
})
afterEach(async () => {
  await call('DELETE', '/messages')
  for (const name of ['target', 'control', 'slack', 'pagerduty', 'webhook', 'sentry', 'mongodb', 'redis']) {
    await call('DELETE', `/faults/${name}`)
  }
})
afterAll(async () => servers.close())

const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  fetch(servers.inboxUrl + path, {
    method,
    headers,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })

// biome-ignore lint/suspicious/noExplicitAny: compared whole
type Json = any
const json = async (response: Response): Promise<Json> => response.json()
const messages = async () => json(await call('GET', '/messages'))

const trigger = (changes: object = {}) => ({
  routing_key: servers.vars.PAGERDUTY_KEY,
  event_action: 'trigger',
  dedup_key: 'incident-1',
  payload: { summary: 'MongoDB is down', source: 'edgewatch', severity: 'critical' },
  ...changes,
})

test('Slack takes messages and refuses what it would refuse', async () => {
  const taken = await call('POST', '/slack/alerts', { text: 'Hello', blocks: [{ type: 'divider' }] })
  expect([taken.status, await taken.text()]).toEqual([200, 'ok'])
  expect((await call('POST', '/slack/monitoring', { text: 'Hi' })).status).toBe(200)
  const section = (length: number) => ({
    blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(length) } }],
  })
  expect((await call('POST', '/slack/alerts', section(3_000))).status).toBe(200)
  for (const [body, error] of [
    ['nonsense', 'invalid_payload'],
    [[], 'invalid_payload'],
    [{}, 'no_text'],
    [{ text: '' }, 'no_text'],
    [{ text: 'x', attachments: [section(3_001)] }, 'invalid_attachments'],
    [{ text: 'x', attachments: Array(51).fill({ blocks: [{ type: 'divider' }] }) }, 'invalid_attachments'],
    [{ text: 'x', attachments: Array(101).fill({ text: 'x' }) }, 'too_many_attachments'],
    [{ blocks: Array(5).fill(section(3_000).blocks[0]) }, 'msg_blocks_too_long'],
    [{ attachments: Array(5).fill(section(3_000)) }, 'msg_blocks_too_long'],
    [
      { text: 'x', blocks: [{ type: 'context', elements: [{ type: 'mrkdwn', text: '' }] }] },
      'invalid_blocks',
    ],
    [section(3_001), 'invalid_blocks'],
    [{ text: 'x', blocks: Array(51).fill({ type: 'divider' }) }, 'invalid_blocks'],
    [
      { text: 'x', blocks: [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }] },
      'invalid_blocks',
    ],
  ]) {
    const refused = await call('POST', '/slack/alerts', body)
    expect([refused.status, await refused.text()]).toEqual([400, error])
  }
})

test('PagerDuty shows which incidents are triggered, acknowledged and resolved', async () => {
  const send = (event_action: string, dedup_key: string) =>
    call('POST', '/pagerduty/v2/enqueue', trigger({ event_action, dedup_key }))
  for (const [action, key] of [
    ['acknowledge', 'a'], // of nothing that is open
    ['trigger', 'a'],
    ['trigger', 'b'],
    ['acknowledge', 'b'],
    ['trigger', 'b'], // a reminder
    ['trigger', 'c'],
    ['acknowledge', 'c'],
    ['resolve', 'c'],
    ['acknowledge', 'c'],
  ] as const) {
    expect((await send(action, key)).status).toBe(202)
  }
  const states = await json(await call('GET', '/pagerduty/incidents'))
  expect(states).toEqual({ a: 'triggered', b: 'acknowledged', c: 'resolved' })
})

test('PagerDuty takes events and names every mistake', async () => {
  const taken = await call('POST', '/pagerduty/v2/enqueue', trigger())
  expect(taken.status).toBe(202)
  expect(await taken.json()).toEqual({
    status: 'success',
    message: 'Event processed',
    dedup_key: 'incident-1',
  })
  const resolve = {
    routing_key: servers.vars.PAGERDUTY_KEY,
    event_action: 'resolve',
    dedup_key: 'incident-1',
  }
  expect((await call('POST', '/pagerduty/v2/enqueue', resolve)).status).toBe(202)
  const unnamed = await call('POST', '/pagerduty/v2/enqueue', trigger({ dedup_key: undefined }))
  expect((await json(unnamed)).dedup_key).toMatch(/^\w{32}$/)

  const mistakes = async (event: unknown) => {
    const refused = await call('POST', '/pagerduty/v2/enqueue', event)
    expect(refused.status).toBe(400)
    const { status, message, errors } = await json(refused)
    expect([status, message]).toEqual(['invalid event', 'Event object is invalid'])
    return errors
  }
  expect(await mistakes('nonsense')).toHaveLength(1)
  expect(await mistakes(trigger({ routing_key: 'short' }))).toEqual([
    "Length of 'routing_key' is incorrect (should be 32 characters)",
  ])
  expect(await mistakes(trigger({ event_action: 'explode' }))).toContainEqual(
    expect.stringContaining("'event_action'"),
  )
  expect(await mistakes(trigger({ payload: { severity: 'awful' } }))).toEqual([
    "'payload.summary' is missing or blank",
    "'payload.source' is missing or blank",
    expect.stringContaining("'payload.severity' is invalid"),
  ])
  expect(await mistakes({ ...resolve, dedup_key: undefined })).toEqual(["'dedup_key' is missing or blank"])
  expect(await mistakes(trigger({ links: [{ text: 'x' }] }))).toEqual([expect.stringContaining("'links'")])
})

test('the webhook keeps the body as sent, for its signature', async () => {
  const sent = '{ "spaces":  1 }'
  expect((await call('POST', '/webhook', sent, { 'X-Signature': 'abc' })).status).toBe(204)
  expect(await messages()).toMatchObject([
    { body: { spaces: 1 }, rawBody: sent, headers: { 'x-signature': 'abc' } },
  ])
})

test('Sentry takes envelopes, gzipped or not, and events', async () => {
  const event = { event_id: 'e1', message: 'böse\nZeile' }
  const payload = JSON.stringify(event)
  const envelope = [
    JSON.stringify({ event_id: 'e1', sent_at: '2026-01-01T00:00:00Z' }),
    JSON.stringify({ type: 'event', length: Buffer.byteLength(payload) }),
    payload,
    JSON.stringify({ type: 'check_in' }),
    JSON.stringify({ monitor_slug: 'tick', status: 'ok' }),
    '',
  ].join('\n')
  const path = new URL(servers.vars.SENTRY_DSN!).pathname.replace(/\/(\w+)$/, '/api/$1/envelope/')
  const taken = await call('POST', `${path}?sentry_key=public`, envelope, {
    'X-Sentry-Auth': 'Sentry sentry_key=public',
  })
  expect(await taken.json()).toEqual({ id: 'e1' })
  await fetch(servers.inboxUrl + path, {
    method: 'POST',
    body: gzipSync(envelope),
    headers: { 'Content-Encoding': 'gzip' },
  })
  const body = {
    header: { event_id: 'e1', sent_at: '2026-01-01T00:00:00Z' },
    items: [
      { header: { type: 'event', length: Buffer.byteLength(payload) }, payload: event },
      { header: { type: 'check_in' }, payload: { monitor_slug: 'tick', status: 'ok' } },
    ],
  }
  const received = await messages()
  expect(received).toMatchObject([{ body }, { body }])
  expect(received[0]).toMatchObject({ receiver: 'sentry', path: '/sentry/api/1/envelope/' })
  expect(Object.keys(received[0].headers)).not.toContain('x-sentry-auth')
  expect((await call('POST', '/sentry/api/1/envelope/', 'nonsense')).status).toBe(400)
  expect(await (await call('POST', '/sentry/api/1/store/', { event_id: 'e2' })).json()).toEqual({ id: 'e2' })
})

test("Sentry's client for Workers reaches it", async () => {
  const name: string = 'toucan-js' // untyped: its types bring the globals of Workers, which Node's contradict
  const { Toucan } = await import(name)
  const pending: Promise<unknown>[] = []
  const toucan = new Toucan({
    dsn: servers.vars.SENTRY_DSN!,
    release: '1.2.3',
    context: { waitUntil: (promise: Promise<unknown>) => pending.push(promise) },
  })
  toucan.setTag('app.version', '1.2.3')
  const id = toucan.captureException(new Error('reported'))
  toucan.captureCheckIn({ monitorSlug: 'tick', status: 'ok' })
  await Promise.all(pending)
  await expect.poll(async () => (await messages()).length).toBe(2)
  const received = await messages()
  const items = received.flatMap(({ body }: Json) => body.items)
  expect(items.find(({ header }: Json) => header.type === 'event').payload).toMatchObject({
    event_id: id,
    release: '1.2.3',
    tags: { 'app.version': '1.2.3' },
    exception: { values: [{ type: 'Error', value: 'reported' }] },
  })
  expect(items.find(({ header }: Json) => header.type === 'check_in').payload).toMatchObject({
    monitor_slug: 'tick',
  })
})

test('messages are listed without secrets, and deleted', async () => {
  const before = Date.now()
  await call(
    'POST',
    '/slack/alerts',
    { text: 'one' },
    { Authorization: 'Bearer s', Cookie: 'c', 'X-Api-Key': 'k', 'X-Other': 'o' },
  )
  await call('POST', '/pagerduty/v2/enqueue', {})
  const [slack, pagerduty] = await messages()
  expect(slack).toMatchObject({
    receiver: 'slack',
    path: '/slack/alerts',
    body: { text: 'one' },
    status: 200,
    answer: 'ok',
  })
  expect(slack.headers).toMatchObject({ 'x-other': 'o' })
  expect(JSON.stringify(slack)).not.toMatch(/authorization|cookie|x-api-key/i)
  expect(Date.parse(slack.time)).toBeGreaterThanOrEqual(before - 1)
  expect(pagerduty).toMatchObject({
    receiver: 'pagerduty',
    status: 400,
    answer: expect.stringContaining('routing_key'),
  })
  expect(servers.messages()).toHaveLength(2)

  const tag = (await call('GET', '/messages')).headers.get('ETag')!
  expect((await call('GET', '/messages', undefined, { 'If-None-Match': tag })).status).toBe(304)
  expect((await call('DELETE', '/messages')).status).toBe(204)
  expect((await call('GET', '/messages', undefined, { 'If-None-Match': tag })).status).toBe(200)
  expect(await messages()).toEqual([])
})

test('keeps the newest 1,000 messages, and none that is too large', async () => {
  for (let i = 0; i < 1_001; i++) await call('POST', '/webhook', String(i))
  const kept = await messages()
  expect([kept.length, kept[0].body, kept.at(-1).body]).toEqual([1_000, 1, 1_000])
  expect((await call('POST', '/webhook', 'x'.repeat(512 * 1024 + 1))).status).toBe(413)
  expect((await messages()).at(-1).body).toBe(1_000)
})

test('receivers can be broken in every way, and mended', async () => {
  const send = (signal?: AbortSignal) =>
    fetch(servers.vars.SLACK_WEBHOOK_URL!, {
      method: 'POST',
      body: '{"text":"x"}',
      ...(signal && { signal }),
    })
  const broken = (fault: object) => call('POST', '/faults/slack', fault)

  expect((await broken({ mode: 'error' })).status).toBe(200)
  expect((await send()).status).toBe(500)
  await broken({ mode: 'error', status: 429, retryAfterSeconds: 7 })
  const limited = await send()
  expect([limited.status, limited.headers.get('Retry-After')]).toEqual([429, '7'])
  await broken({ mode: 'down' })
  await expect(send()).rejects.toThrow('fetch failed')
  await broken({ mode: 'hang' })
  await expect(send(AbortSignal.timeout(200))).rejects.toThrow('timeout')
  expect(await messages()).toEqual([]) // none of these arrived
  expect(await (await call('GET', '/faults')).json()).toMatchObject({
    slack: { mode: 'hang' },
    pagerduty: null,
  })
  expect((await call('POST', '/webhook', {})).status).toBe(204) // the others work

  expect((await call('DELETE', '/faults/slack')).status).toBe(204)
  expect((await send()).status).toBe(200)
  await servers.setFault('slack', { mode: 'error' })
  expect((await send()).status).toBe(500)
  await servers.clearFault('slack')
  expect((await send()).status).toBe(200)
})

test('a wrong body is for the target only', async () => {
  expect((await call('POST', '/faults/slack', { mode: 'wrong-body' })).status).toBe(400)
  expect((await call('POST', '/faults/target', { mode: 'wrong-body' })).status).toBe(200)
})

test('the control endpoint has a fault of its own', async () => {
  const control = () => fetch(servers.vars.CONTROL_URL!)
  await call('POST', '/faults/target', { mode: 'down' })
  expect((await control()).status).toBe(204)
  await call('POST', '/faults/control', { mode: 'down' })
  await expect(control()).rejects.toThrow('fetch failed')
})

test('MongoDB and Redis are broken through the inbox too', async () => {
  const redis = () =>
    fetch(servers.vars.UPSTASH_REDIS_REST_URL!, {
      method: 'POST',
      headers: { Authorization: `Bearer ${servers.vars.UPSTASH_REDIS_REST_TOKEN}` },
      body: '["PING"]',
    })
  expect((await redis()).status).toBe(200)
  await call('POST', '/faults/redis', { mode: 'error' })
  expect((await redis()).status).toBe(500)
  const mongodb = async () => {
    const { MongoClient } = await import('mongodb')
    const client = new MongoClient(servers.vars.MONGODB_URI!, { serverSelectionTimeoutMS: 200 })
    return client
      .db()
      .command({ ping: 1 })
      .finally(() => client.close())
  }
  await call('POST', '/faults/mongodb', { mode: 'down' })
  await expect(mongodb()).rejects.toThrow('ECONNREFUSED')
  await call('DELETE', '/faults/mongodb')
  expect(await mongodb()).toMatchObject({ ok: 1 })
})

test.each([
  [{ mode: 'upside-down' }, 'mode'],
  [{}, 'mode'],
  ['nonsense', 'body'],
  [{ mode: 'down', status: 500 }, 'status'],
  [{ mode: 'error', status: 200 }, 'status'],
  [{ mode: 'error', status: '500' }, 'status'],
  [{ mode: 'error', retryAfterSeconds: -1 }, 'retryAfterSeconds'],
  [{ mode: 'down', seconds: 1 }, 'seconds'],
])('a bad fault %j is refused by the field %s', async (body, field) => {
  const refused = await call('POST', '/faults/redis', body)
  expect(refused.status).toBe(400)
  expect(await refused.json()).toMatchObject({ error: { field, message: expect.any(String) } })
})

test('unknown names, paths and methods are refused', async () => {
  expect((await call('POST', '/faults/oracle', { mode: 'down' })).status).toBe(404)
  expect((await call('DELETE', '/faults/oracle')).status).toBe(404)
  expect((await call('POST', '/faults/constructor', { mode: 'down' })).status).toBe(404)
  expect((await call('GET', '/nowhere')).status).toBe(404)
  const refused = await call('PUT', '/messages')
  expect([refused.status, refused.headers.get('Allow')]).toEqual([405, 'GET, DELETE'])
})

test('the page is HTML that loads nothing from elsewhere', async () => {
  const page = await call('GET', '/')
  expect(page.headers.get('Content-Type')).toContain('text/html')
  expect(page.headers.get('Content-Security-Policy')).toContain("default-src 'none'")
  expect(await page.text()).toContain('<title>')
})

test('a taken port is an error, and leaves nothing running', async () => {
  const port = Number(new URL(servers.inboxUrl).port)
  await expect(startServers({ mongodb: 'embedded', redis: 'memory', inboxPort: port })).rejects.toThrow(
    'EADDRINUSE',
  )
})
