import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { deploy } from '../app/deployed.ts'

const TOKENS = { METRICS_TOKEN: 'scrape', INGEST_TOKEN: 'ingest-a,ingest-b' }

/** A service that is pushed to, and what it counts of that. */
function countingService(variables: Record<string, unknown> = {}) {
  const services = deploy({ ...TOKENS, ...variables })
  const { recorder, catalog } = services.services
  const totals: Record<string, number> = {}
  vi.spyOn(recorder, 'increment').mockImplementation((metric, labels, by = 1) => {
    const ours: readonly unknown[] = [catalog.pushes, catalog.otlpPoints]
    if (!ours.includes(metric)) return
    const key = Object.values(labels).join(' ')
    totals[key] = (totals[key] ?? 0) + by
  })
  return { services, counted: () => totals }
}

const bearer = { Authorization: 'Bearer ingest-b' }
const service = deploy({ ...TOKENS, ADMIN_TOKEN: 'admin' })
const push = (path: string, body: BodyInit, init: RequestInit = {}) =>
  service.request(`/metrics/job${path}`, {
    method: 'PUT',
    body,
    ...init,
    headers: { ...bearer, ...init.headers },
  })
const scrape = async (accept = 'text/plain') =>
  (await service.request('/metrics', { headers: { Authorization: 'Bearer scrape', Accept: accept } })).text()
const admin = (path: string, init: RequestInit = {}) =>
  service.request(`/admin${path}`, { ...init, headers: { Authorization: 'Bearer admin' } })

async function gzip(text: string | Uint8Array): Promise<ArrayBuffer> {
  return new Response(
    new Response(text as BodyInit).body!.pipeThrough(new CompressionStream('gzip')),
  ).arrayBuffer()
}

