import { HOUR_MS, MINUTE_MS } from '../lib/clock.ts'
import type { Logger } from '../logging/model.ts'
import type { EventQueueClient } from './ports.ts'

/** What the cron runs each minute: once an hour it has the queue ask MongoDB. Never rejects. */
export async function askHourly(
  scheduledAtMs: number,
  queue: Pick<EventQueueClient, 'refresh'>,
  log: Logger,
): Promise<void> {
  if (scheduledAtMs % HOUR_MS >= MINUTE_MS) return
  try {
    await queue.refresh()
  } catch (error) {
    log.error('business_refresh_failed', { error })
  }
}
