import { readStart } from '../lib/body.ts'
import type { Clock } from '../lib/clock.ts'
import { SECOND_MS } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import type { Fetch } from '../lib/http-client.ts'
import { isOutOfRequests } from '../lib/http-client.ts'
import { hasIpHost } from '../lib/web-url.ts'
import type { HttpAnswer } from './assertions.ts'
import { httpMismatch } from './assertions.ts'
import { cloudflareError } from './cloudflare-error.ts'
import type { Finding } from './finding.ts'
import { findingByLatency } from './finding.ts'
import type { HttpCheck, HttpRequest } from './http-request.ts'
import { firstRequest, isRedirect, redirected } from './http-request.ts'
import type { Excerpt } from './reason.ts'
import { excerptWithout, reasonOf, timedOutAfter } from './reason.ts'

/** What an HTTP check uses. */
export interface HttpCheckTools {
  readonly fetch: Fetch
  readonly clock: Clock
  readonly userAgent: string
}

const MAX_REDIRECTS = 5
const MAX_BODY_BYTES = 2 ** 20

/**
 * Makes an HTTP check: its latency and its timeout run from the first connection to the end of the body. Rejects only
 * for what is no fault of what is checked, such as a header that can't be sent.
 */
export async function checkHttp(check: HttpCheck, tools: HttpCheckTools): Promise<Finding> {
  const first = firstRequest(check, tools.userAgent)
  const ending = new AbortController()
  const progress: Progress = { answered: false, redirected: false }
  const atMs = tools.clock()
  const exchange = exchanged(first, check.followRedirects, tools, ending.signal, progress)
  const timely = await within(check.timeout * SECOND_MS, exchange)
  if (!timely.ok) {
    ending.abort() // what is not read by now keeps no connection
    const reason = timedOutAfter(check.timeout)
    return { atMs, outcome: 'failed', reason, ...(!progress.answered && { unanswered: true }) }
  }
  const latencyMs = tools.clock() - atMs
  const answer = timely.value
  if ('outcome' in answer) return { atMs, ...answer }
  // Made only where something is not as expected.
  const excerpt: Excerpt = (text) => excerptWithout(hiddenIn(check, first))(text)
  const mismatch = await httpMismatch(answer, check.expect, excerpt)
  if (mismatch) {
    const reason = cloudflareError({ ...answer, body: answer.body.text })
    if (reason === undefined) return { atMs, outcome: 'failed', latencyMs, reason: reasonOf(mismatch) }
    return { atMs, outcome: 'failed', reason, ...(!progress.redirected && { unanswered: true }) }
  }
  return findingByLatency(atMs, latencyMs, check.expect.maxLatencyMs)
}

interface Progress {
  /** Whether anything came back. */
  answered: boolean
  /** Whether that led elsewhere. */
  redirected: boolean
}

type NoAnswer = Omit<Finding, 'atMs'>
const failed = (reason: string): NoAnswer => ({ outcome: 'failed', reason })

async function exchanged(
  first: HttpRequest,
  followRedirects: boolean,
  { fetch, userAgent }: HttpCheckTools,
  signal: AbortSignal,
  progress: Progress,
): Promise<HttpAnswer | NoAnswer> {
  let request = first
  for (let redirects = 0; ; redirects++) {
    const { url, ...init } = request
    let response: Response
    try {
      response = await fetch(url.href, { ...init, redirect: 'manual', cache: 'no-store', signal })
    } catch (error) {
      if (isOutOfRequests(error)) {
        return { outcome: 'unknown', reason: 'too many subrequests' }
      }
      return { ...failed('no connection'), ...(!progress.answered && { unanswered: true }) }
    }
    progress.answered = true
    if (!followRedirects || !isRedirect(response)) return readAnswer(response)
    progress.redirected = true
    await response.body?.cancel()
    if (redirects === MAX_REDIRECTS) return failed(`more than ${MAX_REDIRECTS} redirects`)
    const next = redirected(request, response, userAgent)
    if (!next) return failed('expected a redirect to http or https, got another')
    if (hasIpHost(next.url)) {
      return { outcome: 'unknown', reason: "redirected to an IP address, which Workers can't fetch" }
    }
    request = next
  }
}

async function readAnswer(response: Response): Promise<HttpAnswer | NoAnswer> {
  const { status, headers } = response
  try {
    return { status, headers, body: await readStart(response, MAX_BODY_BYTES) }
  } catch {
    return failed('the connection broke within the body')
  }
}

/** Of a path, what is as long as a token; shorter words of it are words of reasons, too. */
const MIN_TOKEN = 16

/** What a server may repeat and nobody should read: where it is asked, and what is sent to it. */
const hiddenIn = ({ auth, headers, body }: HttpCheck, { url, headers: sent }: HttpRequest): string[] => [
  // Of a value such as `Bearer abcdef` its last word is a secret by itself.
  ...Object.values(headers).flatMap((value) => [value.reveal(), lastWord(value.reveal())]),
  ...(auth ? [auth.password.reveal(), lastWord(sent.get('Authorization') ?? '')] : []),
  ...textsIn(body),
  url.href,
  url.host,
  url.hostname,
  url.pathname,
  ...url.pathname.split('/').filter((part) => part.length >= MIN_TOKEN),
  ...url.searchParams.values(),
]

const lastWord = (text: string): string => text.trim().split(/\s+/).at(-1) ?? ''

/** The texts within a JSON value. */
function textsIn(value: HttpCheck['body']): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}
