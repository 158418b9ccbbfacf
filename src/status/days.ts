import { DAY_MS } from '../lib/clock.ts'
import type { DaySummary, TimeInStates } from '../monitors/model.ts'
import { uptimeRatio } from '../monitors/model.ts'
import type { PublicIncident } from './public-incidents.ts'

/** How many days are shown. */
export const DAYS = 90

/**
 * A day in one word, the worst that it had; `none` where there was no monitor yet. A day is only `unknown` or
 * `maintenance` if nothing was measured in it, or more than half of it was that.
 */
export type DayState = 'up' | 'degraded' | 'down' | 'maintenance' | 'unknown' | 'none'

/** One day of a monitor, in UTC. */
export interface PublicDay {
  /** Such as `2026-11-21`. */
  readonly date: string
  readonly state: DayState
  /** Share of the measured time, 0 to 1; undefined where nothing was measured. */
  readonly uptime: number | undefined
  readonly downMs: number
  readonly degradedMs: number
  readonly unknownMs: number
  readonly maintenanceMs: number
  /** Titles of the incidents that people told of. */
  readonly incidents: readonly string[]
}

/** The day of a moment, in UTC, such as `2026-11-21`. */
const dateOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10)

/** The last 90 days, oldest first, the last one today. */
export function lastDates(now: number): string[] {
  return Array.from({ length: DAYS }, (_, index) => dateOf(now - (DAYS - 1 - index) * DAY_MS))
}

/**
 * What the days of a monitor were like. Dates and days rise.
 * @param quiet the days on which nothing but being up would have been seen, as `quietDays` gives them
 * @param incidents those of the monitor
 */
export function publicDays(
  quiet: readonly PublicDay[],
  days: readonly DaySummary[],
  incidents: readonly PublicIncident[],
  now: number,
): PublicDay[] {
  let next = 0
  const told = incidents
    .filter(({ automatic }) => !automatic)
    .map(({ title, startedAtMs, resolvedAtMs }) => ({
      title,
      first: dateOf(startedAtMs),
      last: dateOf(resolvedAtMs ?? now),
    }))
  return quiet.map((quietDay) => {
    const { date } = quietDay
    while (next < days.length && days[next]!.date < date) next++
    const known = days[next]
    const day = known?.date === date ? known : NO_DAY
    const titles =
      told.length === 0
        ? NONE
        : told.filter(({ first, last }) => first <= date && date <= last).map(({ title }) => title)
    if (day.up > 0 && day.degraded + day.down + day.unknown + day.maintenance + titles.length === 0) {
      return quietDay
    }
    return {
      date,
      state: dayState(day),
      uptime: uptimeRatio([day]),
      downMs: day.down,
      degradedMs: day.degraded,
      unknownMs: day.unknown,
      maintenanceMs: day.maintenance,
      incidents: titles,
    }
  })
}

/** Days that were up all the time, of which nearly all of a page's thousands are. */
export const quietDays = (dates: readonly string[]): PublicDay[] =>
  dates.map((date) => ({
    date,
    state: 'up',
    uptime: 1,
    downMs: 0,
    degradedMs: 0,
    unknownMs: 0,
    maintenanceMs: 0,
    incidents: NONE,
  }))

const NONE: readonly string[] = []
const NO_DAY: TimeInStates = { up: 0, degraded: 0, down: 0, unknown: 0, maintenance: 0 }

function dayState({ up, degraded, down, unknown, maintenance }: TimeInStates): DayState {
  const measured = up + degraded + down
  if (down > 0) return 'down'
  if (unknown > 0 && unknown >= measured + maintenance) return 'unknown'
  if (maintenance > 0 && maintenance >= measured) return 'maintenance'
  if (degraded > 0) return 'degraded'
  return measured > 0 ? 'up' : 'none'
}
