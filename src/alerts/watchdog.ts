import { MINUTE_MS } from '../lib/clock.ts'
import { formatDuration } from '../lib/duration.ts'
import type { Observation } from './model.ts'

/** The one alert that no rule is needed for. Its id is reserved. */
export const SCHEDULER_MISSED = 'scheduler-missed'

/** The cron comes each minute; three missed ones are no accident. */
export const MISSED_AFTER_MS = 3 * MINUTE_MS

/**
 * Whether the scheduler is missed.
 * @param lastRunMs when it ran last
 * @param wokeAtMs when the ledger woke after all was held up; the time before doesn't count
 */
export function observeScheduler(lastRunMs: number, now: number, wokeAtMs = 0): Observation {
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