describe("Pushgateway's API", () => {
  it('answers 200 to pushes and 202 to deletions, and shows what was pushed in /metrics', async () => {
    const put = await push('/api/instance/one', '# TYPE batch_rows gauge\nbatch_rows{table="t"} 12\n')
    expect([put.status, await put.text()]).toEqual([200, ''])
    expect((await push('/api/instance/one', 'batch_more 1\n', { method: 'POST' })).status).toBe(200)
    const text = await scrape()
    expect(text).toContain('# TYPE batch_rows gauge\nbatch_rows{instance="one",job="api",table="t"} 12\n')
    expect(text).toContain('batch_more{instance="one",job="api"} 1\n')
    const open = await scrape('application/openmetrics-text;version=1.0.0')
    expect(open).toContain('\nbatch_rows{')
    expect(open.match(/^# EOF$/gm)).toHaveLength(1)
    expect(open.endsWith('\n# EOF\n')).toBe(true)
    for (const _ of ['there', 'gone already']) {
      const deleted = await service.request('/metrics/job/api/instance/one', {
        method: 'DELETE',
        headers: bearer,
      })
      expect(deleted.status).toBe(202)
    }
    expect(await scrape()).not.toContain('batch_rows')
  })

  it.each([
    ['/a%20b/path/x%2Fy', 'job="a b",path="x/y"'],
    ['@base64/YS9i', 'job="a/b"'],
    ['@base64/YS9i/name@base64/zqDPgc6_zrzOt864zrXPjc-C', 'job="a/b",name="Προμηθεύς"'],
    ['/titan/name@base64/zqDPgc6_zrzOt864zrXPjc-C==', 'job="titan",name="Προμηθεύς"'],
    ['/empty/first_label@base64/=/second_label/foobar/', 'job="empty",second_label="foobar"'],
    ['/quoted/x/%22%5C%0A', 'job="quoted",x="\\"\\\\\\n"'],
  ])('reads the path %s', async (path, labels) => {
    expect((await push(path, 'by_path 1\n')).status).toBe(200)
    expect(await scrape()).toContain(`by_path{instance="",${labels}} 1\n`)
    await service.request(`/metrics/job${path}`, { method: 'DELETE', headers: bearer })
    expect(await scrape()).not.toContain(`by_path{instance="",${labels}} 1\n`)
  })

  it.each([
    ['', 'has no value'],
    ['/', 'has no value'],
    ['@base64/=', 'job must not be empty'],
    ['/j/x', 'has no value'],
    ['/j/x//y/z', 'has no value'],
    ['/j/9/z', "can't be the name"],
    ['/j/__x/z', "can't be the name"],
    ['/j/le/1', "can't be the name"],
    ['/j/x/1/x/2', 'twice'],
    ['/j/job/2', 'twice'],
    ['/j/x@base64/+++', 'base64'],
    ['/j/x@base64/_w', 'base64'],
    ['/j/x/%ff', 'percent-encoded'],
  ])('refuses the path %s', async (path, message) => {
    const response = await push(path, 'by_path 1\n')
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining(message) } })
  })

  it('names the line of a mistake', async () => {
    const response = await push('/j', 'a 1\nb one\n')
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      error: { code: 'invalid_push', message: 'line 2: expected a number as value, got "one"' },
    })
  })

  it('reads OpenMetrics where it is said to be that', async () => {
    const headers = { 'Content-Type': 'application/openmetrics-text; version=1.0.0; charset=utf-8' }
    const body = '# TYPE om counter\nom_total 1\n# EOF\n'
    expect((await push('/om', body, { headers })).status).toBe(200)
    expect((await push('/om', 'om_total 1\n', { headers })).status).toBe(400)
    expect(await scrape()).toContain('# TYPE om_total counter\nom_total{instance="",job="om"} 1\n')
  })

  it('reads gzip, and no more than 4 MiB of it', async () => {
    const headers = { 'Content-Encoding': 'gzip' }
    expect((await push('/gzip', await gzip('zipped 1\n'), { headers })).status).toBe(200)
    expect(await scrape()).toContain('zipped{instance="",job="gzip"} 1\n')
    const bomb = await gzip('# x\n'.repeat(1024 * 1024 + 1))
    const statuses = []
    for (const body of [bomb, 'zipped 1\n', (await gzip('zipped 1\n')).slice(0, -4)]) {
      statuses.push((await push('/gzip', body, { headers })).status)
    }
    expect(statuses).toEqual([413, 400, 400])
    expect((await push('/gzip', 'a 1\n', { headers: { 'Content-Encoding': 'br' } })).status).toBe(415)
  })

  it('reads gzip of several members, whose sizes add up', async () => {
    const headers = { 'Content-Encoding': 'gzip' }
    const statusOf = async (...members: (ArrayBuffer | Uint8Array)[]) =>
      (await push('/members', await new Blob(members).arrayBuffer(), { headers })).status
    const [one, two] = [await gzip('first 1\nsec'), await gzip('ond 2\n')]
    expect(await statusOf(one, await gzip(''), two)).toBe(200)
    expect(await scrape()).toContain('second{instance="",job="members"} 2\n')
    const half = await gzip(`${'#'.repeat(2 * 1024 * 1024 - 1)}\n`)
    expect(await statusOf(half, half)).toBe(200)
    expect(await statusOf(half, half, await gzip('\n'))).toBe(413)
    expect(await statusOf(one, two.slice(0, -4))).toBe(400)
    expect(await statusOf(one, two, new Uint8Array([1]))).toBe(400)
  })

  it('takes 4 MiB and not more, of a body of any length and of one whose length is not told', async () => {
    const line = `# ${'x'.repeat(1021)}\n`
    expect((await push('/large', line.repeat(4096))).status).toBe(200)
    expect((await push('/large', line.repeat(4097))).status).toBe(413)
    expect((await push('/large', new Response(line.repeat(4097)).body!)).status).toBe(413)
  })

  it('refuses a body that breaks off, which is no failure of ours', async () => {
    const brokenOff = () =>
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('a 1\n'))
          controller.error(new Error('Network connection lost.'))
        },
      })
    const headers = { 'Content-Type': 'application/json' }
    const answers = [
      await push('/half', brokenOff()),
      await service.request('/v1/metrics', {
        method: 'POST',
        body: brokenOff(),
        headers: { ...bearer, ...headers },
      }),
      await service.request('/events', {
        method: 'POST',
        body: brokenOff(),
        headers: { ...bearer, ...headers },
      }),
    ]
    for (const answer of answers) {
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ error: { code: 'incomplete_body' } })
    }
  })

  it('lets in who has a token, as bearer or as password', async () => {
    const statuses = []
    for (const authorization of [
      'Bearer ingest-a',
      `Basic ${btoa('anybody:ingest-b')}`,
      `Basic ${btoa(':ingest-b')}`,
      `Basic ${btoa('ingest-b:')}`,
      `Basic ${btoa('ingest-b')}`,
      'Basic ???',
      'Bearer admin',
      'Bearer scrape',
      '',
    ]) {
      const response = await push('/auth', 'a 1\n', { headers: { Authorization: authorization } })
      statuses.push(response.status)
      if (response.status === 401)
        expect(response.headers.get('WWW-Authenticate')).toMatch(/^Bearer .*, Basic /)
    }
    expect(statuses).toEqual([200, 200, 200, 401, 401, 401, 401, 401, 401])
  })

  it('limits wrong tokens per address', async () => {
    const from = { Authorization: 'Bearer wrong', 'CF-Connecting-IP': '192.0.2.77' }
    const statuses = []
    for (let tries = 0; tries < 12; tries++)
      statuses.push((await push('/auth', 'a 1\n', { headers: from })).status)
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429])
    expect((await push('/auth', 'a 1\n')).status).toBe(200)
  })

  it('is off without a token, and then /metrics asks nobody for what was pushed', async () => {
    const off = deploy({ ...TOKENS, INGEST_TOKEN: '', PUSH_STORE: undefined })
    const response = await off.request('/metrics/job/j', { method: 'PUT', body: 'a 1\n', headers: bearer })
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ error: { code: 'ingest_disabled' } })
    const scraped = await off.request('/metrics', { headers: { Authorization: 'Bearer scrape' } })
    expect(scraped.status).toBe(200)
  })
})

