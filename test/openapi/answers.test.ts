import { env, exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { IncidentRecord } from '../../src/incidents/model.ts'
import { HOUR_MS } from '../../src/lib/clock.ts'
import { servicesOf } from '../../src/services.ts'
import { deploy } from '../app/deployed.ts'
import { ApiDocument } from './api-document.ts'

// Real answers of the service as it is deployed, with the sandbox's dependencies, beside what the document says of them.

const tokens = env as unknown as Record<'ADMIN_TOKEN' | 'INGEST_TOKEN' | 'HEARTBEAT_TOKEN', string>
const PAGE = { Accept: 'text/html' }

let api: ApiDocument

beforeAll(async () => {
  const response = await exports.default.fetch('https://edgewatch.test/openapi.json')
  api = new ApiDocument(await response.json())
  const now = Date.now()
  const { uptime, ledger } = servicesOf(env)
  await uptime().tick(now)
  await ledger().tick(now)
})

interface Sent {
  readonly token?: string
  readonly json?: unknown
  readonly body?: string
  readonly headers?: Record<string, string>
  /** The path, where it is not what the operation has. */
  readonly path?: string
}

const admin = (more: Sent = {}): Sent => ({ token: tokens.ADMIN_TOKEN, ...more })

/** Calls an operation, and holds the answer against the document. Gives its JSON, where it is that. */
async function call(
  key: string,
  status: number | number[],
  sent: Sent = {},
): Promise<Record<string, unknown>> {
  const [method = '', template = ''] = key.split(' ')
  const { token, json, body = json === undefined ? undefined : JSON.stringify(json), path = template } = sent
  const response = await exports.default.fetch(`https://edgewatch.test${path}`, {
    method: method.toUpperCase(),
    headers: {
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(json !== undefined && { 'Content-Type': 'application/json' }),
      ...sent.headers,
    },
    redirect: 'manual',
    ...(body !== undefined && { body }),
  })
  expect([status].flat(), `${key}: ${await response.clone().text()}`).toContain(response.status)
  const copy = response.clone()
  expect(await api.mistakesOf(key, response)).toBe('')
  const text = await copy.text()
  return text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {}
}

describe('answers are as they are described:', () => {
  it('the service', async () => {
    await call('get /', 200)
    await call('get /', 200, { headers: PAGE })
    await call('get /openapi.json', 200)
    await call('get /test/error', 500, admin())
    await call('get /test/error', 401)
  })

  it.each(['/health', '/health/ready', '/health/live', '/health/detailed'])('%s', async (path) => {
    for (const headers of [{}, { Accept: 'application/health+json' }]) {
      // Whether MongoDB answers in time depends on the machine; both answers are described.
      await call(`get ${path}`, [200, 503], { headers })
      await call(`get ${path}`, [200, 503], admin({ headers }))
      const alone = await deploy().request(path, { headers })
      expect(alone.status).toBe(200)
      expect(await api.mistakesOf(`get ${path}`, alone)).toBe('')
    }
  })

  it('metrics', async () => {
    await call('get /metrics', 200, admin())
    await call('get /metrics', 200, admin({ headers: { Accept: 'application/openmetrics-text' } }))
    await call('get /metrics', 401)
    await call('get /metrics/cache', 200, admin())
  })

  it('pushes', async () => {
    const push = { token: tokens.INGEST_TOKEN, body: '# TYPE backup_files gauge\nbackup_files 1\n' }
    const path = '/metrics/job/backup'
    await call('put /metrics/job/{job}', 200, { ...push, path })
    await call('post /metrics/job/{job}/{label}/{value}', 200, { ...push, path: `${path}/instance/db1` })
    await call('put /metrics/job/{job}', 400, { ...push, path, body: 'no { metrics' })
    await call('put /metrics/job/{job}', 401, { path })
    await call('put /metrics/job/{job}', 415, { ...push, path, headers: { 'Content-Encoding': 'br' } })
    await call('get /admin/pushed', 200, admin())
    await call('delete /metrics/job@base64/{job}', 202, { ...push, path: '/metrics/job@base64/YmFja3Vw' })
    const deletion = admin({ path: '/admin/pushed?job=backup&instance=db1' })
    await call('delete /admin/pushed', 204, deletion)
    await call('delete /admin/pushed', 404, deletion)
    await call('delete /admin/pushed', 400, admin())
  })

  it('OTLP', async () => {
    const send = (dataPoint: object) => ({
      token: tokens.INGEST_TOKEN,
      json: {
        resourceMetrics: [
          { scopeMetrics: [{ metrics: [{ name: 'queue.length', gauge: { dataPoints: [dataPoint] } }] }] },
        ],
      },
    })
    await call('post /v1/metrics', 200, send({ asInt: '7', timeUnixNano: `${Date.now()}000000` }))
    await call('post /v1/metrics', 401)
    await call('post /v1/metrics', 415, { token: tokens.INGEST_TOKEN, body: 'x' })
    await call('post /v1/metrics', 400, { token: tokens.INGEST_TOKEN, json: { resourceMetrics: 1 } })
  })

  it('events', async () => {
    const token = tokens.INGEST_TOKEN
    const events = [{ type: 'user_activity', user_id: 'u-1' }, { type: 'nothing' }]
    await call('post /events', 202, { token, json: { events } })
    await call('post /events', 400, { token, json: { events: [{}] } })
    await call('post /events', 415, { token, body: 'x' })
    await call('post /events', 401, { json: { events } })
  })

  it('business numbers', async () => {
    await call('get /admin/business', 200, admin())
    await call('post /admin/business/refresh', 200, admin())
  })

  it('heartbeats', async () => {
    const token = tokens.HEARTBEAT_TOKEN
    await call('post /heartbeat/{id}', 404, { token, path: '/heartbeat/nothing' })
    await call('post /heartbeat/{id}/start', 401)
  })

  it('the status page', async () => {
    await call('get /status', 200)
    await call('get /status.json', 200)
    await call('get /status/feed.atom', 200)
    await call('get /status/feed.rss', 200)
    await call('get /status/{id}', 404, { path: '/status/nothing' })
    await call('get /badge/{id}.svg', 404, { path: '/badge/nothing.svg' })
    await call('get /badge/{id}.svg', 400, { path: '/badge/nothing.svg?show=all' })
  })

  it('the overview', async () => {
    await call('get /admin/metrics', 200, admin())
    await call('get /admin/metrics', 303, { headers: PAGE })
  })

  it('alerts and silences', async () => {
    await call('get /admin/alerts', 200, admin())
    await call('post /admin/alerts/test', 400, admin({ json: {} }))
    const { ledger } = servicesOf(env)
    const judgedAtMs = Date.now() + HOUR_MS // later than what the monitors themselves tell meanwhile
    const down = { state: 'down', seen: 'down', sinceMs: Date.now(), reason: 'status 500' } as const
    await ledger().observeMonitors([{ id: 'api-health', ...down, regions: [] }], judgedAtMs)
    const acknowledge = (alert: string) =>
      admin({ path: `/admin/alerts/${alert}/acknowledge`, json: { by: 'Ada' } })
    await call('post /admin/alerts/{id}/acknowledge', 200, acknowledge('monitor-api-health'))
    await call('post /admin/alerts/{id}/acknowledge', 404, acknowledge('nothing'))
    const silence = await call(
      'post /admin/silences',
      201,
      admin({ json: { alert: 'mongodb-down', for: '1h', reason: 'upgrade' } }),
    )
    await call('post /admin/silences', 400, admin({ json: {} }))
    await call('post /admin/silences', 413, admin({ json: { reason: 'x'.repeat(2_000_000) } }))
    await call('get /admin/silences', 200, admin())
    await call('get /admin/alerts', 200, admin())
    const own = admin({ path: `/admin/silences/${silence.id}` })
    await call('delete /admin/silences/{id}', 204, own)
    await call('delete /admin/silences/{id}', 404, own)
  })

  it('incidents', async () => {
    const posted = (await call(
      'post /admin/incidents',
      201,
      admin({ json: { title: 'Uploads are slow', message: 'We look into it.', monitors: ['API health'] } }),
    )) as Pick<IncidentRecord, 'id'>
    const path = `/admin/incidents/${posted.id}`
    await call('get /admin/incidents', 200, admin())
    await call('get /admin/incidents', 400, admin({ path: '/admin/incidents?monitor=nothing' }))
    await call('get /admin/incidents/{id}', 200, admin({ path }))
    await call('get /admin/incidents/{id}', 404, admin({ path: '/admin/incidents/nothing' }))
    await call('patch /admin/incidents/{id}', 200, admin({ path, json: { title: 'Uploads fail' } }))
    await call('get /status.json', 200)
    await call(
      'post /admin/incidents/{id}/updates',
      201,
      admin({ path: `${path}/updates`, json: { stage: 'resolved', message: 'As before.' } }),
    )
    const publishing = { title: 'Uploads are slow', message: 'x', publishes: posted.id }
    await call('post /admin/incidents', 400, admin({ json: publishing }))
    await call('delete /admin/incidents/{id}', 204, admin({ path }))
    await call('delete /admin/incidents/{id}', 404, admin({ path }))
  })

  it('monitors and maintenance', async () => {
    await call('get /admin/monitors', 200, admin())
    const path = '/admin/monitors/api-health'
    await call('get /admin/monitors/{id}', 200, admin({ path }))
    await call('get /admin/monitors/{id}', 404, admin({ path: '/admin/monitors/nothing' }))
    await call('get /admin/monitors/{id}/checks', 200, admin({ path: `${path}/checks` }))
    await call('get /admin/monitors/{id}/checks', 400, admin({ path: `${path}/checks?from=yesterday` }))
    const announced = await call(
      'post /admin/maintenance',
      201,
      admin({ json: { title: 'Upgrade', monitors: ['API health'], for: '1h' } }),
    )
    await call('get /admin/maintenance', 200, admin())
    await call('delete /admin/maintenance/{id}', 204, admin({ path: `/admin/maintenance/${announced.id}` }))
  })

  it('the dashboard', async () => {
    const pages = [...api.operations].filter(([, { tags }]) => tags.includes('dashboard'))
    for (const [key] of pages.filter(([each]) => each.startsWith('get'))) {
      await call(key, 200, { ...(key !== 'get /admin/login' && admin()), headers: PAGE })
    }
    await call('post /admin/login', 400)
    await call('post /admin/pages/alerts/unsilence', 400, admin())
    await call(
      'post /admin/pages/alerts/unsilence',
      303,
      admin({ body: 'id=nothing', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }),
    )
  })
})
