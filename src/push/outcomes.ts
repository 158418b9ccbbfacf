import type { MiddlewareHandler } from 'hono'
import { HttpError } from '../lib/http-error.ts'
import type { Catalog } from '../metrics/catalog.ts'
import type { Recorder } from '../metrics/model.ts'

/** The ways to push: Pushgateway's API, and OTLP. */
export const PUSH_PROTOCOLS = ['pushgateway', 'otlp'] as const

/** What comes of pushes, by the codes of the errors that refuse them. */
const REFUSALS: Readonly<Record<string, string>> = {
  invalid_push: 'invalid',
  incomplete_body: 'invalid',
  inconsistent_push: 'inconsistent',
  too_many_series: 'too_many_series',
  too_large: 'too_large',
  unsupported_media_type: 'unsupported_media_type',
  unauthorized: 'unauthorized',
  too_many_requests: 'unauthorized', // wrong tokens are what there were too many of
  ingest_disabled: 'disabled',
  push_unavailable: 'unavailable',
}
const FAILED = 'failed'

/** All that can come of a push. `partial`: OTLP some of whose points were rejected. */
export const PUSH_OUTCOMES: readonly string[] = [
  'accepted',
  'partial',
  FAILED,
  ...new Set(Object.values(REFUSALS)),
]

/** What a handler may say of a push that it answers. */
export interface PushVariables {
  pushOutcome?: 'partial'
}

/** What counts pushes. */
export interface PushCounts {
  readonly recorder: Recorder
  readonly catalog: Pick<Catalog, 'pushes' | 'otlpPoints'>
}

/** Counts what comes of pushes; before whatever may refuse them. */
export function countPushes(
  protocol: (typeof PUSH_PROTOCOLS)[number],
  { recorder, catalog }: PushCounts,
): MiddlewareHandler<{ Variables: PushVariables }> {
  return async (c, next) => {
    await next()
    const outcome = c.error ? outcomeOf(c.error) : (c.get('pushOutcome') ?? 'accepted')
    recorder.increment(catalog.pushes, { protocol, outcome })
  }
}

const outcomeOf = (error: Error): string =>
  error instanceof HttpError && Object.hasOwn(REFUSALS, error.code) ? REFUSALS[error.code]! : FAILED
