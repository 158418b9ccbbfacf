import { randomUUID } from 'node:crypto'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { parseJson } from '../http.ts'
import type { Receiver } from './messages.ts'
import { pagerdutyErrors } from './pagerduty.ts'
import { parseEnvelope } from './sentry.ts'
import { slackError } from './slack.ts'

/** What a receiver makes of a request. */
interface Reception {
  readonly status: number
  readonly contentType?: string
  readonly answer: string
  /** The message's body, parsed. */
  readonly body: unknown
  readonly rawBody?: string
}

interface Endpoint {
  readonly receiver: Receiver
  readonly path: RegExp
  readonly receive: (text: string) => Reception
}

const JSON_TYPE = 'application/json'

const ENDPOINTS: readonly Endpoint[] = [
  { receiver: 'pagerduty', path: /^\/pagerduty\/v2\/enqueue$/, receive: receiveForPagerduty },
  { receiver: 'slack', path: /^\/slack\/(alerts|monitoring)$/, receive: receiveForSlack },
  { receiver: 'webhook', path: /^\/webhook$/, receive: receiveForWebhook },
  { receiver: 'sentry', path: /^\/sentry\/api\/\w+\/envelope\/?$/, receive: receiveEnvelope },
  { receiver: 'sentry', path: /^\/sentry\/api\/\w+\/store\/?$/, receive: receiveEvent },
]

/** The endpoint at a path; undefined where there is none. */
export const endpointAt = (path: string): Endpoint | undefined =>
  ENDPOINTS.find((endpoint) => endpoint.path.test(path))

/** A body as text, after undoing its `Content-Encoding`. Throws where it isn't so encoded. */
export function decodeText(bytes: Buffer, encoding: string | undefined): string {
  switch (encoding) {
    case 'gzip':
      return gunzipSync(bytes).toString()
    case 'deflate':
      return inflateSync(bytes).toString()
    case 'br':
      return brotliDecompressSync(bytes).toString()
    default:
      return bytes.toString()
  }
}

/** Events API v2: 202 for what is taken, 400 with every mistake else. */
function receiveForPagerduty(text: string): Reception {
  const body = parseJson(text)
  const errors = pagerdutyErrors(body)
  if (errors.length > 0) {
    const answer = { status: 'invalid event', message: 'Event object is invalid', errors }
    return { status: 400, contentType: JSON_TYPE, answer: JSON.stringify(answer), body: body ?? text }
  }
  const dedupKey = (body as { dedup_key?: string }).dedup_key ?? randomUUID().replaceAll('-', '')
  const answer = { status: 'success', message: 'Event processed', dedup_key: dedupKey }
  return { status: 202, contentType: JSON_TYPE, answer: JSON.stringify(answer), body }
}

/** Incoming webhooks: 200 and `ok`, or 400 and one word. */
function receiveForSlack(text: string): Reception {
  const body = parseJson(text)
  const error = slackError(body)
  return { status: error ? 400 : 200, contentType: 'text/html', answer: error ?? 'ok', body: body ?? text }
}

function receiveForWebhook(text: string): Reception {
  return { status: 204, answer: '', body: parseJson(text) ?? text, rawBody: text }
}

/** Sentry answers with the event's id. */
function receiveEnvelope(text: string): Reception {
  const envelope = parseEnvelope(text)
  if (!envelope) {
    return { status: 400, contentType: JSON_TYPE, answer: '{"detail":"invalid envelope"}', body: text }
  }
  const id = envelope.header.event_id
  return { status: 200, contentType: JSON_TYPE, answer: JSON.stringify(id ? { id } : {}), body: envelope }
}

function receiveEvent(text: string): Reception {
  const body = parseJson(text) as { event_id?: string } | undefined
  if (body === undefined) {
    return { status: 400, contentType: JSON_TYPE, answer: '{"detail":"invalid event"}', body: text }
  }
  return { status: 200, contentType: JSON_TYPE, answer: JSON.stringify({ id: body?.event_id }), body }
}
