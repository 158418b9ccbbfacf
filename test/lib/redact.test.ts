import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redact } from '../../src/lib/redact.ts'
import { Secret } from '../../src/lib/secret.ts'

describe('a redacted value', () => {
  it('is JSON for everything that JSON does not know', () => {
    expect(
      redact({
        big: 12n,
        nan: Number.NaN,
        date: new Date(0),
        bad: new Date(Number.NaN),
        map: new Map<unknown, unknown>([
          ['a', 1],
          ['token', 'x'],
        ]),
        set: new Set([1, undefined]),
        bytes: new Uint8Array(3),
        url: new URL('https://u:p@h/x?a=b'),
        params: new URLSearchParams('a=b'),
        headers: new Headers({ cookie: 'x', accept: 'y' }),
        gone: undefined,
        run: () => 1,
        symbol: Symbol('s'),
      }),
    ).toEqual({
      big: '12',
      nan: 'NaN',
      date: '1970-01-01T00:00:00.000Z',
      bad: 'Invalid Date',
      map: { a: 1, token: '[redacted]' },
      set: [1, null],
      bytes: '[3 bytes]',
      url: 'https://[redacted]@h/x?a=[redacted]',
      params: 'a=[redacted]',
      headers: { accept: 'y', cookie: '[redacted]' },
      run: '[function]',
      symbol: 'Symbol(s)',
    })
  })

  it('hides secrets by name, but not whether there is one', () => {
    expect(redact({ user: { password: 'x', pin: 1, tokens: [1, 2], hasToken: true, secret: null } })).toEqual(
      {
        user: { password: '[redacted]', pin: 1, tokens: '[redacted]', hasToken: true, secret: null },
      },
    )
  })

  it('shows names of query parameters only', () => {
    expect(redact({ query_params: { a: 'x', b: ['y'] }, query: '?a=x', searchParams: 5 })).toEqual({
      query_params: { a: '[redacted]', b: '[redacted]' },
      query: '?a=[redacted]',
      searchParams: '[redacted]',
    })
  })

  it('tells an error with its chain of causes', () => {
    const root = Object.assign(new Error('auth of mongodb://u:hunter2@h failed'), { code: 18 })
    const error = new TypeError('outer', { cause: new AggregateError([root, 'plain'], 'several') })
    const shown = redact(error) as Record<string, Record<string, unknown>>
    expect(shown).toMatchObject({
      name: 'TypeError',
      message: 'outer',
      cause: {
        name: 'AggregateError',
        errors: [{ name: 'Error', message: 'auth of mongodb://[redacted]@h failed', code: 18 }, 'plain'],
      },
    })
    expect(shown.stack).toContain('redact.test')
    expect(JSON.stringify(shown)).not.toContain('hunter2')
  })

  it('survives cycles, throwing getters, proxies and depth', () => {
    const cycle: Record<string, unknown> = { twice: [1] }
    cycle.self = cycle
    cycle.again = cycle.twice
    const throwing = Object.defineProperty({ a: 1 }, 'b', {
      enumerable: true,
      get() {
        throw new Error('no')
      },
    })
    const hostile = new Proxy(
      {},
      {
        ownKeys() {
          throw new Error('no')
        },
      },
    )
    const looped = new Error('looped')
    looped.cause = looped
    let deep: unknown = 'bottom'
    for (let level = 0; level < 100; level++) deep = { deep }
    expect(redact(cycle)).toEqual({ twice: [1], self: '[circular]', again: [1] })
    expect(redact({ throwing, hostile })).toEqual({
      throwing: { a: 1, b: '[unreadable]' },
      hostile: '[unreadable]',
    })
    expect(redact(looped)).toMatchObject({ cause: '[circular]' })
    expect(JSON.stringify(redact(deep))).toContain('[too deep]')
    expect(redact({ toJSON: () => ({ password: 'x' }) })).toEqual({ password: '[redacted]' })
    const poisoned = redact(JSON.parse('{"__proto__":{"a":1}}'))
    expect(JSON.stringify(poisoned)).toBe('{"__proto__":{"a":1}}')
  })

  it('is bounded', () => {
    expect((redact('x'.repeat(10_000)) as string).length).toBe(8 * 1024)
    expect(redact('x'.repeat(100_000))).toBe('[100000 characters]')
    expect(redact(Array.from({ length: 300 }, (_, index) => index))).toHaveLength(101)
    const wide = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`k${index}`, 'x'.repeat(900)]))
    const huge = Array.from({ length: 200 }, () => Array.from({ length: 200 }, () => wide))
    expect(JSON.stringify(redact(huge)).length).toBeLessThan(200_000)
  })

  it('cuts no character in two', () => {
    expect((redact('😀'.repeat(6_000)) as string).isWellFormed()).toBe(true)
    expect((redact(`a${'😀'.repeat(6_000)}`) as string).isWellFormed()).toBe(true)
  })

  it('shows no secret, wherever it is put', () => {
    // A secret that is written in no other part of the value, in each form that can be told from other text.
    const mark = fc.stringMatching(/^[A-Za-z0-9]{1,12}$/).map((text) => `Hush${text}hsuH`)
    const hidden = mark.chain((secret) =>
      fc.constantFrom<unknown>(
        { password: secret },
        { 'X-Api-Key': [secret, { deeper: secret }] },
        { nested: { SENTRY_DSN: secret } },
        new Secret(secret),
        `mongodb+srv://user:${secret}@host/db?retry=1`,
        `see https://${secret}:x@host/path`,
        `Bearer ${secret}`,
        `Basic ${secret}`,
        `/items?name=${secret}&b=${secret}`,
        { query_params: `a=${secret}&b=${secret}` },
        { query: { a: secret } },
        new URL(`https://host/?q=${secret}`),
        new Error(`could not open redis://:${secret}@host`),
        new Error('outer', { cause: new Error(`token=${secret}`) }),
        new AggregateError([new Error(`Authorization: Bearer ${secret}`)]),
        new Map([['cookie', secret]]),
        new Headers({ 'set-cookie': secret }),
        `{"client_secret": "${secret}"}`,
        `https://hooks.slack.com/services/T1/B1/${secret}`,
      ),
    )
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3, depthSize: 'small' },
        hidden,
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withNullPrototype: true,
        }),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('tree'), { maxKeys: 4 }),
      ),
    }))
    fc.assert(
      fc.property(tree, (value) => {
        expect(JSON.stringify(redact(value))).not.toMatch(/Hush\w*hsuH/)
      }),
      { numRuns: 200 },
    )
  }, 20_000)
})
