import { readStart } from './body.ts'
import type { Result } from './result.ts'
import { err, ok } from './result.ts'

/** One outgoing HTTP request. */
export interface HttpRequest {
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** For all of it: connection, headers and body. */
  readonly timeoutMs: number
}

/** An answer, whatever its status. */
export interface HttpResponse {
  readonly status: number
  readonly headers: Headers
  /** The first 64 KiB of it. */
  readonly body: string
}

/** The part of `fetch` that this client uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

const MAX_BODY_BYTES = 64 * 1024

/**
 * Sends a request and reads the answer. An answer with any status is a success; no answer, or one that takes longer
 * than `timeoutMs`, is a failure whose message names neither host nor URL; `unsent` where the platform refused to send. Of
 * a long body the rest is not read. Redirects are not followed: a receiver that moved should be configured anew, and its secret
 * not sent elsewhere.
 */
export async function send(request: HttpRequest, fetcher: Fetch = fetch): Promise<Result<HttpResponse>> {
  const signal = AbortSignal.timeout(request.timeoutMs)
  try {
    const response = await fetcher(request.url, {
      method: request.method ?? 'GET',
      redirect: 'manual',
      signal,
      ...(request.headers && { headers: { ...request.headers } }),
      ...(request.body !== undefined && { body: request.body }),
    })
    const { text } = await readStart(response, MAX_BODY_BYTES)
    return ok({ status: response.status, headers: response.headers, body: text })
  } catch (error) {
    if (isOutOfRequests(error)) {
      return err({ message: 'too many requests in one invocation', retryable: true, unsent: true })
    }
    // The platform's own message may hold the host, so it is not passed on.
    return err({ message: signal.aborted ? 'timed out' : 'no connection', retryable: true })
  }
}

/**
 * How long a `Retry-After` header asks to wait, in milliseconds: delta seconds or an HTTP date (RFC 9110, 10.2.3).
 * Undefined where there is none or it makes no sense.
 */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const value = headers.get('Retry-After')?.trim()
  if (!value) return undefined
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/**
 * Whether a fetch failed because the invocation may make no more requests.
 * https://developers.cloudflare.com/workers/platform/limits/#subrequests
 */
export const isOutOfRequests = (error: unknown): boolean => /too many subrequests/i.test(String(error))
