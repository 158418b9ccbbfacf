import { HOUR_MS } from '../lib/clock.ts'
import { QUARTER_MS } from '../monitors/summary.ts'
import { escapeMarkup } from './markup.ts'
import type { PublicLatency } from './page-model.ts'
import { clockWords, latencySummary, latencyWords } from './words.ts'

/** Sizes of a chart, in units of its view box. */
interface Size {
  /** From one quarter of an hour to the next. */
  readonly step: number
  readonly height: number
  /** Room for the labels of the vertical axis. */
  readonly gutter: number
  readonly lines: number
  readonly labelEveryHours: number
}

const SIZES = {
  small: { step: 3, height: 64, gutter: 42, lines: 1, labelEveryHours: 6 },
  large: { step: 7, height: 200, gutter: 52, lines: 4, labelEveryHours: 4 },
} as const satisfies Record<string, Size>

const FOOT = 18
const HEAD = 8

/**
 * Response times as an SVG: p50 as a line, p95 as a dashed one, a gap where nothing was measured. Its text alternative
 * is the summary. Empty where there is nothing to draw.
 */
export function latencyChart(points: readonly PublicLatency[], size: keyof typeof SIZES): string {
  const { step, height, gutter, lines, labelEveryHours } = SIZES[size]
  const summary = latencySummary(points)
  if (!summary) return ''
  const top = niceCeiling(
    points.reduce((highest, { p50Ms = 0, p95Ms = 0 }) => Math.max(highest, p50Ms, p95Ms), 1),
  )
  const right = gutter + (points.length - 1) * step
  const bottom = HEAD + height
  const y = (ms: number) => bottom - Math.round((height * ms) / top)

  let grid = ''
  let labels = ''
  for (let line = 0; line <= lines; line++) {
    const ms = (top * line) / lines
    grid += `M${gutter} ${y(ms)}H${right}`
    labels += `<text x=${gutter - 6} y=${y(ms) + 4} text-anchor=end>${line === 0 ? '0' : latencyWords(ms)}</text>`
  }
  const everyMs = labelEveryHours * HOUR_MS
  const firstMs = points[0]!.atMs
  for (let atMs = Math.ceil(firstMs / everyMs) * everyMs; ; atMs += everyMs) {
    const x = gutter + ((atMs - firstMs) / QUARTER_MS) * step
    // One at the very edge would be cut off.
    if (x > right - 14) break
    if (x < gutter + 14) continue
    grid += `M${x} ${bottom}v4`
    labels += `<text x=${x} y=${bottom + 16} text-anchor=middle>${clockWords(atMs)}</text>`
  }
  const path = (values: (number | undefined)[]) => pathOf(values, gutter, size, y)
  return (
    `<svg class=chart role=img aria-label="${escapeMarkup(`Response time of the last 24 hours. ${summary}`)}" ` +
    `viewBox="0 0 ${right + 4} ${bottom + FOOT}"><path class=grid d="${grid}"/>` +
    `<path class=p95 d="${path(points.map(({ p95Ms }) => p95Ms))}"/><path class=p50 d="${path(points.map(({ p50Ms }) => p50Ms))}"/>${labels}</svg>`
  )
}

/** From one point to the next, by how far it goes down, from minus the height to the height. */
const movesOf = ({ step, height }: Size): string[] =>
  Array.from({ length: 2 * height + 1 }, (_, index) => {
    const down = index - height
    return down === 0 ? `h${step}` : `l${step}${down < 0 ? '' : ' '}${down}`
  })
// A page has 19,000 of them.
const MOVES = { small: movesOf(SIZES.small), large: movesOf(SIZES.large) }

/** A line in relative moves, which repeat and so compress well. */
function pathOf(
  values: readonly (number | undefined)[],
  left: number,
  size: keyof typeof SIZES,
  y: (ms: number) => number,
): string {
  const { step, height } = SIZES[size]
  const moves = MOVES[size]
  let path = ''
  let before: number | undefined
  for (let index = 0; index < values.length; index++) {
    const ms = values[index]
    if (ms === undefined) {
      before = undefined
      continue
    }
    const at = y(ms)
    // A single point is drawn by the round end of a line without length.
    if (before === undefined) path += `M${left + index * step} ${at}h0`
    else path += moves[at - before + height]
    before = at
  }
  return path
}

/** The next value that reads well. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return power * ([1, 2, 3, 4, 6, 8, 10].find((each) => each * power >= value) ?? 10)
}
