import { MINUTE_MS } from '../../lib/clock.ts'
import { retryAfterMs } from '../../lib/http-client.ts'

/** What is sent: errors, or check-ins of a cron. Sentry limits each by itself. */
export type Category = 'error' | 'monitor'

/** After a failure that says nothing of how long to wait. */
const PAUSE_AFTER_FAILURE_MS = 30_000
const LONGEST_PAUSE_MS = 60 * MINUTE_MS

/** Until when nothing of a category is sent, because Sentry asked for it or was not there. Per isolate. */
export class Pauses {
  readonly #untilMs = new Map<Category, number>()

  isPaused(category: Category, now: number): boolean {
    return now < (this.#untilMs.get(category) ?? 0)
  }

  /** No answer. */
  noteFailure(now: number): void {
    this.#pause('', PAUSE_AFTER_FAILURE_MS, now)
  }

  /**
   * An answer. `X-Sentry-Rate-Limits` may limit ahead, with a 200; without it a 429 means `Retry-After`, or a minute.
   * https://develop.sentry.dev/sdk/expected-features/rate-limiting/
   */
  noteAnswer(status: number, headers: Headers, now: number): void {
    const limits = headers.get('X-Sentry-Rate-Limits')
    if (limits) {
      for (const limit of limits.split(',')) {
        const [seconds = '', categories = ''] = limit.trim().split(':')
        this.#pause(categories, /^\d+(\.\d+)?$/.test(seconds) ? Number(seconds) * 1000 : MINUTE_MS, now)
      }
    } else if (status === 429) {
      this.#pause('', retryAfterMs(headers, now) ?? MINUTE_MS, now)
    } else if (status >= 500) {
      this.noteFailure(now)
    }
  }

  /** @param categories as Sentry lists them, separated by semicolons; none are all. */
  #pause(categories: string, durationMs: number, now: number): void {
    const named = categories.split(';')
    const untilMs = now + Math.min(durationMs, LONGEST_PAUSE_MS)
    for (const category of ['error', 'monitor'] as const) {
      if (categories !== '' && !named.includes(category)) continue
      this.#untilMs.set(category, Math.max(untilMs, this.#untilMs.get(category) ?? 0))
    }
  }
}
