import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketIndex, quantile, rebucket } from '../../src/metrics/histogram.ts'

const bounds = [1, 2, 5]

describe('a bucket', () => {
  it.each([
    [-1, 0],
    [1, 0],
    [1.1, 1],
    [5, 2],
    [5.1, 3],
    [Number.POSITIVE_INFINITY, 3],
  ])('of %d is number %d: upper bounds are inclusive', (value, index) => {
    expect(bucketIndex(bounds, value)).toBe(index)
  })
})

describe('a quantile', () => {
  // Expected values are those of PromQL's histogram_quantile for the same buckets.
  it.each([
    [0.5, [10, 0, 0, 0], 0.5],
    [1, [10, 0, 0, 0], 1],
    [0.5, [2, 2, 0, 0], 1],
    [0.75, [2, 2, 0, 0], 1.5],
    [0.9, [0, 0, 10, 0], 4.7],
    [0.99, [1, 1, 1, 97], 5],
    [0, [0, 4, 0, 0], 1],
    [-0.1, [1, 0, 0, 0], Number.NEGATIVE_INFINITY],
    [1.1, [1, 0, 0, 0], Number.POSITIVE_INFINITY],
    [0.5, [0, 0, 0, 0], undefined],
    [Number.NaN, [1, 0, 0, 0], undefined],
  ])('%d of %j is %d', (q, buckets, expected) => {
    const value = quantile(q, bounds, buckets)
    if (expected === undefined || !Number.isFinite(expected)) expect(value).toBe(expected)
    else expect(value).toBeCloseTo(expected, 10)
  })

  it('in a first bucket that ends at or below 0 is its bound', () => {
    expect(quantile(0.5, [-1, 1], [3, 0, 0])).toBe(-1)
    expect(quantile(0.5, [0, 1], [3, 0, 0])).toBe(0)
  })

  it('never falls as q rises', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { minLength: 4, maxLength: 4 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (buckets, a, b) => {
          const low = quantile(Math.min(a, b), bounds, buckets)
          const high = quantile(Math.max(a, b), bounds, buckets)
          if (low !== undefined) expect(high).toBeGreaterThanOrEqual(low)
        },
      ),
    )
  })
})

describe('counts under other bounds', () => {
  it('stay as many, and none seems smaller than it was', () => {
    expect(rebucket([1, 2, 3, 4], [1, 2, 5], [2, 4, 8])).toEqual([3, 0, 3, 4])
    expect(rebucket([1, 2, 3, 4], [1, 2, 5], [1])).toEqual([1, 9])
  })
})
