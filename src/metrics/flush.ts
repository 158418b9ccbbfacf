import { SECOND_MS } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import type { Logger } from '../logging/model.ts'

const FLUSH_TIMEOUT_MS = 5 * SECOND_MS

/** Hands over what a run counted. Never rejects, and never hangs: no run fails for its metrics. */
export async function flushInTime({
  flush,
  log,
}: {
  readonly flush: () => Promise<void>
  readonly log: Logger
}): Promise<void> {
  try {
    const flushed = await within(FLUSH_TIMEOUT_MS, flush())
    if (!flushed.ok) log.warn('metrics_not_flushed', { reason: flushed.error.message })
  } catch (error) {
    log.warn('metrics_not_flushed', { error })
  }
}
