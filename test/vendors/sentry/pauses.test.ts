import { describe, expect, it } from 'vitest'
import { Pauses } from '../../../src/vendors/sentry/pauses.ts'

const after = (status: number, headers: Record<string, string> = {}) => {
  const pauses = new Pauses()
  pauses.noteAnswer(status, new Headers(headers), 1_000_000)
  const pausedFor = (category: 'error' | 'monitor') =>
    [0, 1, 29, 30, 59, 60, 119, 3_599, 3_600]
      .filter((s) => pauses.isPaused(category, 1_000_000 + s * 1000))
      .at(-1)
  return [pausedFor('error'), pausedFor('monitor')]
}

describe('a pause', () => {
  it.each([
    ['after 200', 200, {}, [undefined, undefined]],
    ['after 429', 429, {}, [59, 59]],
    ['after 429 with Retry-After', 429, { 'Retry-After': '2' }, [1, 1]],
    ['after 500', 500, {}, [29, 29]],
    ['after 400', 400, {}, [undefined, undefined]],
    [
      'for errors',
      429,
      { 'X-Sentry-Rate-Limits': '60:error;default:organization', 'Retry-After': '900' },
      [59, undefined],
    ],
    ['ahead of time', 200, { 'X-Sentry-Rate-Limits': '60:monitor:key, 2:transaction' }, [undefined, 59]],
    ['for all', 200, { 'X-Sentry-Rate-Limits': '60::organization' }, [59, 59]],
    ['for each', 429, { 'X-Sentry-Rate-Limits': '2:error:o,60:monitor:o' }, [1, 59]],
    ['no longer than an hour', 429, { 'Retry-After': '999999' }, [3_599, 3_599]],
    ['for a minute where it makes no sense', 429, { 'X-Sentry-Rate-Limits': 'x:error' }, [59, undefined]],
  ])('%s', (_name, status, headers, expected) => {
    expect(after(status, headers as Record<string, string>)).toEqual(expected)
  })
})
