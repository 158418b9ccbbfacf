import type { Clock } from '../lib/clock.ts'
import { SECOND_MS } from '../lib/clock.ts'
import { TIMED_OUT, within } from '../lib/deadline.ts'
import type { Result } from '../lib/result.ts'
import { err } from '../lib/result.ts'
import type { Logger } from '../logging/model.ts'

/** What reading a part of a page gave. Times in milliseconds since the epoch. */
export type Reading<T> =
  | { readonly state: 'fresh'; readonly value: T; readonly atMs: number }
  /** It can't be read now; this is what it was when it last could. */
  | { readonly state: 'old'; readonly value: T; readonly atMs: number; readonly reason: string }
  /** It can't be read, and this isolate has not read it before. */
  | { readonly state: 'missing'; readonly reason: string }

/** What `Readings` needs. */
export interface ReadingSettings {
  readonly log: Logger
  readonly clock: Clock
  readonly timeoutMs?: number
}

/** Parts of pages times time ranges are fewer; more would be a mistake in what names them. */
const MAX_KEPT = 100
const TIMEOUT_MS = 5 * SECOND_MS

/**
 * Reads the parts of pages, each for itself: one that fails or hangs takes no other with it. What was read is
 * remembered per isolate, to be shown with its age while there is nothing newer. One per isolate.
 */
export class Readings {
  readonly #settings: ReadingSettings
  readonly #kept = new Map<string, { readonly value: unknown; readonly atMs: number }>()

  constructor(settings: ReadingSettings) {
    this.#settings = settings
  }

  /** Reads a part. Never rejects. The same name always stands for the same kind of value. */
  async read<T>(name: string, work: () => Promise<Result<T>>): Promise<Reading<T>> {
    const { clock } = this.#settings
    const answer = await this.#attempt(name, work)
    const atMs = clock()
    if (answer.ok) {
      if (this.#kept.size >= MAX_KEPT) this.#kept.clear()
      this.#kept.set(name, { value: answer.value, atMs })
      return { state: 'fresh', value: answer.value, atMs }
    }
    const reason = answer.error.message
    const kept = this.#kept.get(name)
    return kept
      ? { state: 'old', value: kept.value as T, atMs: kept.atMs, reason }
      : { state: 'missing', reason }
  }

  async #attempt<T>(name: string, work: () => Promise<Result<T>>): Promise<Result<T>> {
    const { log, timeoutMs = TIMEOUT_MS } = this.#settings
    try {
      const answer = await within(timeoutMs, work())
      const result = answer.ok ? answer.value : answer
      if (!result.ok) log.warn('admin_part_unavailable', { part: name, reason: result.error.message })
      return answer.ok
        ? result
        : err({ ...TIMED_OUT, message: `no answer within ${timeoutMs / SECOND_MS} s` })
    } catch (error) {
      log.warn('admin_part_unavailable', { part: name, error })
      return err({
        message: 'reading it failed; the log says more (admin_part_unavailable)',
        retryable: true,
      })
    }
  }
}
