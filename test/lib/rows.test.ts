import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byteLength, cutBytes, cutText } from '../../src/lib/rows.ts'

const text = fc.string({
  unit: fc.constantFrom('a', 'ä', '€', '😀', '\n', '\ufeff'),
  maxLength: 60,
  size: 'max',
})
const maxBytes = fc.integer({ min: 4, max: 40 })

describe('pieces for rows', () => {
  it('joined are the text, each within the limit and as few as possible', () => {
    let cut = 0
    fc.assert(
      fc.property(text, maxBytes, (whole, max) => {
        const pieces = cutText(whole, max)
        expect(pieces.join('')).toBe(whole)
        expect(Math.max(...pieces.map(byteLength))).toBeLessThanOrEqual(max)
        // A character is 4 bytes at most, so a piece is full but for 3.
        expect(pieces.length).toBeLessThanOrEqual(Math.max(1, Math.ceil(byteLength(whole) / (max - 3))))
        if (pieces.length > 2 && byteLength(whole) > whole.length) cut += 1
      }),
    )
    expect(cut).toBeGreaterThan(10)
  })

  it('joined are the bytes, each within the limit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), maxBytes, (whole, max) => {
        const pieces = cutBytes(whole, max)
        expect(pieces.flatMap((each) => [...each])).toEqual([...whole])
        expect(pieces).toHaveLength(Math.max(1, Math.ceil(whole.length / max)))
        expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(max)
      }),
    )
  })
})
