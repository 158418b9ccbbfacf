import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeFailure } from '../../../src/vendors/mongodb/failure.ts'

/** Every message there is. */
const OURS =
  /^(connection (refused|closed|failed)|timed out|host (unreachable|not found)|authentication failed|not authorized|invalid connection settings|server error \(code -?\d+\))$/

function failureOf(name: string, message: string, more: object = {}): Error {
  return Object.assign(new Error(message), { name }, more)
}

describe('a failure of MongoDB', () => {
  it.each([
    [failureOf('MongoServerError', 'Authentication failed.', { code: 18 }), 'authentication failed', false],
    [
      failureOf('MongoServerError', 'bad auth : Authentication failed.', { code: 8000 }),
      'authentication failed',
      false,
    ],
    [failureOf('MongoServerError', 'not authorized on admin', { code: 13 }), 'not authorized', false],
    [failureOf('MongoServerError', 'not primary', { code: 10107 }), 'server error (code 10107)', true],
    [failureOf('MongoNetworkTimeoutError', 'connection 3 to h:1 timed out'), 'timed out', true],
    [failureOf('MongoNetworkError', 'connection 3 to h:1 closed'), 'connection closed', true],
    [failureOf('MongoParseError', 'mongodb://u:p@h'), 'invalid connection settings', false],
    [new TypeError('undefined is not a function'), 'connection failed', true],
    [undefined, 'connection failed', true],
  ])('is told in our own words (%#)', (error, message, retryable) => {
    expect(describeFailure(error)).toEqual({ message, retryable })
  })

  it('is found among the servers of a failed selection', () => {
    const refused = failureOf('MongoNetworkError', 'connect', {
      cause: failureOf('Error', 'connect', { code: 'ECONNREFUSED' }),
    })
    const reason = { servers: new Map([['db-1.internal:27017', { error: refused }]]) }
    const error = failureOf('MongoServerSelectionError', 'Server selection timed out after 5 ms', { reason })
    expect(describeFailure(error).message).toBe('connection refused')
  })

  it('never holds what the driver said', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('connect ECONNREFUSED 10.0.0.1', 'mongodb://user:secret@db.internal', 'timed out'),
    )
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'MongoServerError',
        'MongoNetworkError',
        'MongoParseError',
        'MongoServerSelectionError',
      ),
    )
    const { error } = fc.letrec((tie) => ({
      error: fc.record(
        {
          name,
          message: text,
          code: fc.oneof(
            text,
            fc.integer(),
            fc.double(),
            fc.constantFrom('ENOTFOUND', 'toString', '__proto__'),
          ),
          cause: tie('error'),
          errors: fc.array(tie('error'), { maxLength: 2 }),
          reason: fc.record({
            servers: fc.map(text, fc.record({ error: tie('error') }), { maxKeys: 2 }),
          }),
        },
        { requiredKeys: [] },
      ),
    }))
    fc.assert(
      fc.property(fc.oneof(error, fc.anything()), (thrown) => {
        expect(describeFailure(thrown).message).toMatch(OURS)
      }),
    )
  })

  it('is found in causes that go round in a circle', () => {
    const error = failureOf('MongoNetworkError', 'connection 1 to h:1 closed')
    error.cause = error
    expect(describeFailure(error).message).toBe('connection closed')
  })
})
