import { describe, expect, it } from 'vitest'
import { errorKey } from '../../../src/vendors/sentry/error-key.ts'

const thrown = (message: string) =>
  Object.assign(new Error(message), { stack: `Error: ${message}\n    at f (index.js:1:2)` })

describe('errors are the same', () => {
  it.each([
    ['took 12 ms', 'took 345 ms'],
    ['no item 6f1c7a2e-4b1d-4d0e-9a57-2f6f3f0c9d11', 'no item 00000000-4b1d-4d0e-9a57-2f6f3f0c9d12'],
    ["cannot read 'a'", "cannot read 'b'"],
    ['id 507f1f77bcf86cd799439011', 'id 60b8d295f1d21c2f5c8e4b11'],
  ])('%j and %j', (one, other) => expect(errorKey(thrown(one), '')).toBe(errorKey(thrown(other), '')))
})

describe('errors differ', () => {
  it('by message, type, frame, and place where there is no frame', () => {
    const elsewhere = Object.assign(new Error('a'), { stack: 'Error: a\n    at g (index.js:3:4)' })
    const typed = Object.assign(new TypeError('a'), { stack: thrown('a').stack })
    const stackless = Object.assign(new Error('a'), { stack: undefined })
    const keys = [
      errorKey(thrown('a'), ''),
      errorKey(thrown('b'), ''),
      errorKey(typed, ''),
      errorKey(elsewhere, ''),
      errorKey(stackless, '/a'),
      errorKey(stackless, '/b'),
      errorKey('a', '/a'),
      errorKey('a', '/b'),
    ]
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('whatever is thrown', () => {
    const hostile = new Proxy(new Error('x'), {
      get() {
        throw new Error('no')
      },
    })
    for (const each of [null, undefined, 0, Symbol('s'), {}, Object.create(null), hostile]) {
      expect(errorKey(each, '/a')).toContain('/a')
    }
  })
})
