import { within } from '../../lib/deadline.ts'
import type { ActiveContext } from '../../logging/context.ts'
import type { ErrorContext, ErrorReporter } from '../../logging/model.ts'
import type { Catalog } from '../../metrics/catalog.ts'
import type { Recorder } from '../../metrics/model.ts'
import { BurstLimiter } from './burst-limiter.ts'
import { type ClientOptions, SentryClient } from './client.ts'
import { errorKey } from './error-key.ts'
import type { Report } from './event.ts'

/** What a reporter is made of. */
export interface SentryOptions extends ClientOptions {
  readonly recorder: Recorder
  readonly catalog: Pick<Catalog, 'errorsReported'>
  /** What the code that reports runs in: `currentContext` and `errorContextOf` of logging. */
  readonly currentContext: () => ActiveContext | undefined
  readonly errorContextOf: (error: unknown, given?: ErrorContext) => ErrorContext | undefined
  /** Keeps the invocation that reports alive until all is sent. */
  readonly waitUntil: (work: Promise<unknown>) => void
  /** Limits the same error across the isolates of a location. */
  readonly locationLimit?: Pick<RateLimit, 'limit'>
}

const LOCATION_LIMIT_TIMEOUT_MS = 1_000

/**
 * Reports errors to Sentry; one for an isolate, for it remembers what was sent. Until there is something to send it
 * costs nothing. Whatever happens at Sentry, it never reaches the caller.
 */
export function createSentryReporter(options: SentryOptions): ErrorReporter {
  const { clock, log } = options
  const client = new SentryClient(options)
  const bursts = new BurstLimiter()
  /** Errors that were reported: one that passes several handlers is one. */
  const seen = new WeakSet<object>()
  /** The check-in of the run under way, which its end must not overtake: that would be a run that never ends. */
  let begun: { readonly id: string; readonly sent: Promise<unknown> } | undefined

  function inBackground(work: Promise<unknown>): Promise<unknown> {
    const safe = work.catch((error: unknown) => log.error('error_report_failed', { error }))
    try {
      options.waitUntil(safe)
    } catch {
      // Outside of an invocation nothing can be kept alive; it goes on all the same.
    }
    return safe
  }

  function count(outcome: 'sent' | 'suppressed' | 'failed'): void {
    options.recorder.increment(options.catalog.errorsReported, { outcome })
  }

  async function send(error: unknown, key: string, report: Report): Promise<void> {
    if (!(await isAllowedHere(options.locationLimit, key))) {
      bursts.suppress(key, report.suppressed + 1, clock())
      count('suppressed')
      return
    }
    const sent = await client.sendError(error, report)
    if (!sent) bursts.takeBack(key, report.suppressed, clock())
    count(sent ? 'sent' : 'failed')
  }

  function report(error: unknown, given?: ErrorContext): void {
    if (typeof error === 'object' && error !== null) {
      if (seen.has(error)) return
      seen.add(error)
    }
    const context = options.errorContextOf(error, given)
    const now = clock()
    const key = errorKey(error, context?.tags?.route ?? '')
    const paused = client.isPaused('error')
    if (paused) bursts.suppress(key, 1, now)
    const suppressed = paused ? undefined : bursts.admit(key, now)
    if (suppressed === undefined) {
      count('suppressed')
      return
    }

    const work = options.currentContext()
    const breadcrumbs = [...(work?.breadcrumbs ?? [])]
    const errors = error instanceof AggregateError ? error.errors : undefined
    void inBackground(send(error, key, { context, work, breadcrumbs, errors, suppressed }))
  }

  return {
    report(error, given) {
      try {
        report(error, given)
      } catch (failure) {
        log.error('error_report_failed', { error: failure })
      }
    },

    checkIn(slug, status, id = crypto.randomUUID().replaceAll('-', '')) {
      const before = begun?.id === id ? begun.sent : Promise.resolve()
      const sent = inBackground(before.then(() => client.sendCheckIn({ id, slug, status })))
      begun = status === 'in_progress' ? { id, sent } : undefined
      return id
    },
  }
}

/** A limit that fails or hangs lets everything pass: there are others. */
async function isAllowedHere(limit: SentryOptions['locationLimit'], key: string): Promise<boolean> {
  if (!limit) return true
  try {
    const answer = await within(LOCATION_LIMIT_TIMEOUT_MS, limit.limit({ key }))
    return !answer.ok || answer.value.success
  } catch {
    return true
  }
}
