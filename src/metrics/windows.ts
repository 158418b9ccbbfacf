import { HOUR_MS, MINUTE_MS } from '../lib/clock.ts'
import { DURATION_BOUNDS_SECONDS } from './catalog.ts'
import { rebucket } from './histogram.ts'
import type { RouteTotals } from './query.ts'
import type { Numbers } from './series.ts'
import { addNumbers, OTHER } from './series.ts'

/** How far back minutes are kept: 48 h. */
export const KEPT_MINUTES = 48 * 60
/** How far back hours are kept: 90 days. */
export const KEPT_HOURS = 90 * 24
const MINUTES_PER_HOUR = HOUR_MS / MINUTE_MS

/** More routes than this in a window are added up as `other`, so that it fits into a row. */
const MAX_ROUTES = 500

/** Requests within some time, by route: `[errors, sum of durations in seconds, requests per duration bucket…]`. */
export type Window = Map<string, Numbers>

/** A window as it is sent and stored; the bounds come along, for another deployment may have others. */
export interface WindowDelta {
  readonly bounds: readonly number[]
  readonly routes: readonly { readonly route: string; readonly numbers: readonly number[] }[]
}

/** The numbers of a route, to add to; those of `other` where there are too many routes. */
export function routeNumbers(window: Window, route: string): Numbers {
  let numbers = window.get(route)
  if (numbers) return numbers
  if (window.size >= MAX_ROUTES && route !== OTHER) return routeNumbers(window, OTHER)
  numbers = new Array<number>(DURATION_BOUNDS_SECONDS.length + 3).fill(0)
  window.set(route, numbers)
  return numbers
}

/** Adds a window to another. */
export function addWindow(target: Window, { bounds, routes }: WindowDelta): void {
  const same =
    bounds.length === DURATION_BOUNDS_SECONDS.length &&
    bounds.every((bound, index) => bound === DURATION_BOUNDS_SECONDS[index])
  for (const { route, numbers } of routes) {
    const [errors, sum, ...buckets] = numbers
    addNumbers(
      routeNumbers(target, route),
      same ? numbers : [errors!, sum!, ...rebucket(buckets, bounds, DURATION_BOUNDS_SECONDS)],
    )
  }
}

/** See `WindowDelta`. */
export function toDelta(window: Window): WindowDelta {
  return {
    bounds: DURATION_BOUNDS_SECONDS,
    routes: Array.from(window, ([route, numbers]) => ({ route, numbers })),
  }
}

/** What is told of a window, sorted by route. */
export function toRouteTotals(window: Window): RouteTotals[] {
  return [...window]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([route, [errors, durationSumSeconds, ...durationBuckets]]) => ({
      route,
      requests: durationBuckets.reduce((sum, count) => sum + count, 0),
      errors: errors!,
      durationSumSeconds: durationSumSeconds!,
      durationBuckets,
    }))
}

/** From `first` up to but without `end`. */
export interface Span {
  readonly first: number
  readonly end: number
}

/** The minutes (since the epoch) that add up to a window, and what to read for them. */
export interface WindowPlan {
  /** All of it. */
  readonly span: Span
  readonly minutes: readonly Span[]
  /** Hours since the epoch. */
  readonly hours: Span
}

/**
 * What to read for the window from `fromMs` up to `toMs`, both rounded down to whole minutes. Hours stand for the
 * minutes where they are whole; where minutes aren't kept any more, the window's edge moves outwards to the hour.
 */
export function planWindow(fromMs: number, toMs: number, now: number): WindowPlan {
  const thisMinute = Math.floor(now / MINUTE_MS)
  const thisHour = Math.floor(now / HOUR_MS)
  const oldestMinute = thisMinute - KEPT_MINUTES + 1
  const oldestHour = thisHour - KEPT_HOURS + 1

  let first = Math.max(Math.floor(fromMs / MINUTE_MS), oldestHour * MINUTES_PER_HOUR)
  let end = Math.floor(toMs / MINUTE_MS)
  if (first < oldestMinute) {
    first = Math.floor(first / MINUTES_PER_HOUR) * MINUTES_PER_HOUR
    const endOfHour = Math.ceil(end / MINUTES_PER_HOUR) * MINUTES_PER_HOUR
    // Of the hour that the oldest minute lies in, some minutes are gone: it is read whole.
    if (end < Math.ceil(oldestMinute / MINUTES_PER_HOUR) * MINUTES_PER_HOUR) end = endOfHour
  }
  const span = { first, end: Math.max(first, end) }

  const hours = {
    first: Math.ceil(first / MINUTES_PER_HOUR),
    end: Math.floor(span.end / MINUTES_PER_HOUR),
  }
  if (hours.first >= hours.end) return { span, minutes: [span], hours: { first: 0, end: 0 } }
  return {
    span,
    minutes: [
      { first, end: hours.first * MINUTES_PER_HOUR },
      { first: hours.end * MINUTES_PER_HOUR, end: span.end },
    ],
    hours,
  }
}
