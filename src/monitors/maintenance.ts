import { Cron } from 'croner'
import type { MaintenanceConfig } from '../config/maintenance.ts'
import { WEEKDAYS } from '../config/weekdays.ts'
import { DAY_MS, MINUTE_MS } from '../lib/clock.ts'
import type { Maintenance } from './model.ts'

/** So far ahead recurring windows are listed. */
const LISTED_MS = 14 * DAY_MS
/** Of one recurring window at most so many are listed: a cron expression may mean every minute. */
const MAX_OCCURRENCES = 20
const KEPT_MS = 10 * MINUTE_MS

/** A window of the configuration; recurring ones know when they come again. */
export interface Schedule {
  /** What of it is under way at `now` or comes, earliest first; where it recurs, within 14 days. */
  occurrences(now: number): readonly Maintenance[]
}

/**
 * Reads the windows of the configuration.
 * @param idOf the id of a monitor by its name or id
 */
export function readSchedules(
  windows: readonly MaintenanceConfig[],
  idOf: (written: string) => string | undefined,
): readonly Schedule[] {
  return windows.map((window) => {
    const monitors = window.monitors.map(idOf).filter((id) => id !== undefined)
    const base = { title: window.title, monitors }
    if ('from' in window) {
      const dated = { ...base, fromMs: Date.parse(window.from), toMs: Date.parse(window.to) }
      return { occurrences: (now) => [dated].filter(({ toMs }) => now < toMs) }
    }
    // In a zone with summer time, a time of day that a change skips becomes the first one after it, and one that comes
    // twice counts once.
    const cron = new Cron('weekly' in window ? cronOf(window.weekly) : window.cron, {
      mode: '5-part',
      timezone: window.timeZone,
    })
    let known: { readonly atMs: number; readonly windows: readonly Maintenance[] } | undefined
    return {
      occurrences: (now) => {
        // Finding them takes milliseconds, and everybody who asks for the monitors needs them.
        if (!known || now < known.atMs || now >= known.atMs + KEPT_MS) {
          const times = recurrences(cron, window.duration, now)
          known = { atMs: now, windows: times.map((each) => ({ ...base, ...each })) }
        }
        return known.windows.filter(({ toMs }) => now < toMs)
      },
    }
  })
}

/** Windows of all kinds that are under way at `now` or come, by their beginning; recurring ones within 14 days. */
export function listWindows(
  schedules: readonly Schedule[],
  announced: readonly Maintenance[],
  now: number,
): Maintenance[] {
  const planned = schedules.flatMap((schedule) => schedule.occurrences(now))
  return [...planned, ...announced.filter(({ toMs }) => now < toMs)].sort((a, b) => a.fromMs - b.fromMs)
}

/** The windows among these under which a monitor is at `now`. */
export const windowsOf = (windows: readonly Maintenance[], monitor: string, now: number): Maintenance[] =>
  windows.filter(
    ({ monitors, fromMs, toMs }) =>
      fromMs <= now && now < toMs && (monitors.length === 0 || monitors.includes(monitor)),
  )

function recurrences(cron: Cron, durationMs: number, now: number) {
  const found: { fromMs: number; toMs: number }[] = []
  // The search begins after the time it is given. Croner counts in whole seconds.
  let after: Date | null = new Date(now - durationMs)
  while (found.length < MAX_OCCURRENCES) {
    after = cron.nextRun(after)
    if (!after) break
    const times = { fromMs: after.getTime(), toMs: after.getTime() + durationMs }
    if (times.fromMs > now + LISTED_MS) break
    if (now < times.toMs) found.push(times)
  }
  return found
}

function cronOf({
  days,
  at,
}: {
  readonly days: readonly (typeof WEEKDAYS)[number][]
  readonly at: string
}): string {
  const [hour, minute] = at.split(':').map(Number)
  const weekdays = days.map((day) => WEEKDAYS.indexOf(day))
  return `${minute} ${hour} * * ${weekdays.join(',')}`
}
