import fc from 'fast-check'
import { expect, it } from 'vitest'
import { truncate } from '../../src/lib/text.ts'

it('cuts a text to its limit, never in the middle of a character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(20), (text, maxLength) => {
      const cut = truncate(text, maxLength)
      expect(cut.length).toBeLessThanOrEqual(maxLength)
      expect(cut.isWellFormed()).toBe(true)
      if (text.length <= maxLength) expect(cut).toBe(text)
    }),
  )
  expect(truncate('abcdef', 4)).toBe('abc…')
  expect(truncate('ab😀def', 4)).toBe('ab…')
})