describe('OTLP', () => {
  const send = (body: BodyInit, headers: Record<string, string> = {}) =>
    service.request('/v1/metrics', {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', ...bearer, ...headers },
    })
  const gauge = (name: string, ...values: unknown[]) => ({
    resourceMetrics: [
      {
        scopeMetrics: [
          { metrics: [{ name, gauge: { dataPoints: values.map((asDouble) => ({ asDouble })) } }] },
        ],
      },
    ],
  })

  it('answers as its specification says', async () => {
    const whole = await send(JSON.stringify(gauge('otlp.level', 2)))
    expect([whole.status, await whole.json()]).toEqual([200, {}])
    const zipped = await send(await gzip(JSON.stringify(gauge('otlp.zipped', 3))), {
      'Content-Encoding': 'gzip',
    })
    expect([zipped.status, await zipped.json()]).toEqual([200, {}])
    const partial = await send(JSON.stringify(gauge('otlp.level', 'high', {})))
    expect([partial.status, await partial.json()]).toEqual([
      200,
      { partialSuccess: { rejectedDataPoints: '2', errorMessage: expect.stringContaining('"otlp.level"') } },
    ])
    const text = await scrape()
    expect(text).toContain('otlp_level{instance="",job="unknown_service"} 2\n')
    expect(text).toContain('otlp_zipped{instance="",job="unknown_service"} 3\n')
  })

  it('warns of deltas that were sent before, and rejects those that are late', async () => {
    const nowMs = Date.now()
    const delta = (agoMs: number) =>
      JSON.stringify({
        resourceMetrics: [
          {
            scopeMetrics: [
              {
                metrics: [
                  {
                    name: 'otlp.delta',
                    sum: {
                      aggregationTemporality: 1,
                      isMonotonic: true,
                      dataPoints: [{ asInt: '1', timeUnixNano: `${nowMs - agoMs}000000` }],
                    },
                  },
                ],
              },
            ],
          },
        ],
      })
    const answers = []
    for (const agoMs of [1000, 1000, 2000]) answers.push(await (await send(delta(agoMs))).json())
    expect(answers).toEqual([
      {},
      { partialSuccess: { rejectedDataPoints: '0', errorMessage: '1 deltas had been added before' } },
      { partialSuccess: { rejectedDataPoints: '1', errorMessage: expect.stringContaining('older') } },
    ])
    expect(await scrape()).toContain('otlp_delta_total{instance="",job="unknown_service"} 1\n')
  })

  it('refuses with a Status', async () => {
    const protobuf = await send('', { 'Content-Type': 'application/x-protobuf' })
    expect(protobuf.status).toBe(415)
    expect(await protobuf.json()).toMatchObject({
      code: 3,
      message: expect.stringContaining('OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=http/json'),
    })
    const statuses = []
    for (const [body, headers] of [
      ['{', {}],
      ['{}', { Authorization: 'Bearer wrong' }],
      [' '.repeat(4 * 1024 * 1024 + 1), {}],
    ] as const) {
      const response = await send(body, headers)
      expect(await response.json()).toMatchObject({ code: expect.any(Number), message: expect.any(String) })
      statuses.push(response.status)
    }
    expect(statuses).toEqual([400, 401, 413])
  })
})

