import { SECOND_MS } from '../lib/clock.ts'
import type { LedgerStore } from './ledger-store.ts'

/** How much the clocks of two machines may differ before a stored time is distrusted. */
const MAX_SKEW_MS = 5 * SECOND_MS

/** Whether a stored time is so far ahead that a wrong clock must have written it. */
export const isFarAhead = (atMs: number, clockMs: number): boolean => atMs > clockMs + MAX_SKEW_MS

/** The clock's time, made later than `lastMs` so that the two differ, unless `lastMs` is far ahead of the clock. */
export const timeAfter = (lastMs: number, clockMs: number): number =>
  isFarAhead(lastMs, clockMs) ? clockMs : Math.max(clockMs, lastMs + 1)

/**
 * Moves every stored time that is far ahead of the clock back to it. An object may have run on a machine whose clock was
 * ahead, and whatever waits for a time stored there would wait until the real clock catches up.
 */
export function correctFutureTimes(store: LedgerStore, clockMs: number): void {
  const last = store.lastRun()
  const wrongRun = last !== undefined && isFarAhead(last.atMs, clockMs)
  if (wrongRun) {
    const { judgedAtMs } = last
    store.saveRun({
      ...last,
      atMs: clockMs,
      ...(judgedAtMs !== undefined && { judgedAtMs: Math.min(judgedAtMs, clockMs) }),
    })
  }
  if (isFarAhead(store.wokeAtMs(), clockMs)) store.saveWokeAt(clockMs)
  if (isFarAhead(store.judgedAtMs(), clockMs)) store.saveJudgedAt(clockMs)
  const wrongFailure = isFarAhead(store.failedAtMs(), clockMs)
  if (wrongFailure) store.saveFailedAt(clockMs)
  if (wrongRun || wrongFailure || isFarAhead(store.outbox.lastCreatedMs(), clockMs)) {
    store.outbox.hurryAll(clockMs)
  }
}
