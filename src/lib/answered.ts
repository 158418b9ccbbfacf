import { within } from './deadline.ts'
import { HttpError } from './http-error.ts'

/** How long a Durable Object may take, and what callers get if it fails or takes longer. */
export interface Unavailable {
  readonly timeoutMs: number
  /** Prefix of the log events: `<object>_timed_out` and `<object>_failed`. */
  readonly object: string
  readonly code: string
  readonly message: string
}

interface Log {
  warn(event: string, fields: Readonly<Record<string, unknown>>): void
  error(event: string, fields: Readonly<Record<string, unknown>>): void
}

/** An object that restarts is back within seconds. */
const RETRY_AFTER_SECONDS = 5

/** The answer of a Durable Object. @throws HttpError 503 with `Retry-After` if it fails or is slow */
export async function answered<T>(answer: Promise<T>, otherwise: Unavailable, log: Log): Promise<T> {
  const { timeoutMs, object, code, message } = otherwise
  try {
    const result = await within(timeoutMs, answer)
    if (result.ok) return result.value
    log.warn(`${object}_timed_out`, { timeout_ms: timeoutMs })
  } catch (error) {
    log.error(`${object}_failed`, { error })
  }
  throw new HttpError(503, code, message, { headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) } })
}