describe('the metrics of pushes', () => {
  it('tell what came of each, and of the points of OTLP', async () => {
    const { services, counted } = countingService()
    const { request } = services
    const put = (body: string, headers: Record<string, string> = {}) =>
      request('/metrics/job/counted', { method: 'PUT', body, headers: { ...bearer, ...headers } })
    const otlp = (body: unknown, headers: Record<string, string> = {}) =>
      request('/v1/metrics', {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { ...bearer, 'Content-Type': 'application/json', ...headers },
      })
    const gauges = (...values: unknown[]) => ({
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              metrics: values.map((asDouble, n) => ({
                name: `g${n}`,
                gauge: { dataPoints: [{ asDouble }] },
              })),
            },
          ],
        },
      ],
    })
    await put('a 1\n')
    await put('a one\n')
    await put('edgewatch_errors_total 1\n')
    await put('a 1\n', { Authorization: 'Bearer wrong' })
    await put('a 1\n', { 'Content-Encoding': 'br' })
    await put('x'.repeat(4 * 1024 * 1024 + 1))
    await put(Array.from({ length: 10_001 }, (_, n) => `a{n="${n}"} 1\n`).join(''))
    await request('/metrics/job', { method: 'PUT', body: 'a 1\n', headers: bearer })
    await request('/metrics/job/counted', { method: 'DELETE', headers: bearer })
    await otlp(gauges(1, 2))
    await otlp(gauges(1, 'high', 3))
    await otlp(7)
    await otlp({}, { Authorization: 'Bearer wrong' })
    expect(counted()).toEqual({
      'pushgateway accepted': 1,
      'pushgateway invalid': 2,
      'pushgateway inconsistent': 1,
      'pushgateway unauthorized': 1,
      'pushgateway unsupported_media_type': 1,
      'pushgateway too_large': 1,
      'pushgateway too_many_series': 1,
      'otlp accepted': 1,
      'otlp partial': 1,
      'otlp invalid': 1,
      'otlp unauthorized': 1,
      accepted: 4,
      rejected: 1,
    })
  })

  it('tell of a store that is away, and of a push that no token lets in', async () => {
    const away = countingService({
      PUSH_STORE: {
        getByName: () => ({
          push: async () => {
            throw new Error('the object is away')
          },
        }),
      },
    })
    const off = countingService({ INGEST_TOKEN: '' })
    const answers = []
    for (const { services } of [away, off]) {
      const init = { method: 'PUT', body: 'a 1\n', headers: bearer }
      answers.push((await services.request('/metrics/job/j', init)).status)
    }
    expect(answers).toEqual([503, 503])
    expect(away.counted()).toEqual({ 'pushgateway unavailable': 1 })
    expect(off.counted()).toEqual({ 'pushgateway disabled': 1 })
  })
})

