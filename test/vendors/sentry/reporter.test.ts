import { beforeAll, describe, expect, it, vi } from 'vitest'
import { Secret } from '../../../src/lib/secret.ts'
import {
  currentContext,
  errorContextOf,
  runWithContext,
  withErrorContext,
} from '../../../src/logging/context.ts'
import { createLogger } from '../../../src/logging/logger.ts'
import { createCatalog } from '../../../src/metrics/catalog.ts'
import { createSentryReporter, type SentryOptions } from '../../../src/vendors/sentry/reporter.ts'
import { startOwnInbox } from '../inbox.ts'

interface Envelope {
  header: Record<string, unknown>
  items: { header: { type: string }; payload: object }[]
}

let inbox: Awaited<ReturnType<typeof startOwnInbox>>
beforeAll(async () => {
  inbox = await startOwnInbox()
})

/** The parts of an event that are looked into. */
interface SentEvent {
  request: object
  exception: { values: { stacktrace: { frames: object[] } }[] }
}

/** A reporter in a world that a test can look into. */
function setUp(options: Partial<SentryOptions> = {}) {
  const pending: Promise<unknown>[] = []
  const counted: Record<string, number> = {}
  const lines: string[] = []
  const world = { now: Date.now() }
  const log = createLogger({ level: 'debug', format: 'json', write: (_level, line) => lines.push(line) })
  const all: SentryOptions = {
    dsn: new Secret(inbox.vars.SENTRY_DSN!),
    service: { name: 'Edge watch', version: '1.2.3' },
    environment: 'test',
    log,
    recorder: {
      increment(_metric, labels) {
        const { outcome } = labels as { outcome: string }
        counted[outcome] = (counted[outcome] ?? 0) + 1
      },
      set() {},
      observe() {},
    },
    catalog: createCatalog('edgewatch'),
    clock: () => world.now,
    currentContext,
    errorContextOf,
    waitUntil: (promise) => pending.push(promise),
    ...options,
  }
  return {
    reporter: createSentryReporter(all),
    /** A reporter of another isolate. */
    another: () => createSentryReporter(all),
    log,
    lines,
    counted,
    world,
    async settle() {
      while (pending.length > 0) await Promise.all(pending.splice(0))
    },
  }
}

async function takeItems(type: string) {
  const messages = await inbox.takeMessages()
  return messages
    .filter((message) => message.receiver === 'sentry')
    .flatMap((message) => (message.body as unknown as Envelope).items)
    .filter((item) => item.header.type === type)
    .map((item) => item.payload)
}

/** A fetcher that keeps what it is asked to send. */
function recording(answer: () => Response | Promise<Response> = () => new Response('{}')) {
  const sent: string[] = []
  const fetcher = (async (_url: unknown, init?: RequestInit) => {
    sent.push(String(init?.body))
    return answer()
  }) as typeof fetch
  return { sent, fetcher }
}

