import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coversStatus, httpMismatch } from '../../src/monitors/assertions.ts'
import { excerptWithout, reasonOf } from '../../src/monitors/reason.ts'
import { httpMonitor } from './configured.ts'

type Expect = NonNullable<Parameters<typeof httpMonitor>[0]['expect']>

interface Answer {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly text?: string
  readonly isCut?: boolean
}

/** Why an answer is not as expected; undefined where it is. */
async function judged(expected: Expect, { status = 200, headers = {}, text = '', isCut = false }: Answer) {
  const answer = { status, headers: new Headers(headers), body: { text, isCut } }
  const mismatch = await httpMismatch(answer, httpMonitor({ expect: expected }).expect, excerptWithout([]))
  return mismatch && reasonOf(mismatch)
}

const anyStatus = fc.integer({ min: 100, max: 599 })

describe('an expected status', () => {
  it('is one, a class or a range', () => {
    fc.assert(
      fc.property(anyStatus, anyStatus, anyStatus, (status, a, b) => {
        expect(coversStatus(a, status)).toBe(status === a)
        expect(coversStatus(String(a), status)).toBe(status === a)
        expect(coversStatus(`${String(a)[0]}xx`, status)).toBe(String(status)[0] === String(a)[0])
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        expect(coversStatus(`${low}-${high}`, status)).toBe(low <= status && status <= high)
      }),
    )
  })

  it('is 2xx unless stated, and any of those stated will do', async () => {
    expect(await judged({}, { status: 204 })).toBeUndefined()
    expect(await judged({}, { status: 503 })).toBe('expected status 2xx, got 503')
    expect(await judged({ status: [404, '500-502'] }, { status: 501 })).toBeUndefined()
    expect(await judged({ status: [404, '500-502'] }, { status: 200 })).toBe(
      'expected status 404 or 500-502, got 200',
    )
  })
})

describe('an expected body', () => {
  it('contains all of these and none of those', async () => {
    const body = { contains: ['works', 'systems'], notContains: ['Error'] }
    expect(await judged({ body }, { text: 'All systems work, works' })).toBeUndefined()
    expect(await judged({ body }, { text: 'All systems\nare down' })).toBe(
      'expected a body with "works", got "All systems are down"',
    )
    expect(await judged({ body }, { text: '' })).toBe('expected a body with "works", got an empty one')
    expect(await judged({ body }, { text: 'works systems Error' })).toBe(
      'expected a body without "Error", got one with it',
    )
    expect(await judged({ body }, { text: 'xxx', isCut: true })).toContain('only 1 MiB of it is read')
  })
})

describe('an expected header', () => {
  const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Set-Cookie': 'session=abc' }
  it.each([
    [{ name: 'content-type', contains: 'json' }, undefined],
    [{ name: 'content-type', matches: '^application/json' }, undefined],
    [{ name: 'set-cookie', exists: true }, undefined],
    [{ name: 'x-powered-by', exists: false }, undefined],
    [
      { name: 'content-type', equals: 'text/html' },
      'expected header content-type to equal "text/html", got another value',
    ],
    [{ name: 'age', contains: '0' }, 'expected header age to contain "0", got none'],
    [{ name: 'set-cookie', matches: '^x' }, 'expected header set-cookie to match "^x", got another value'],
    [{ name: 'set-cookie', exists: false }, 'expected no header set-cookie, got one'],
    [{ name: 'age', exists: true }, 'expected header age, got none'],
  ])('%j', async (assertion, reason) => {
    expect(await judged({ headers: [assertion] }, { headers })).toBe(reason)
  })
})

describe('an expected value of a JSON body', () => {
  const text = JSON.stringify({
    status: 'failed',
    count: 3,
    ok: false,
    nothing: null,
    parts: [
      { name: 'a', state: 'ok' },
      { name: 'b', state: 'broken' },
    ],
  })
  it.each([
    [{ path: '$.status', equals: 'failed' }, undefined],
    [{ path: '$.status', equals: 'done' }, 'expected $.status to equal "done", got "failed"'],
    [{ path: '$.count', equals: '3' }, 'expected $.count to equal "3", got 3'],
    [{ path: '$.ok', equals: false }, undefined],
    [{ path: '$.ok', equals: true }, 'expected $.ok to equal true, got false'],
    [{ path: '$.nothing', equals: null }, undefined],
    [{ path: '$.missing', equals: null }, 'expected $.missing to equal null, got nothing there'],
    [{ path: '$.status', not: 'failed' }, 'expected $.status not to be "failed", got "failed"'],
    [{ path: '$.missing', not: 'failed' }, undefined],
    [{ path: '$.count', greater: 2, less: 4 }, undefined],
    [{ path: '$.count', greater: 3 }, 'expected $.count to be greater than 3, got 3'],
    [{ path: '$.count', less: 3 }, 'expected $.count to be less than 3, got 3'],
    [{ path: '$.status', less: 3 }, 'expected $.status to be less than 3, got "failed"'],
    [{ path: '$.nothing', exists: true }, undefined],
    [{ path: '$.missing', exists: true }, 'expected $.missing to exist, got nothing there'],
    [{ path: '$.missing', exists: false }, undefined],
    [{ path: '$.parts', exists: false }, 'expected $.parts not to exist, got a list of 2'],
    [{ path: '$.status', matches: '^fail' }, undefined],
    [{ path: '$.status', matches: '^done$' }, 'expected $.status to match "^done$", got "failed"'],
    [{ path: '$.parts', matches: 'object' }, 'expected $.parts to match "object", got a list of 2'],
    [{ path: '$.parts[0].state', equals: 'ok' }, undefined],
    // All that is found must hold.
    [{ path: '$.parts[*].state', equals: 'ok' }, 'expected $.parts[*].state to equal "ok", got "broken"'],
    [{ path: "$.parts[?@.name == 'a'].state", equals: 'ok' }, undefined],
  ])('%j', async (assertion, reason) => {
    expect(await judged({ json: [assertion] }, { text })).toBe(reason)
  })

  it('needs a body that is JSON', async () => {
    const json = [{ path: '$.status', exists: true }]
    expect(await judged({ json }, { text: '<html>502</html>' })).toBe('expected JSON, got "<html>502</html>"')
    expect(await judged({ json }, { text: '' })).toBe('expected JSON, got an empty body')
    expect(await judged({ json }, { text: '{"status":', isCut: true })).toBe(
      'expected JSON, got a body that is cut (only 1 MiB of it is read)',
    )
  })

  it('says so where it is nested too deeply to be searched', async () => {
    const deep = '['.repeat(10_000) + ']'.repeat(10_000)
    expect(await judged({ json: [{ path: '$..a', exists: true }] }, { text: deep })).toContain(
      'nested too deeply',
    )
  })
})

it('the first thing that is wrong is told, the status before all', async () => {
  const expected = { json: [{ path: '$.a', equals: 1 }], headers: [{ name: 'age', exists: true }] }
  expect(await judged(expected, { status: 500, text: 'x' })).toContain('status')
  expect(await judged(expected, { text: 'x' })).toContain('header')
})
