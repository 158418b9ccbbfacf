import { SECOND_MS } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import type { ErrorReporter, Logger } from '../logging/model.ts'
import type { AlertLedgerClient } from './ledger.ts'

/** Longer than a run may hold its lease; shorter than the time to the next one. */
const TICK_TIMEOUT_MS = 55 * SECOND_MS
/** The monitor's name in the error tracker. */
const TICK_SLUG = 'edgewatch-tick'

/** What the cron runs: hands over to the ledger, and tells the error tracker how it went. Never throws. */
export async function runTick(
  scheduledAtMs: number,
  ledger: Pick<AlertLedgerClient, 'tick'>,
  { log, errors }: { readonly log: Logger; readonly errors: ErrorReporter },
): Promise<void> {
  const checkInId = errors.checkIn(TICK_SLUG, 'in_progress')
  const done = (status: 'ok' | 'error') => void errors.checkIn(TICK_SLUG, status, checkInId)
  try {
    const answer = await within(TICK_TIMEOUT_MS, ledger.tick(scheduledAtMs))
    if (!answer.ok) throw new Error(`the alert ledger ${answer.error.message}`)
    log.info('tick', { outcome: answer.value.outcome })
    done(answer.value.outcome === 'error' ? 'error' : 'ok')
  } catch (error) {
    log.error('tick_failed', { error })
    errors.report(error, { tags: { job: TICK_SLUG } })
    done('error')
  }
}
