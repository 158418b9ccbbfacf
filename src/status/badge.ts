import type * as z from 'zod'
import { lazySchema } from '../lib/lazy-schema.ts'
import { truncate } from '../lib/text.ts'
import type { MonitorState } from '../monitors/model.ts'
import { inkOn, paletteOf } from './colours.ts'
import { escapeMarkup } from './markup.ts'
import type { PublicMonitor, PublicStatus } from './page-model.ts'
import { latencyWords, latestLatency, percent, STATE_WORDS } from './words.ts'

/** The query of a badge. */
export const badgeQuery = lazySchema((z) =>
  z.object({ show: z.enum(['state', 'uptime', 'latency']).default('state') }),
)

/** What a badge tells. */
export type BadgeKind = z.infer<Awaited<ReturnType<typeof badgeQuery>>>['show']

const LABEL_COLOUR = '#3d444d'

/** A small picture with the monitor's name and its state, its uptime of 90 days, or its latest p50. */
export function badge(monitor: PublicMonitor, show: BadgeKind, colours: PublicStatus['colours']): string {
  const name = truncate(monitor.name, 40)
  const value = textOf(monitor, show)
  const colour = paletteOf(colours)[show === 'uptime' ? uptimeLook(monitor.uptime[90]) : monitor.state]
  const [left, right] = [widthOf(name), widthOf(value)]
  const width = left + right
  const words = escapeMarkup(`${monitor.name}: ${value}`)
  const text = (x: number, length: number, on: string, content: string) =>
    `<text x="${x}" y="14" fill="${inkOn(on)}" textLength="${length - PADDING}" lengthAdjust="spacingAndGlyphs">${escapeMarkup(content)}</text>`
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" viewBox="0 0 ${width} 20" role="img" aria-label="${words}">` +
    `<title>${words}</title><rect width="${width}" height="20" rx="3" fill="${colour}"/>` +
    `<path fill="${LABEL_COLOUR}" d="M3 0H${left}V20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3"/>` +
    `<g text-anchor="middle" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">` +
    `${text(left / 2, left, LABEL_COLOUR, name)}${text(left + right / 2, right, colour, value)}</g></svg>`
  )
}

/** The state whose colour an uptime has. */
function uptimeLook(ratio: number | undefined): MonitorState {
  if (ratio === undefined) return 'unknown'
  return ratio >= 0.99 ? 'up' : ratio >= 0.95 ? 'degraded' : 'down'
}

function textOf({ state, uptime, latency }: PublicMonitor, show: BadgeKind): string {
  switch (show) {
    case 'state':
      return STATE_WORDS[state].toLowerCase()
    case 'uptime':
      return percent(uptime[90])
    case 'latency': {
      const p50Ms = latestLatency(latency)?.p50Ms
      return p50Ms === undefined ? 'no data' : latencyWords(p50Ms)
    }
  }
}

const PADDING = 12

/** About what the text takes; the picture then makes it fit. */
const widthOf = (text: string): number =>
  Math.round(
    [...text].reduce((sum, each) => sum + (NARROW.test(each) ? 4 : WIDE.test(each) ? 11.5 : 6.8), 0),
  ) + PADDING

const NARROW = /[ijlft.,:;'|! ()[\]-]/
const WIDE = /[mwMW@%\u{1100}-\u{10ffff}]/u
