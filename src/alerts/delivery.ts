import { SECOND_MS } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import type { Failure, Result } from '../lib/result.ts'
import { err } from '../lib/result.ts'
import type { LedgerStore } from './ledger-store.ts'
import type { Message, PendingNotification } from './outbox.ts'
import { afterFailure, LONGEST_RETRY_AFTER_MS, notificationsOf, toMessages } from './outbox.ts'
import type { Accepted, Notification, Receiver } from './receiver.ts'
import type { LedgerSettings } from './settings.ts'
import { withDelivery } from './timeline.ts'

/** Fewer than the six connections that the platform lets wait for headers. */
const DELIVERIES_AT_ONCE = 5
/**
 * The free plan allows an invocation 50 requests: two for each message, 20 for error reports, and two to spare.
 * https://developers.cloudflare.com/workers/platform/limits/#subrequests
 */
const MESSAGES_PER_ALARM = 14
/** A receiver that has not answered by now is tried again later. */
export const DELIVERY_TIMEOUT_MS = 10 * SECOND_MS
/** A pass is kept short, so that what came to be meanwhile is sent soon. */
const LANE_MS = 15 * SECOND_MS

/**
 * Sends what is due: receivers side by side, the messages of one in a row. A receiver's turn ends with its first
 * failure, so a receiver that hangs delays the others by one timeout at most. Whatever exceeds what one alarm may send stays
 * due for the next one.
 * Each outcome is recorded as soon as it is known. A crash between a delivery and its record makes for a second
 * delivery under the same dedup key.
 */
export async function deliverDue(store: LedgerStore, settings: LedgerSettings): Promise<DeliveryPass> {
  const pass: DeliveryPass = { attempts: 0, outcomes: 0, isOver: false }
  const due = Map.groupBy(store.outbox.due(settings.clock()), ({ receiver }) => receiver)
  const lanes = [...due].map(([name, notifications]) => async () => {
    const receiver = settings.receivers.find((each) => each.name === name)
    if (receiver)
      await deliverInTurn(toMessages(notifications, receiver), { receiver, store, settings, pass })
    else bury(notifications, store, settings)
  })
  const workers = Array.from({ length: Math.min(DELIVERIES_AT_ONCE, lanes.length) }, async () => {
    for (let lane = lanes.shift(); lane; lane = lanes.shift()) await lane()
  })
  await Promise.all(workers)
  return pass
}

/** The state of one alarm's deliveries. */
export interface DeliveryPass {
  /** Messages sent so far, whatever the outcome. */
  attempts: number
  /** Notifications delivered, postponed or given up so far; none where a message was only divided. */
  outcomes: number
  /** Whether the platform refuses further requests of this invocation. */
  isOver: boolean
}

/** One receiver's turn in a pass. */
interface Turn {
  readonly receiver: Receiver
  readonly store: LedgerStore
  readonly settings: LedgerSettings
  readonly pass: DeliveryPass
}

/** Delivers one message within the time limit, whatever the receiver does. */
export async function attempt(
  receiver: Receiver,
  notifications: readonly [Notification, ...Notification[]],
  settings: LedgerSettings,
): Promise<Result<Accepted>> {
  try {
    const answer = await within(DELIVERY_TIMEOUT_MS, receiver.deliver(notifications, settings.clock()))
    return answer.ok ? answer.value : answer
  } catch (error) {
    settings.log.error('receiver_threw', { receiver: receiver.name, error })
    settings.errors.report(error, { tags: { receiver: receiver.name } })
    return err({ message: 'the receiver failed unexpectedly', retryable: true })
  }
}

async function deliverInTurn(messages: Iterable<Message>, turn: Turn): Promise<void> {
  const { clock } = turn.settings
  const startedMs = clock()
  for (const message of messages) {
    if (!(await deliverMessage(message, turn)) || clock() - startedMs > LANE_MS) return
  }
}

/** @returns whether the receiver's turn goes on */
async function deliverMessage(message: Message, turn: Turn): Promise<boolean> {
  const { receiver, store, settings, pass } = turn
  if (pass.isOver || pass.attempts >= MESSAGES_PER_ALARM) return false
  pass.attempts += 1
  const result = await attempt(receiver, notificationsOf(message), settings)
  if (result.ok) {
    pass.outcomes += message.length
    recordDelivered(message, store, settings)
    return true
  }
  const { error } = result
  if (error.unsent) {
    pass.attempts -= 1
    pass.isOver = true
    return false
  }
  if (error.tooLarge && message.length > 1) return deliverOneByOne(message, error, turn)
  pass.outcomes += message.length
  recordFailure(message, error, store, settings)
  return !error.retryable
}

