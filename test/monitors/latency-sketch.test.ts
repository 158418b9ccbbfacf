import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exactQuantile, LatencySketch, RELATIVE_ERROR } from '../../src/monitors/latency-sketch.ts'

const latencies = fc.array(fc.oneof(fc.nat(50), fc.nat(2_000), fc.nat(100_000)), { maxLength: 200 })
const share = fc.double({ min: 0, max: 1, noNaN: true })

function sketchOf(values: readonly number[]): LatencySketch {
  const sketch = new LatencySketch()
  for (const value of values) sketch.add(value)
  return sketch
}

describe('a latency sketch', () => {
  it('gives quantiles within its relative error of the exact ones', () => {
    fc.assert(
      fc.property(latencies, share, (values, q) => {
        const exact = exactQuantile(
          q,
          values.toSorted((a, b) => a - b),
        )
        const estimate = sketchOf(values).quantile(q)
        if (exact === undefined) expect(estimate).toBeUndefined()
        else expect(Math.abs(estimate! - exact)).toBeLessThanOrEqual(exact * RELATIVE_ERROR + 1e-9)
      }),
    )
  })

  it('adds up to what one would be that had seen everything, in any order', () => {
    fc.assert(
      fc.property(latencies, latencies, latencies, (a, b, c) => {
        const all = sketchOf([...a, ...b, ...c]).pack()
        const left = sketchOf(a)
        left.merge(sketchOf(b))
        left.merge(sketchOf(c))
        const right = sketchOf(c)
        right.merge(sketchOf(b))
        const both = sketchOf(a)
        both.merge(right)
        expect(left.pack()).toEqual(all)
        expect(both.pack()).toEqual(all)
      }),
    )
  })

  it('comes back from its packed form', () => {
    fc.assert(
      fc.property(latencies, latencies, (a, b) => {
        const sketch = sketchOf(a)
        sketch.addPacked(sketchOf(b).pack())
        expect(sketch.pack()).toEqual(sketchOf([...a, ...b]).pack())
      }),
    )
  })

  it('takes the value at the rank, not one between two', () => {
    expect(exactQuantile(0.5, [10, 20])).toBe(10)
    expect(exactQuantile(0.95, [10, 20])).toBe(20)
    expect(exactQuantile(0, [10, 20])).toBe(10)
    expect(sketchOf([0, 0, 1000]).quantile(0.5)).toBe(0)
  })
})
