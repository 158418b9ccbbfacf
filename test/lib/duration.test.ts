import { describe, expect, it } from 'vitest'
import { formatDuration, parseDurationMs } from '../../src/lib/duration.ts'

describe('a duration', () => {
  it.each([
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['250ms', 250],
  ])('%s is %i ms', (text, expectedMs) => {
    expect(parseDurationMs(text)).toBe(expectedMs)
  })

  it.each(['', '5', 'm', '5 m', '-5m', '5x', '1.5h', '36501d', `${'9'.repeat(400)}d`])(
    '%j is none',
    (text) => {
      expect(parseDurationMs(text)).toBeUndefined()
    },
  )

  it('is shown by its two largest units', () => {
    expect(formatDuration(3_900_000)).toBe('1h 5m')
    expect(formatDuration(0)).toBe('0s')
    expect(formatDuration(90_061_000)).toBe('1d 1h')
  })
})
