import type { Accepted } from '../alerts/receiver.ts'
import type { Fetch, HttpResponse } from '../lib/http-client.ts'
import { retryAfterMs, send } from '../lib/http-client.ts'
import { redactString } from '../lib/redact.ts'
import type { Result } from '../lib/result.ts'
import { err, ok } from '../lib/result.ts'
import { REDACTED } from '../lib/secret.ts'

/** A message to a receiver. */
export interface Delivery {
  /** What the receiver is called in failures. */
  readonly to: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** JSON. */
  readonly body: string
  /** What may not be shown, should the receiver answer with it. */
  readonly secrets: readonly string[]
  /** Words of an answer that say what is wrong; only these are shown of one that refuses. */
  readonly knownErrors?: readonly string[]
  /** As `knownErrors`: with these a message is refused for its size or form. So it is with the status 413. */
  readonly sizeErrors?: readonly string[]
}

const TIMEOUT_MS = 10_000
const MAX_SHOWN_LENGTH = 1_000

/** Posts a message, and tells what became of it: see `outcomeOf`. */
export async function deliver(delivery: Delivery, now: number, fetcher?: Fetch): Promise<Result<Accepted>> {
  const answer = await send(
    {
      url: delivery.url,
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'User-Agent': 'Edgewatch/1', ...delivery.headers },
      body: delivery.body,
      timeoutMs: TIMEOUT_MS,
    },
    fetcher,
  )
  if (!answer.ok) return err({ ...answer.error, message: `${delivery.to}: ${answer.error.message}` })
  return outcomeOf(answer.value, delivery, now)
}

/**
 * What an answer means: 2xx is accepted; 408, 429 and 5xx may be better later; a redirect and any other 4xx will not.
 * Neither the outcome nor its failure holds a secret, whatever the receiver answered.
 */
function outcomeOf(answer: HttpResponse, delivery: Delivery, now: number): Result<Accepted> {
  const { status, headers, body } = answer
  if (status >= 200 && status < 300) return ok({ status, body: shown(body, delivery.secrets) })

  const tooLarge = status === 413 || (delivery.sizeErrors ?? []).some((each) => body.includes(each))
  const known = [...(delivery.sizeErrors ?? []), ...(delivery.knownErrors ?? [])].find((each) =>
    body.includes(each),
  )
  const reason = known ? `: ${known}` : status >= 300 && status < 400 ? ': redirects are not followed' : ''
  const waitMs = retryAfterMs(headers, now)
  return err({
    message: `${delivery.to} answered ${status}${reason}`,
    retryable: status === 408 || status === 429 || status >= 500,
    ...(waitMs !== undefined && { retryAfterMs: waitMs }),
    ...(tooLarge && { tooLarge }),
  })
}

/** What may not be shown of a secret URL: itself, its path and its query. */
export function secretsOf(url: string): string[] {
  const { pathname = '', search = '' } = URL.parse(url) ?? {}
  return [url, pathname, search].filter((part) => part.length > 1)
}

function shown(body: string, secrets: readonly string[]): string {
  return secrets.some((secret) => body.includes(secret)) ? REDACTED : redactString(body, MAX_SHOWN_LENGTH)
}