describe('whatever comes', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 120 }),
    fc
      .array(fc.constantFrom('a', '{x="', '"}', ' 1', '\n', '# TYPE a ', 'histogram', '_bucket', 'é', '\0'), {
        maxLength: 12,
      })
      .map((parts) => new TextEncoder().encode(parts.join(''))),
    fc.json().map((text) => new TextEncoder().encode(text)),
  )
  const path = fc.oneof(
    fc.constant('/v1/metrics'),
    fc
      .array(fc.constantFrom('job', 'x', 'a b', '%ff', 'x@base64', 'YQ', '=', '%00', 'é', '', '..'), {
        maxLength: 6,
      })
      .map((parts) => `/metrics/job/fuzz/${parts.join('/')}`),
  )
  const contentType = fc.constantFrom(
    '',
    'application/json',
    'text/plain',
    'application/openmetrics-text',
    'application/vnd.google.protobuf',
    'multipart/form-data',
  )

  it('is answered below 500', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('PUT', 'POST', 'DELETE'),
        path,
        contentType,
        fc.constantFrom('', 'gzip', 'identity', 'zstd'),
        fc.boolean(),
        bytes,
        async (method, to, type, coding, isZipped, body) => {
          const sent = isZipped ? await gzip(body) : body
          const headers = { ...bearer, 'Content-Type': type, 'Content-Encoding': coding }
          const response = await service.request(to, { method, headers, body: sent as BodyInit })
          expect(response.status).toBeLessThan(500)
          expect(
            (await service.request('/metrics', { headers: { Authorization: 'Bearer scrape' } })).status,
          ).toBe(200)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('/admin/pushed', () => {
  it('lists groups, and deletes one by its labels', async () => {
    await push('/listed/zone/z', '# HELP rows Rows.\n# TYPE rows gauge\nrows{t="1"} 1\nrows{t="2"} 2\n')
    const { groups } = (await (await admin('/pushed')).json()) as { groups: { labels: { job: string } }[] }
    expect(groups.find(({ labels }) => labels.job === 'listed')).toEqual({
      labels: { job: 'listed', zone: 'z' },
      pushed_at: expect.stringMatching(/Z$/),
      failed_at: null,
      expires_at: null,
      samples: 2,
      metrics: [{ name: 'rows', type: 'gauge', help: 'Rows.', samples: 2 }],
    })
    const remove = async (query: string) => (await admin(`/pushed${query}`, { method: 'DELETE' })).status
    expect(await remove('')).toBe(400)
    expect(await remove('?job=listed')).toBe(404)
    expect(await remove('?job=listed&zone=z')).toBe(204)
    expect(await scrape()).not.toContain('listed')
    expect((await service.request('/admin/pushed')).status).toBe(401)
  })
})

describe('alert rules', () => {
  it('can be about pushed metrics and about own ones', async () => {
    await push('/ruled', '# TYPE ruled_total counter\nruled_total 5\n')
    const { exposed, catalog } = service.services
    const { series } = await exposed.read({
      windows: [],
      series: [
        { metric: 'ruled_total', labels: { job: 'ruled' } },
        { metric: catalog.flushesFailed.name, labels: {} },
        { metric: 'nothing', labels: {} },
      ],
    })
    expect(series[0]).toEqual({ type: 'counter', value: 5 })
    expect(series[2]).toBeUndefined()
  })
})
