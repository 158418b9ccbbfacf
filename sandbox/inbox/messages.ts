import type { IncomingHttpHeaders } from 'node:http'

/** Who can receive messages here. */
export type Receiver = 'slack' | 'pagerduty' | 'webhook' | 'sentry'

/** A message that came in, with what was answered. */
export interface InboxMessage {
  /** Counts up from 1. */
  readonly id: number
  readonly receiver: Receiver
  /** Without the query. */
  readonly path: string
  /** Without those that hold secrets. */
  readonly headers: Readonly<Record<string, string>>
  /** Parsed: JSON, or an envelope of Sentry; text where it is neither. */
  readonly body: unknown
  /** The webhook's body as sent, over which its signature is made. */
  readonly rawBody?: string
  /** When it came, ISO 8601. */
  readonly time: string
  /** The HTTP status and body that it was answered with. */
  readonly status: number
  readonly answer: string
}

const MAX_MESSAGES = 1_000
const SECRET_HEADER = /^(authorization|proxy-authorization|cookie|x-sentry-auth)$|token|secret|api-key/i

/** The newest 1,000 messages, oldest first. */
export class Messages {
  #messages: InboxMessage[] = []
  #lastId = 0
  /** Changes whenever the list does. */
  version = 0

  list(): readonly InboxMessage[] {
    return this.#messages
  }

  add(message: Omit<InboxMessage, 'id'>): void {
    this.#messages.push({ id: ++this.#lastId, ...message })
    if (this.#messages.length > MAX_MESSAGES) this.#messages.shift()
    this.version++
  }

  clear(): void {
    this.#messages = []
    this.version++
  }
}

/** Headers as they may be shown. */
export function withoutSecrets(headers: IncomingHttpHeaders): Record<string, string> {
  const shown = Object.entries(headers).filter(([name]) => !SECRET_HEADER.test(name))
  return Object.fromEntries(shown.map(([name, value]) => [name, String(value)]))
}
