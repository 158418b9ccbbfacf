import { SECOND_MS } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import type { ErrorReporter, Logger } from '../logging/model.ts'
import type { UptimeMonitorClient } from './ports.ts'

/** Longer than a run may hold its lease; shorter than the time to the next one. */
const RUN_TIMEOUT_MS = 58 * SECOND_MS

/** What the cron runs where there are monitors. Never throws. */
export async function runMonitors(
  scheduledAtMs: number,
  uptime: Pick<UptimeMonitorClient, 'tick'>,
  { log, errors }: { readonly log: Logger; readonly errors: ErrorReporter },
): Promise<void> {
  try {
    const answer = await within(RUN_TIMEOUT_MS, uptime.tick(scheduledAtMs))
    if (!answer.ok) throw new Error(`the uptime monitor ${answer.error.message}`)
    log.info('monitors_run', { ...answer.value })
  } catch (error) {
    log.error('monitors_failed', { error })
    errors.report(error, { tags: { job: 'monitors' } })
  }
}