/** Delivers a message that was refused for its size or form one by one, so that no alert takes others with it. */
async function deliverOneByOne(message: Message, { message: reason }: Failure, turn: Turn): Promise<boolean> {
  turn.settings.log.warn('message_divided', {
    receiver: turn.receiver.name,
    notifications: message.length,
    reason,
  })
  for (const each of message) if (!(await deliverMessage([each], turn))) return false
  return true
}

function recordDelivered(message: Message, store: LedgerStore, settings: LedgerSettings): void {
  const now = settings.clock()
  store.transaction(() => {
    for (const each of message) {
      store.outbox.settle(each.id, 'delivered', now, each.attempts + 1)
      note(each, now, store)
    }
    store.outbox.hurry(message[0].receiver, now)
  })
  for (const each of message) {
    count(settings, each.receiver, 'delivered')
    settings.log.info('notification_delivered', describe(each, each.attempts + 1))
  }
}

function recordFailure(
  message: Message,
  failure: Failure,
  store: LedgerStore,
  settings: LedgerSettings,
): void {
  const now = settings.clock()
  const random = settings.random() // one for all, so that they stay together
  const decided = message.map(
    (each) => [each, afterFailure(each, failure, now, settings.alerts.giveUpAfter, random)] as const,
  )
  store.transaction(() => {
    store.saveFailedAt(now)
    for (const [each, next] of decided) {
      const attempts = each.attempts + 1
      if (next.state === 'dead') store.outbox.settle(each.id, 'dead', now, attempts, next.reason)
      else store.outbox.postpone(each.id, next.nextAttemptAtMs, attempts, failure.message)
      if (next.state === 'dead') note(each, now, store, next.reason)
    }
    if (failure.retryable && failure.retryAfterMs !== undefined) {
      store.outbox.holdBack(message[0].receiver, now + Math.min(failure.retryAfterMs, LONGEST_RETRY_AFTER_MS))
    }
  })
  for (const [each, next] of decided) {
    if (next.state === 'dead') mourn(settings, each, each.attempts + 1, next.reason)
    else {
      count(settings, each.receiver, 'retried')
      settings.log.warn('notification_retried', {
        ...describe(each, each.attempts + 1),
        reason: failure.message,
        next_attempt_at: new Date(next.nextAttemptAtMs).toISOString(),
      })
    }
  }
}

/** What waits for a receiver that is gone from the configuration can never be delivered. */
function bury(due: readonly PendingNotification[], store: LedgerStore, settings: LedgerSettings): void {
  const reason = 'the receiver is not configured any more'
  for (const each of due) {
    const now = settings.clock()
    store.transaction(() => {
      store.outbox.settle(each.id, 'dead', now, each.attempts, reason)
      note(each, now, store, reason)
    })
    mourn(settings, each, each.attempts, reason)
  }
}

/** Files in the incident what came of a notification. */
function note(settled: PendingNotification, now: number, store: LedgerStore, deadBecause?: string): void {
  const incident = store.incidents.find(settled.notification.dedupKey)
  if (incident) store.incidents.save(withDelivery(incident, settled, now, deadBecause))
}

function mourn(settings: LedgerSettings, dead: PendingNotification, attempts: number, reason: string): void {
  count(settings, dead.receiver, 'dead')
  const fields = { ...describe(dead, attempts), reason }
  settings.log.error('notification_dead', fields)
  settings.errors.report(new Error(`A notification for ${dead.receiver} is dead: ${reason}`), {
    tags: { receiver: dead.receiver, alert: dead.notification.alert },
    contexts: { notification: fields },
  })
}

function count(settings: LedgerSettings, receiver: string, outcome: 'delivered' | 'retried' | 'dead'): void {
  settings.recorder.increment(settings.catalog.notifications, { receiver, outcome })
}

const describe = ({ receiver, notification }: PendingNotification, attempts: number) => ({
  receiver,
  alert: notification.alert,
  kind: notification.kind,
  dedup_key: notification.dedupKey,
  attempts,
})
