import type { StatusPageConfig } from '../config/status.ts'

/** A colour as `#rrggbb`. */
export type Colour = string

/** What the page is painted on. */
export const SURFACES = { light: '#ffffff', dark: '#14181d' } as const

const DEFAULTS = {
  accent: '#0b5cad',
  up: '#12805c',
  degraded: '#b26a00',
  down: '#cf2b36',
  maintenance: '#3f66d4',
  unknown: '#6b7683',
} as const

/** The colours of the page: those of the configuration, ours where it has none. */
export const paletteOf = (colours: StatusPageConfig['colours']): Record<keyof typeof DEFAULTS, Colour> => ({
  ...DEFAULTS,
  ...Object.fromEntries(Object.entries(colours).filter(([, colour]) => colour !== undefined)),
})

/** Contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function contrast(a: Colour, b: Colour): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light! + 0.05) / (dark! + 0.05)
}

/** Black or white, whichever is easier to read on a colour; one of them always has a contrast of 4.5. */
export const inkOn = (background: Colour): Colour =>
  contrast('#ffffff', background) >= contrast('#000000', background) ? '#ffffff' : '#000000'

/** The colour, or the one nearest to it on the way to black or white that has this contrast with what it is on. */
export function visibleOn(background: Colour, colour: Colour, ratio: number): Colour {
  const ink = inkOn(background)
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = mix(colour, ink, share)
    if (contrast(mixed, background) >= ratio) return mixed
  }
  return ink
}

function mix(from: Colour, to: Colour, share: number): Colour {
  const [a, b] = [channels(from), channels(to)]
  const mixed = a.map((value, index) => Math.round(value + (b[index]! - value) * share))
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`
}

/** Relative luminance (WCAG 2.2). */
function luminance(colour: Colour): number {
  const [red, green, blue] = channels(colour).map((value) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

const channels = (colour: Colour): number[] =>
  [1, 3, 5].map((start) => Number.parseInt(colour.slice(start, start + 2), 16))
