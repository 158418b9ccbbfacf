import type { Notification, Receiver } from '../../alerts/receiver.ts'
import type { PagerDutyConfig } from '../../config/receivers.ts'
import type { Fetch } from '../../lib/http-client.ts'
import { deliver } from '../http-outcome.ts'
import { acknowledgeEvent, resolveEvent, triggerEvent } from './event.ts'

/**
 * Tells PagerDuty, by its Events API v2. A reminder triggers again under the same key: an open incident gets an entry
 * in its log and pages nobody, and one that somebody closed by hand opens anew, for the alert still fires. A test
 * triggers an event of severity info and resolves it at once, so that nothing stays open.
 */
export function createPagerDutyReceiver(config: PagerDutyConfig, deps: { fetcher?: Fetch } = {}): Receiver {
  const post = (event: object, now: number) =>
    deliver(
      {
        to: 'PagerDuty',
        url: config.url,
        body: JSON.stringify({ routing_key: config.routingKey.reveal(), ...event }),
        secrets: [config.routingKey.reveal()],
        knownErrors: KNOWN_ERRORS,
      },
      now,
      deps.fetcher,
    )

  return {
    name: config.name,
    grouping: 'single',
    showsAcknowledged: true,
    async deliver([notification], now) {
      if (notification.kind === 'acknowledged') return post(acknowledgeEvent(notification), now)
      if (notification.kind === 'resolved') return post(resolveEvent(notification), now)
      const triggered = await post(triggerEvent(notification), now)
      if (!isTest(notification) || !triggered.ok) return triggered
      return post(resolveEvent(notification), now)
    },
  }
}

const isTest = (notification: Notification) => notification.kind === 'test'

/** What PagerDuty says of the mistakes that a deployer can mend. */
const KNOWN_ERRORS = [
  "Length of 'routing_key' is incorrect (should be 32 characters)",
  "'routing_key' is missing or blank",
  'Invalid routing key',
]
