import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Secret } from '../../src/lib/secret.ts'
import { currentContext, runWithContext } from '../../src/logging/context.ts'
import type { LoggerOptions } from '../../src/logging/logger.ts'
import { createLogger } from '../../src/logging/logger.ts'

const TIME = Date.UTC(2026, 10, 21, 9, 30)

function logged(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = []
  const log = createLogger({
    level: 'info',
    format: 'json',
    everyLine: { service: 'edgewatch', version: '1.2.3' },
    clock: () => TIME,
    write: (_level, line) => lines.push(line),
    ...options,
  })
  return { log, lines }
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('a JSON line', () => {
  it('holds time, level, event, what is on every line, the context and the fields, in this order', () => {
    const { log, lines } = logged()
    runWithContext({ requestId: 'r1', traceId: 't1', spanId: 's1', cfRay: 'c1' }, () =>
      log.info('api_request', {
        method: 'GET',
        path: '/items/5',
        route: '/items/:id',
        status: 200,
        duration_ms: 1.25,
        query_params: 'a=x&b=y',
        skipped: undefined,
      }),
    )
    expect(lines).toEqual([
      '{"time":"2026-11-21T09:30:00.000Z","level":"info","event":"api_request","request_id":"r1","trace_id":"t1",' +
        '"span_id":"s1","cf_ray":"c1","service":"edgewatch","version":"1.2.3","method":"GET","path":"/items/5",' +
        '"route":"/items/:id","status":200,"duration_ms":1.25,"query_params":"a=[redacted]&b=[redacted]"}',
    ])
  })

  it('leaves out what matters less than the level', () => {
    const { log, lines } = logged({ level: 'warn' })
    log.debug('a')
    log.info('b')
    log.warn('c')
    log.error('d')
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(['c', 'd'])
  })

  it('has no name twice', () => {
    const { log, lines } = logged()
    log.info('a', { time: 1, event: 'x', service: 'y', request_id: 'z', __proto__: 1 })
    expect(lines[0]).toContain('"field_time":1,"field_event":"x","field_service":"y","field_request_id":"z"')
  })

  it('hides a secret under the name that a field is renamed to', () => {
    const { log, lines } = logged({ everyLine: { token: 'x' } })
    log.info('a', { token: 'hunter2', secret: new Secret('hunter3'), url: 'redis://:hunter4@h' })
    expect(lines[0]).not.toContain('hunter')
    expect(JSON.parse(lines[0]!)).toMatchObject({ token: '[redacted]', field_token: '[redacted]' })
  })

  it('is one line of valid JSON without a secret, whatever is logged', () => {
    const { log, lines } = logged()
    const fields = fc.dictionary(
      fc.string({ unit: 'binary' }),
      fc.oneof(fc.anything(), fc.string({ unit: 'binary' }), fc.constant({ password: 'HushHush' })),
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fields, (event, given) => {
        lines.length = 0
        log.error(event, { ...given, token: 'HushHush', at: 'x://y:HushHush@z' })
        expect(lines).toHaveLength(1)
        expect(lines[0]).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
        expect(lines[0]).not.toContain('HushHush')
        expect(JSON.parse(lines[0]!).level).toBe('error')
      }),
    )
  }, 20_000)

  it('is bounded: a longer one tells the names of its fields', () => {
    const { log, lines } = logged()
    log.info(
      'a',
      Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`f${index}`, 'x'.repeat(1000)])),
    )
    expect(lines[0]!.length).toBeLessThan(10_000)
    expect(JSON.parse(lines[0]!).fields_too_long).toContain('f1')
  })

  it('is written when its fields cannot be read, and nothing is thrown when it cannot be written', () => {
    const { log, lines } = logged()
    const unreadable = new Proxy({}, { ownKeys: () => ['a', 'a'] })
    log.info('a', unreadable)
    expect(JSON.parse(lines[0]!)).toMatchObject({ event: 'a', fields: '[unreadable]' })
    const broken = logged({
      write: () => {
        throw new Error('full')
      },
    })
    broken.log.info('a')
  })
})

describe('a text line', () => {
  it('reads like the ones people know', () => {
    const { log, lines } = logged({ format: 'text' })
    runWithContext({ requestId: 'r1', traceId: 't1', spanId: 's1' }, () =>
      log.warn('slow_request', {
        path: '/a b',
        duration_ms: 1200,
        user: { token: 'x' },
        empty: '',
        broken: 'a\nb',
      }),
    )
    expect(lines).toEqual([
      '2026-11-21 09:30:00 | WARNING  | edgewatch | slow_request path="/a b" duration_ms=1200 ' +
        'user={"token":"[redacted]"} empty="" broken="a\\nb" request_id=r1 trace_id=t1 span_id=s1',
    ])
  })
})

describe('a logger', () => {
  it('writes to the console, each level to its own', () => {
    const written: string[] = []
    for (const method of ['log', 'warn', 'error'] as const) {
      vi.spyOn(console, method).mockImplementation((line) =>
        written.push(`${method} ${JSON.parse(line).event}`),
      )
    }
    const log = createLogger({ level: 'debug', format: 'json' })
    log.debug('a')
    log.info('b')
    log.warn('c')
    log.error('d')
    expect(written).toEqual(['log a', 'log b', 'warn c', 'error d'])
  })

  it('leaves breadcrumbs in its context', () => {
    const { log } = logged()
    runWithContext({}, () => {
      log.info('first', { a: 1 })
      log.debug('not_written')
      expect(currentContext()!.breadcrumbs).toEqual([
        { timeMs: TIME, level: 'info', event: 'first', fields: { a: 1 } },
      ])
    })
  })
})
