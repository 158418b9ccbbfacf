import fc from 'fast-check'
import { expect, it } from 'vitest'
import { contrast, inkOn, paletteOf, SURFACES, visibleOn } from '../../src/status/colours.ts'

const colour = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, '0')}`)

it('contrast is that of WCAG', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21)
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
  expect(contrast('#ffffff', '#777777')).toBeCloseTo(4.48, 2)
})

it('whatever colours are configured, text on them and in them can be read', () => {
  fc.assert(
    fc.property(colour, (any) => {
      expect(contrast(inkOn(any), any)).toBeGreaterThanOrEqual(4.5)
      for (const surface of Object.values(SURFACES)) {
        expect(contrast(visibleOn(surface, any, 4.5), surface)).toBeGreaterThanOrEqual(4.5)
      }
    }),
  )
})

it('a colour that can be seen stays as it is', () => {
  expect(visibleOn(SURFACES.light, '#0b5cad', 4.5)).toBe('#0b5cad')
  expect(paletteOf({ up: '#123456' })).toMatchObject({ up: '#123456', down: '#cf2b36' })
})
