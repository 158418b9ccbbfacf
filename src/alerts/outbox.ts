import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../lib/clock.ts'
import type { Failure } from '../lib/result.ts'
import type { Notification, Receiver } from './receiver.ts'

/** A notification that waits for its receiver. Times in milliseconds since the epoch. */
export interface PendingNotification {
  /** Rising in the order in which notifications came to be. */
  readonly id: number
  /** The run that it came from. */
  readonly run: number
  readonly receiver: string
  readonly notification: Notification
  readonly createdAtMs: number
  readonly nextAttemptAtMs: number
  readonly attempts: number
  readonly lastError?: string
}

/** Notifications that are delivered in one call. */
export type Message = readonly [PendingNotification, ...PendingNotification[]]

/**
 * Makes messages of the notifications that are due for one receiver, in order. Those of one run share messages, as many as
 * fit into each, if the receiver groups them; at a retry too, because they fail together and are due together again.
 */
export function* toMessages(
  due: readonly PendingNotification[],
  { grouping, fits }: Pick<Receiver, 'grouping' | 'fits'>,
): Generator<Message> {
  if (grouping === 'single') {
    for (const each of due) yield [each]
    return
  }
  for (const ofRun of Map.groupBy(due, ({ run }) => run).values()) {
    let message: Message | undefined
    for (const each of ofRun) {
      const larger: Message = message ? [...message, each] : [each]
      if (message && fits && !fits(notificationsOf(larger))) {
        yield message
        message = [each]
      } else {
        message = larger
      }
    }
    if (message) yield message
  }
}

/** The notifications of a message. */
export const notificationsOf = ([first, ...rest]: Message): [Notification, ...Notification[]] => [
  first.notification,
  ...rest.map((each) => each.notification),
]

/** What becomes of a notification whose delivery failed. */
export type AfterFailure =
  | { readonly state: 'dead'; readonly reason: string }
  | { readonly state: 'pending'; readonly nextAttemptAtMs: number }

const FIRST_BACKOFF_MS = 5 * SECOND_MS
const LONGEST_BACKOFF_MS = 15 * MINUTE_MS
const SHORTEST_BACKOFF_MS = SECOND_MS
/** A receiver that asks for longer is asked again after this. */
export const LONGEST_RETRY_AFTER_MS = HOUR_MS

/**
 * Decides after a failed attempt. A failure that can't be mended by another attempt is final. Else the next attempt
 * follows after exponential backoff with full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), not before the receiver asked for it,
 * and once more when the time is up; after that it is given up.
 * @param random from 0 to 1
 */
export function afterFailure(
  failed: Pick<PendingNotification, 'createdAtMs' | 'attempts'>,
  failure: Failure,
  now: number,
  giveUpAfterMs: number,
  random: number,
): AfterFailure {
  if (!failure.retryable) return { state: 'dead', reason: failure.message }
  const deadlineMs = failed.createdAtMs + giveUpAfterMs
  if (now >= deadlineMs) return { state: 'dead', reason: `given up: ${failure.message}` }
  const backoffMs = Math.max(SHORTEST_BACKOFF_MS, random * backoffCeilingMs(failed.attempts))
  const retryAfterMs = Math.min(failure.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS)
  const nextMs = Math.ceil(now + Math.max(backoffMs, retryAfterMs))
  return {
    state: 'pending',
    // A receiver that asked us to wait is not asked sooner, not even for the last time.
    nextAttemptAtMs: Math.max(Math.min(nextMs, deadlineMs), now + retryAfterMs),
  }
}

/** The longest wait after so many earlier attempts. */
function backoffCeilingMs(attempts: number): number {
  return Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(attempts, 20))
}
