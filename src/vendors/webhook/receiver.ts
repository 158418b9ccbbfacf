import type { Receiver } from '../../alerts/receiver.ts'
import type { WebhookConfig } from '../../config/receivers.ts'
import type { Fetch } from '../../lib/http-client.ts'
import { deliver, secretsOf } from '../http-outcome.ts'
import { messageId, webhookBody } from './message.ts'
import { signature } from './signature.ts'

/**
 * Tells an HTTP endpoint, signed as Standard Webhooks says: see docs/webhook.md. A retry has the same `webhook-id`
 * and body, and a time and signature of its own.
 */
export function createWebhookReceiver(config: WebhookConfig, deps: { fetcher?: Fetch } = {}): Receiver {
  return {
    name: config.name,
    grouping: 'single',
    async deliver([notification], now) {
      const url = config.url.reveal()
      const secret = config.secret.reveal()
      const body = JSON.stringify(webhookBody(notification))
      const id = await messageId(notification)
      const timestamp = String(Math.floor(now / 1000))
      const signed = await signature(secret, { id, timestamp, body })
      return deliver(
        {
          to: 'the webhook',
          url,
          headers: { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signed },
          body,
          secrets: [secret, ...secretsOf(url)],
        },
        now,
        deps.fetcher,
      )
    },
  }
}
