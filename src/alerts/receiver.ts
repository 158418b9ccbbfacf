import type { Severity } from '../config/severity.ts'
import type { Result } from '../lib/result.ts'

/** What is told of an incident. Times in milliseconds since the epoch. */
export interface Notification {
  readonly kind: 'firing' | 'reminder' | 'acknowledged' | 'resolved' | 'test'
  /** One per incident, the same from its first notification to its last. At most 255 characters. */
  readonly dedupKey: string
  /** The rule's id. */
  readonly alert: string
  readonly severity: Severity
  /** One line, with values filled in. */
  readonly summary: string
  readonly startedAtMs: number
  /** When this notification came to be: the same at every attempt to deliver it, another one for each reminder. */
  readonly createdAtMs?: number
  readonly resolvedAtMs?: number
  /** What was measured, with its unit, such as `7.2 %`. */
  readonly value?: string
  /** The condition in words, such as `error_ratio > 0.05 over 5m`. */
  readonly condition: string
  readonly labels: Readonly<Record<string, string>>
  readonly runbook?: string
  /** Name and environment of the service that tells, and where its alerts are shown. */
  readonly source: { readonly service: string; readonly environment: string; readonly url?: string }
}

/** What the other side said when it accepted; for `/admin/alerts/test`. */
export interface Accepted {
  readonly status: number
  readonly body: string
}

/**
 * Somebody to tell. An adapter in `vendors/` implements it. Failures say whether another try may help: no connection,
 * a timeout, 429 and 5xx may be retried, another 4xx may not.
 */
export interface Receiver {
  readonly name: string
  /** Whether notifications of one run may share a message. */
  readonly grouping: 'single' | 'shared'
  /** Whether these fit into one message. A single one always fits; without this function, any number does. */
  fits?(notifications: readonly [Notification, ...Notification[]]): boolean
  /** Whether it can show acknowledgments. Only then is it notified of them. */
  readonly showsAcknowledged?: boolean
  /**
   * Delivers one message: exactly one notification where `grouping` is `single`. Makes two requests at most. Never
   * throws.
   */
  deliver(notifications: readonly [Notification, ...Notification[]], now: number): Promise<Result<Accepted>>
}