describe('a report', () => {
  it('tells what is known, and nothing of who asked', async () => {
    const request = new Request('https://hush-user:hush@a.example/items/5?token=hush&page=hush', {
      method: 'POST',
      body: 'hush',
      headers: {
        authorization: 'Bearer hush',
        cookie: 'session=hush',
        'cf-connecting-ip': '192.0.2.7',
        'x-forwarded-for': '192.0.2.7',
        'content-type': 'application/json',
        'user-agent': 'curl/8',
      },
    })
    const { reporter, log, settle, counted } = setUp()
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    runWithContext({ requestId: 'r1', request, traceId, spanId: 'b7ad6b7169203331', cfRay: 'ray1' }, () => {
      log.info('cache_asked', { key: 'a', password: 'hush', url: 'redis://u:hush@h' })
      log.warn('slow', { query_params: 'a=hush' })
      const cause = new TypeError('could not reach mongodb://u:hush@db.example/x')
      withErrorContext(
        {
          tags: { 'analysis.type': 'quick' },
          contexts: { analysis: { company: 'X', api_key: 'hush', frameworks: { first: ['CSRD'] } } },
        },
        () =>
          reporter.report(new Error('failed with token=hush', { cause }), { tags: { route: '/items/:id' } }),
      )
    })
    await settle()
    const messages = await inbox.takeMessages()
    expect(JSON.stringify(messages.map(({ body }) => body))).not.toMatch(/hush|192\.0\.2/)
    const event = (messages[0]!.body as unknown as Envelope).items[0]!.payload as SentEvent
    expect(event).toMatchObject({
      release: 'edge-watch@1.2.3',
      environment: 'test',
      level: 'error',
      transaction: 'POST /items/:id',
      tags: {
        'app.version': '1.2.3',
        'analysis.type': 'quick',
        route: '/items/:id',
        request_id: 'r1',
        cf_ray: 'ray1',
      },
      contexts: {
        analysis: { company: 'X', api_key: '[redacted]', frameworks: { first: ['CSRD'] } },
        app: { app_name: 'Edge watch', app_version: '1.2.3' },
        trace: { trace_id: traceId },
      },
      exception: {
        values: [
          { type: 'TypeError', value: 'could not reach mongodb://[redacted]@db.example/x' },
          { type: 'Error', value: 'failed with token=[redacted]' },
        ],
      },
      breadcrumbs: [
        { level: 'info', message: 'cache_asked', data: { key: 'a', password: '[redacted]' } },
        { level: 'warning', message: 'slow', data: { query_params: 'a=[redacted]' } },
      ],
      request: {
        method: 'POST',
        url: 'https://a.example/items/5',
        headers: { 'content-type': 'application/json', 'user-agent': 'curl/8' },
      },
    })
    expect(event).not.toHaveProperty('user')
    expect(Object.keys(event.request)).toEqual(['method', 'url', 'headers'])
    expect(event.exception.values[1]!.stacktrace.frames.length).toBeGreaterThan(0)
    expect(counted).toEqual({ sent: 1 })
  })

  it('may be of anything that can be thrown', async () => {
    const { reporter, settle, counted } = setUp()
    const hostile = new Proxy(new Error('x'), {
      get() {
        throw new Error('no')
      },
    })
    const all = [
      'text token=hush',
      { password: 'hush' },
      null,
      undefined,
      5,
      new AggregateError([new Error('part')], 'two'),
    ]
    for (const each of [...all, hostile]) reporter.report(each)
    await settle()
    const events = await takeItems('event')
    expect(JSON.stringify(events)).not.toContain('hush')
    expect(events.length).toBeGreaterThanOrEqual(all.length)
    expect(JSON.stringify(events)).toContain('part')
    expect((counted.sent ?? 0) + (counted.failed ?? 0)).toBe(all.length + 1)
  })

  it('is sent once for one error, however many handlers it passes', async () => {
    const { reporter, settle, counted } = setUp(recording())
    const error = new Error('once')
    reporter.report(error)
    reporter.report(error, { tags: { job: 'x' } })
    await settle()
    expect(counted).toEqual({ sent: 1 })
  })
})

describe('a burst', () => {
  const fail = () => new Error('the same')

  it('sends three, counts the rest, and tells of them later', async () => {
    const { reporter, settle, counted, world } = setUp()
    for (let each = 0; each < 50; each++) reporter.report(fail())
    await settle()
    expect(counted).toEqual({ sent: 3, suppressed: 47 })
    expect(await takeItems('event')).toHaveLength(3)
    world.now += 3_600_000
    reporter.report(fail())
    await settle()
    expect(await takeItems('event')).toMatchObject([{ extra: { suppressed: 47 } }])
  })

  it('is limited across the isolates of a location too', async () => {
    const keys: string[] = []
    let left = 2
    const locationLimit = {
      async limit({ key }: { key: string }) {
        keys.push(key)
        return { success: left-- > 0 }
      },
    }
    const { sent, fetcher } = recording()
    const { reporter, another, settle, counted } = setUp({ locationLimit, fetcher })
    reporter.report(fail())
    for (let isolate = 0; isolate < 9; isolate++) another().report(fail())
    await settle()
    expect(sent).toHaveLength(2)
    expect(new Set(keys).size).toBe(1)
    expect(counted).toEqual({ sent: 2, suppressed: 8 })
  })

  it('is sent where the limit of the location fails', async () => {
    const locationLimit = { limit: () => Promise.reject(new Error('no')) }
    const { reporter, settle, counted } = setUp({ locationLimit, ...recording() })
    reporter.report(fail())
    await settle()
    expect(counted).toEqual({ sent: 1 })
  })
})

