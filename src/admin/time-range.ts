import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../lib/clock.ts'
import type { MetricsQuery } from '../metrics/query.ts'

/** How far back a chart goes, and in what steps. Each range is one question of a bounded number of windows. */
export interface TimeRange {
  readonly name: '1h' | '24h' | '7d' | '90d'
  readonly label: string
  readonly stepMs: number
  readonly points: number
  /** How often a page that shows it is worth reading anew. */
  readonly refreshSeconds: number
}

/** The ranges that there are. The steps divide what the store keeps: minutes for 48 hours, hours for 90 days. */
export const TIME_RANGES: readonly TimeRange[] = [
  { name: '1h', label: '1 hour', stepMs: MINUTE_MS, points: 60, refreshSeconds: 15 },
  { name: '24h', label: '24 hours', stepMs: 15 * MINUTE_MS, points: 96, refreshSeconds: 60 },
  { name: '7d', label: '7 days', stepMs: 2 * HOUR_MS, points: 84, refreshSeconds: 300 },
  { name: '90d', label: '90 days', stepMs: DAY_MS, points: 90, refreshSeconds: 900 },
]

/** The range of this name; the first one where there is none. */
export const timeRange = (name: string | undefined): TimeRange =>
  TIME_RANGES.find((each) => each.name === name) ?? TIME_RANGES[0]!

/** A step that has just begun says too little: counts reach the store some seconds late. */
const TOO_YOUNG_MS = 15 * SECOND_MS

/** The windows of a range, oldest first; the last one may be under way. */
export function windowsOf({ stepMs, points }: TimeRange, now: number): MetricsQuery['windows'] {
  const endMs = Math.ceil((now - TOO_YOUNG_MS) / stepMs) * stepMs
  return Array.from({ length: points }, (_, index) => {
    const fromMs = endMs - (points - index) * stepMs
    return { fromMs, toMs: fromMs + stepMs }
  })
}
