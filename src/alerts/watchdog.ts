import { MINUTE_MS } from '../lib/clock.ts'
import { formatDuration } from '../lib/duration.ts'
import type { Seen } from './model.ts'

/** The alert of a cron that stopped. Its id is reserved. */
export const SCHEDULER_MISSED = 'scheduler-missed'

/** The cron comes each minute; three missed ones are no accident. */
export const MISSED_AFTER_MS = 3 * MINUTE_MS

/**
 * Whether the scheduler is missed.
 * @param lastRunMs when it ran last
 * @param wokeAtMs when the ledger woke after all was held up; the time before doesn't count
 */
export function observeScheduler(lastRunMs: number, now: number, wokeAtMs = 0): Seen {
  const holds = now >= missedAtMs(lastRunMs, wokeAtMs)
  return {
    alert: SCHEDULER_MISSED,
    severity: 'critical',
    labels: {},
    condition: `no scheduled run for ${formatDuration(MISSED_AFTER_MS)}`,
    summary: 'The scheduler stopped: nothing is being checked',
    forMs: 0,
    holds,
    ...(holds && { value: `last run ${formatDuration(now - lastRunMs)} ago` }),
  }
}

/** From when on the scheduler is missed, if it doesn't run before. */
export const missedAtMs = (lastRunMs: number, wokeAtMs: number): number =>
  Math.max(lastRunMs, wokeAtMs) + MISSED_AFTER_MS

/** The alert of monitors that nobody checks, though the cron runs. Its id is reserved. */
export const MONITORS_MISSED = 'monitors-missed'

const UNJUDGED_AFTER_MS = 5 * MINUTE_MS

/**
 * Whether the checks of the monitors are missed.
 * @param judgedAtMs when the monitors were last judged, or have since been waited for
 */
export function observeMonitoring(judgedAtMs: number, now: number): Seen {
  const holds = now - judgedAtMs >= UNJUDGED_AFTER_MS
  return {
    alert: MONITORS_MISSED,
    severity: 'critical',
    labels: {},
    condition: `no monitor judged for ${formatDuration(UNJUDGED_AFTER_MS)}`,
    summary: 'The monitors are not being checked: nothing is known of them',
    forMs: 0,
    holds,
    ...(holds && { value: `last judged ${formatDuration(now - judgedAtMs)} ago` }),
  }
}