describe('when Sentry', () => {
  it('says 429, nothing is sent until it may', async () => {
    await inbox.breakServer('sentry', { mode: 'error', status: 429, retryAfterSeconds: 60 })
    const { reporter, settle, counted, world } = setUp()
    reporter.report(new Error('first'))
    await settle()
    await inbox.mendServer('sentry')
    await inbox.takeMessages()
    reporter.report(new Error('second'))
    reporter.checkIn('tick', 'ok')
    await settle()
    expect(await inbox.takeMessages()).toEqual([])
    expect(counted).toEqual({ failed: 1, suppressed: 1 })
    world.now += 61_000
    reporter.report(new Error('third'))
    await settle()
    expect(counted).toEqual({ failed: 1, suppressed: 1, sent: 1 })
  })

  it.each(['down', 'error'] as const)('is %s, nobody notices', async (mode) => {
    await inbox.breakServer('sentry', { mode })
    const { reporter, settle, counted, lines, world } = setUp()
    reporter.report(new Error('a'))
    await settle()
    await inbox.mendServer('sentry')
    await inbox.takeMessages()
    expect(counted).toEqual({ failed: 1 })
    expect(lines.join()).toContain('error_report_refused')
    expect(lines.join()).not.toContain('127.0.0.1')
    world.now += 31_000
    reporter.report(new Error('a'))
    await settle()
    expect(counted).toEqual({ failed: 1, sent: 1 })
  })

  it('hangs, the reporter returns at once and gives up in the end', async () => {
    const timeUp = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeUp.signal)
    const hanging = ((_url: unknown, init?: RequestInit) => {
      return new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(new Error('aborted')))
        started()
      })
    }) as typeof fetch
    const { promise, resolve: started } = Promise.withResolvers<void>()
    const { reporter, settle, counted } = setUp({ fetcher: hanging })
    reporter.report(new Error('a'))
    await promise
    expect(counted).toEqual({})
    timeUp.abort()
    await settle()
    expect(counted).toEqual({ failed: 1 })
    expect(timeout).toHaveBeenCalledExactlyOnceWith(5_000)
    timeout.mockRestore()
  })

  it('has a DSN that makes no sense, it is told without being shown', async () => {
    const { reporter, settle, lines, counted } = setUp({ dsn: new Secret('https://hush') })
    reporter.report(new Error('a'))
    await settle()
    expect(counted).toEqual({ failed: 1 })
    expect(lines.join()).toContain('sentry_dsn_invalid')
    expect(lines.join()).not.toContain('hush')
  })
})

describe('a check-in', () => {
  it('creates the monitor, and ends under its id, in this order', async () => {
    const { reporter, settle, counted } = setUp()
    const id = reporter.checkIn('edgewatch-tick', 'in_progress')
    expect(id).toMatch(/^[0-9a-f]{32}$/)
    expect(reporter.checkIn('edgewatch-tick', 'ok', id)).toBe(id)
    await settle()
    const common = {
      check_in_id: id,
      monitor_slug: 'edgewatch-tick',
      environment: 'test',
      release: 'edge-watch@1.2.3',
      monitor_config: {
        schedule: { type: 'crontab', value: '* * * * *' },
        checkin_margin: 2,
        max_runtime: 1,
        timezone: 'Etc/UTC',
      },
    }
    expect(await takeItems('check_in')).toMatchObject([
      { ...common, status: 'in_progress' },
      { ...common, status: 'ok' },
    ])
    expect(counted).toEqual({})
  })

  it('does not end before it has begun, however slow Sentry is', async () => {
    const { promise: slow, resolve: answer } = Promise.withResolvers<Response>()
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
    const { sent, fetcher } = recording(() => {
      ask()
      return slow
    })
    const { reporter, settle } = setUp({ fetcher })
    const id = reporter.checkIn('edgewatch-tick', 'in_progress')
    reporter.checkIn('edgewatch-tick', 'error', id)
    await asked
    await new Promise((resolve) => setTimeout(resolve))
    expect(sent).toHaveLength(1)
    answer(new Response('{}'))
    await settle()
    expect(sent.map((text) => /"status":"(\w+)"/.exec(text)?.[1])).toEqual(['in_progress', 'error'])
  })
})
