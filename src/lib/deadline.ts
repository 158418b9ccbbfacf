import type { Failure, Result } from './result.ts'
import { err, ok } from './result.ts'

/** What `within` gives when the time is up. */
export const TIMED_OUT: Failure = { message: 'timed out', retryable: true }

/**
 * What `work` gives, or the failure `TIMED_OUT` after `timeoutMs`. The work itself is not stopped: pass it a signal
 * of its own where it can be. A rejection of `work` is passed on.
 */
export async function within<T>(timeoutMs: number, work: Promise<T>): Promise<Result<T>> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeUp = new Promise<Result<never>>((resolve) => {
    timer = setTimeout(() => resolve(err(TIMED_OUT)), timeoutMs)
  })
  try {
    return await Promise.race([work.then((value) => ok(value)), timeUp])
  } finally {
    clearTimeout(timer)
  }
}
