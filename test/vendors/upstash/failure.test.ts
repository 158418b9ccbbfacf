import { errors } from '@upstash/redis/cloudflare'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeFailure } from '../../../src/vendors/upstash/failure.ts'

/** Every message there is. */
const OURS =
  /^(no connection|timed out|unexpected answer|authentication failed|invalid connection settings|server error( \((BUSY|CLUSTERDOWN|ERR|LOADING|MASTERDOWN|OOM|READONLY|WRONGTYPE)\))?)$/

describe('a failure of Upstash', () => {
  it.each([
    [new DOMException('signal timed out', 'TimeoutError'), 'timed out', true],
    [new Error('Network connection lost.'), 'no connection', true],
    [new errors.UrlError('redis://secret@host'), 'invalid connection settings', false],
    [new errors.UpstashJSONParseError('<html>secret</html>'), 'unexpected answer', true],
    [new errors.UpstashError('WRONGPASS invalid token'), 'authentication failed', false],
    [
      new errors.UpstashError('OOM command not allowed, command was: ["SET","k","secret"]'),
      'server error (OOM)',
      true,
    ],
    [new errors.UpstashError('ERR max requests limit exceeded'), 'server error (ERR)', false],
    ['thrown', 'no connection', true],
  ])('is told in our own words (%#)', (error, message, retryable) => {
    expect(describeFailure(error)).toEqual({ message, retryable })
  })

  it('never holds what the client said', () => {
    const thrown = fc.oneof(
      fc.anything(),
      fc.string().map((message) => new Error(message)),
      fc.string().map((message) => new errors.UpstashError(message)),
      fc.string().map((message) => new errors.UpstashError(`ERR ${message}`)),
      fc.constant(new errors.UpstashError('HUNTER2 is the password')),
    )
    fc.assert(
      fc.property(thrown, (error) => {
        expect(describeFailure(error).message).toMatch(OURS)
      }),
    )
  })
})
