import { MINUTE_MS } from '../lib/clock.ts'
import { formatDuration } from '../lib/duration.ts'
import type { Observation } from './model.ts'

/** The one alert that no rule is needed for. Its id is reserved. */
export const SCHEDULER_MISSED = 'scheduler-missed'

/** The cron comes each minute; three missed ones are no accident. */
export const MISSED_AFTER_MS = 3 * MINUTE_MS

/** Whether the scheduler is missed: it ran last at `lastRunMs`. */
export function observeScheduler(lastRunMs: number, now: number): Observation {
  const silentMs = Math.max(0, now - lastRunMs)
  const holds = silentMs >= MISSED_AFTER_MS
  return {
    alert: SCHEDULER_MISSED,
    severity: 'critical',
    labels: {},
    condition: `no scheduled run for ${formatDuration(MISSED_AFTER_MS)}`,
    summary: 'The scheduler stopped: nothing is being checked',
    forMs: 0,
    holds,
    ...(holds && { value: `last run ${formatDuration(silentMs)} ago` }),
  }
}
