import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOUR_MS } from '../../../src/lib/clock.ts'
import { BurstLimiter } from '../../../src/vendors/sentry/burst-limiter.ts'

describe('a burst', () => {
  it('sends the first three within an hour, and the next one tells of the rest', () => {
    const limiter = new BurstLimiter()
    const times = Array.from({ length: 10 }, (_, index) => index * 1_000)
    expect(times.map((now) => limiter.admit('a', now))).toEqual([0, 0, 0, ...Array(7).fill(undefined)])
    expect(limiter.admit('b', 9_000)).toBe(0)
    expect(limiter.admit('a', HOUR_MS - 1)).toBeUndefined()
    expect(limiter.admit('a', HOUR_MS)).toBe(8)
    expect(limiter.admit('a', HOUR_MS + 1)).toBe(0)
  })

  it('has a budget for all errors together', () => {
    const limiter = new BurstLimiter()
    const sent = Array.from({ length: 100 }, (_, index) => limiter.admit(`error ${index}`, 1))
    expect(sent.filter((each) => each !== undefined)).toHaveLength(20)
    expect(limiter.admit('error 99', HOUR_MS + 1)).toBe(1)
  })

  it('gives a place back that was not used', () => {
    const limiter = new BurstLimiter()
    for (let failed = 0; failed < 50; failed++) {
      const suppressed = limiter.admit('a', failed)
      expect(suppressed).toBe(failed)
      limiter.takeBack('a', suppressed!, failed)
    }
  })

  it('loses no report: each is sent or told of, at most three of one kind and twenty in all an hour', () => {
    const step = fc.record({
      key: fc.oneof(fc.constantFrom('a', 'b'), fc.nat(400).map(String)),
      waitMs: fc.oneof({ weight: 20, arbitrary: fc.nat(60_000) }, fc.nat(2 * HOUR_MS)),
      outcome: fc.constantFrom('sent', 'sent', 'failed', 'refused'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600, size: 'max' }), (steps) => {
        const limiter = new BurstLimiter()
        const sentAtMs = new Map<string, number[]>()
        let now = 0
        let told = 0
        for (const { key, waitMs, outcome } of steps) {
          now += waitMs
          const suppressed = limiter.admit(key, now)
          if (suppressed === undefined) continue
          if (outcome === 'failed') limiter.takeBack(key, suppressed, now)
          else if (outcome === 'refused') limiter.suppress(key, suppressed + 1, now)
          else {
            told += suppressed + 1
            for (const name of [key, 'all']) sentAtMs.set(name, [...(sentAtMs.get(name) ?? []), now])
          }
        }
        for (const [name, times] of sentAtMs) {
          // An hour begins with its first report, so two of them may meet in a sliding one.
          const most = name === 'all' ? 20 : 3
          for (const [index, time] of times.entries()) {
            const within = times.slice(0, index + 1).filter((each) => each > time - HOUR_MS)
            expect(within.length).toBeLessThanOrEqual(2 * most)
          }
        }
        // Much later every count that is left is told of.
        let left = 0
        const keys = [...new Set(steps.map(({ key }) => key)), 'never seen']
        for (const [index, key] of keys.entries()) {
          const suppressed = limiter.admit(key, now + (index + 2) * 2 * HOUR_MS)
          if (suppressed !== undefined) left += suppressed
        }
        const others = limiter.admit('(others)', now + (keys.length + 3) * 2 * HOUR_MS)
        expect(told + left + (others ?? 0)).toBe(steps.length)
      }),
      { numRuns: 300 },
    )
  })
})
