import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CounterSamples } from '../../src/alerts/samples.ts'
import { addSample, increaseWithin, NO_SAMPLES } from '../../src/alerts/samples.ts'

const MINUTE = 60_000

/** Samples of one counter, a minute apart; undefined where the series did not exist. */
function sample(values: readonly (number | undefined)[], keepMs = 60 * MINUTE): CounterSamples {
  return values.reduce<CounterSamples>(
    (known, value, minute) =>
      addSample(
        known,
        new Map([['jobs', value === undefined ? undefined : ({ type: 'counter', value } as const)]]),
        minute * MINUTE,
        keepMs,
      ),
    NO_SAMPLES,
  )
}

describe('samples of a counter', () => {
  it('tell its increase within the window', () => {
    const samples = sample([100, 110, 130, 160, 200])
    expect(increaseWithin(samples, 'jobs', 2 * MINUTE)).toEqual({ by: 70, inSeconds: 120 })
    expect(increaseWithin(samples, 'jobs', 4 * MINUTE)).toEqual({ by: 100, inSeconds: 240 })
  })

  it('tell what they know of a window that began before them', () => {
    expect(increaseWithin(sample([100, 110]), 'jobs', 5 * MINUTE)).toEqual({ by: 10, inSeconds: 60 })
  })

  it('tell nothing from a single one, or of a series that was not asked for', () => {
    expect(increaseWithin(sample([100]), 'jobs', MINUTE)).toBeUndefined()
    expect(increaseWithin(sample([100, 110]), 'other', MINUTE)).toBeUndefined()
  })

  it('take a counter that fell for one that began anew', () => {
    expect(increaseWithin(sample([100, 110, 4, 9]), 'jobs', 3 * MINUTE)).toEqual({ by: 19, inSeconds: 180 })
  })

  it('count all of a series that was not there before', () => {
    expect(increaseWithin(sample([undefined, 3]), 'jobs', MINUTE)?.by).toBe(3)
  })

  it('tell nothing right after a pause, rather than an average over it', () => {
    const before = sample([100, 110])
    const value = { type: 'counter', value: 500 } as const
    const after = addSample(before, new Map([['jobs', value]]), 120 * MINUTE, 5 * MINUTE)
    expect(increaseWithin(after, 'jobs', 5 * MINUTE)).toBeUndefined()
    const next = addSample(after, new Map([['jobs', { ...value, value: 560 }]]), 121 * MINUTE, 5 * MINUTE)
    expect(increaseWithin(next, 'jobs', 5 * MINUTE)).toEqual({ by: 60, inSeconds: 60 })
  })

  it('keep no gauges', () => {
    const gauge = new Map([['load', { type: 'gauge', value: 3 } as const]])
    expect(addSample(NO_SAMPLES, gauge, 0, MINUTE)).toEqual(NO_SAMPLES)
  })

  it('stay few and exact over a day of minutes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 50 }), { minLength: 1500, maxLength: 1500 }), (steps) => {
        let value = 0
        const values = steps.map((by) => {
          value = by === 13 ? 0 : value + by // at times it begins anew
          return value
        })
        const samples = sample(values, 24 * 60 * MINUTE)
        expect(samples.atMs.length).toBeLessThan(250)
        for (const windowMinutes of [5, 60, 24 * 60]) {
          const increase = increaseWithin(samples, 'jobs', windowMinutes * MINUTE)!
          const minutes = increase.inSeconds / 60
          expect(minutes).toBeGreaterThanOrEqual(windowMinutes)
          expect(minutes).toBeLessThanOrEqual(windowMinutes * 1.1 + 1)
          let by = 0
          for (let minute = 1500 - minutes; minute < 1500; minute++)
            by += steps[minute] === 13 ? 0 : steps[minute]!
          expect(increase.by).toBe(by)
        }
      }),
      { numRuns: 5, endOnFailure: true },
    )
  })
})
