/** Tells the time: milliseconds since the epoch. A parameter wherever time matters, so that tests set it. */
export type Clock = () => number

/** The platform's clock. On Workers it advances only at I/O. */
export const systemClock: Clock = () => Date.now()

/** Milliseconds in one of each. */
export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** A point in time as ISO 8601 in UTC; null for none. */
export function isoTime(atMs: number): string
export function isoTime(atMs: number | undefined): string | null
export function isoTime(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString()
}

/** Whether it was less than so long ago; what a clock that went back left in the future is as old as it is far. */
export const isRecent = (atMs: number | undefined, now: number, withinMs: number): boolean =>
  atMs !== undefined && Math.abs(now - atMs) < withinMs
