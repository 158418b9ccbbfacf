import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { startBackupJob } from '../../sandbox/dev/backup-job.ts'
import { banner } from '../../sandbox/dev/banner.ts'
import { sampleData } from '../../sandbox/dev/sample-data.ts'
import { readSettings, secondSandbox, takenPortMessage } from '../../sandbox/dev/settings.ts'
import { startTicker } from '../../sandbox/dev/ticker.ts'
import { startTraffic } from '../../sandbox/dev/traffic.ts'
import { toEnvFile } from '../../sandbox/dev/wrangler.ts'
import type { Servers } from '../../sandbox/servers.ts'

describe('settings', () => {
  test('have defaults, and come from the environment', () => {
    expect(readSettings({})).toEqual({
      port: 8787,
      inboxPort: 8788,
      tickSeconds: 60,
      trafficSeconds: 5,
      stateDir: '.wrangler/state',
    })
    expect(
      readSettings({
        PORT: '9000',
        INBOX_PORT: '9001',
        TICK_SECONDS: '5',
        TRAFFIC_SECONDS: '0',
        STATE_DIR: '/tmp/s',
      }),
    ).toEqual({
      port: 9000,
      inboxPort: 9001,
      tickSeconds: 5,
      trafficSeconds: 0,
      stateDir: '/tmp/s',
    })
  })

  test.each([
    [{ PORT: 'abc' }, 'PORT is "abc", expected a whole number from 1 to 65535.'],
    [{ INBOX_PORT: '70000' }, 'INBOX_PORT is "70000"'],
    [{ TICK_SECONDS: '0' }, 'TICK_SECONDS is "0"'],
    [{ TICK_SECONDS: '1.5' }, 'TICK_SECONDS is "1.5"'],
    [{ PORT: '8788' }, 'PORT and INBOX_PORT are both 8788'],
  ])('%j is refused', (env, message) => {
    expect(() => readSettings(env)).toThrow(message)
  })

  test('a taken port is said with a way out', () => {
    expect(takenPortMessage(8788, readSettings({}))).toBe(
      'Port 8788 is in use. Stop the process that uses it, or start a second sandbox: ' +
        'STATE_DIR=.wrangler/state-8797 PORT=8797 INBOX_PORT=8798 npm run dev',
    )
    expect(secondSandbox(readSettings({ INBOX_PORT: '65535' }))).toContain('INBOX_PORT=65525')
  })
})

test('the sample data is the same each time, and of the last 30 days', () => {
  const now = Date.UTC(2026, 5, 15)
  const data = sampleData(now)
  expect(sampleData(now)).toEqual(data)
  const documents = Object.values(data).flat()
  expect(documents.length).toBeGreaterThan(300)
  for (const { created_at: createdAt } of documents) {
    expect(createdAt.getTime()).toBeLessThanOrEqual(now)
    expect(createdAt.getTime()).toBeGreaterThan(now - 30 * 86_400_000)
  }
  expect(new Set(data.users.map(({ tier }) => tier))).toEqual(
    new Set(['free', 'starter', 'growth', 'enterprise']),
  )
})

test('the banner has a scrape command to paste', async () => {
  const sent: string[] = []
  const url = await serve((request, response) => {
    sent.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    response.end()
  })
  const servers = {
    mongodbKind: 'embedded',
    redisKind: 'in memory',
    breakable: ['mongodb'],
    inboxUrl: 'http://127.0.0.1:2',
    vars: { ADMIN_TOKEN: 'the-token' },
  } as Partial<Servers> as Servers
  const [, command = ''] = /(curl .*\/metrics)$/m.exec(banner(url, servers, { documents: 0 }, 60)) ?? []
  await promisify(execFile)('sh', ['-c', command])
  expect(sent).toEqual(['GET /metrics Bearer the-token'])
})

test('variables survive the file in which wrangler reads them', () => {
  const vars = { PLAIN: 'x', DOLLAR: 'a$HOME#b', QUOTE: "it's", EMPTY: '' }
  expect(toEnvFile(vars)).toBe("PLAIN='x'\nDOLLAR='a\\$HOME#b'\nQUOTE=`it's`\nEMPTY=''\n")
})

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('traffic looks at pages and sends events, one request after another', async () => {
  const seen: string[] = []
  const events: { type: string }[] = []
  const url = await serve((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`.trim())
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      if (request.url === '/events')
        events.push(...(JSON.parse(body) as { events: { type: string }[] }).events)
      response.statusCode = seen.length % 2 === 0 ? 500 : 200
      response.end()
    })
  })
  const settings = { serviceUrl: url, adminToken: 'a', ingestToken: 'i', everySeconds: 0.001 }
  cleanups.push(startTraffic(settings).stop)
  await expect.poll(() => events.length, { timeout: 20_000 }).toBeGreaterThan(200)
  expect(seen).toContain('POST /admin/business/refresh Bearer a')
  expect(seen).toContain('POST /events Bearer i')
  expect(seen).toContain('GET /health')
  expect(seen.filter((each) => each.startsWith('GET /metrics'))).toEqual([]) // it would be refused
  expect(new Set(events.map(({ type }) => type))).toEqual(
    new Set(['user_activity', 'analysis_completed', 'cache_operation', 'subscription_changed']),
  )
})

test('the backup job says that it is done before anybody looks', async () => {
  const seen: string[] = []
  const url = await serve((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    response.end()
  })
  const job = await startBackupJob(url, 'h')
  cleanups.push(job.stop)
  expect(seen).toEqual(['POST /heartbeat/nightly-backup Bearer h'])
})

describe('the ticker', () => {
  test('fires the cron again and again, never two at once', async () => {
    let running = 0
    const overlaps: number[] = []
    const urls: string[] = []
    const url = await serve((request, response) => {
      overlaps.push(++running)
      urls.push(request.url ?? '')
      setTimeout(() => {
        running--
        response.end('ok')
      }, 30) // longer than the pause between ticks
    })
    const ticker = startTicker(url, 0.01, () => {})
    cleanups.push(ticker.stop)
    await expect.poll(() => urls.length).toBeGreaterThanOrEqual(3)
    ticker.stop()
    expect(new Set(urls)).toEqual(new Set(['/cdn-cgi/handler/scheduled?cron=*+*+*+*+*']))
    expect(new Set(overlaps)).toEqual(new Set([1]))
  })

  test('says once that the cron fails, and once that it works again', async () => {
    const statuses = [500, 503, 200, 200, 500]
    const url = await serve((_request, response) => {
      response.statusCode = statuses.shift() ?? 200
      response.end()
    })
    const lines: string[] = []
    cleanups.push(startTicker(url, 0.01, (line) => lines.push(line)).stop)
    await expect.poll(() => lines.length).toBe(4)
    expect(lines).toEqual([
      'The cron failed: status 500',
      'The cron works again.',
      'The cron failed: status 500',
      'The cron works again.',
    ])
  })
})
