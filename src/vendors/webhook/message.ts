import type { Notification } from '../../alerts/receiver.ts'
import { oneLine } from '../../lib/text.ts'
import { webUrl } from '../../lib/web-url.ts'

/** Changes only when a reader of the earlier one would misread it; more fields are no such change. */
const VERSION = 1
// Standard Webhooks advises to stay below 20 KB.
const MAX_FIELD_LENGTH = 500
const MAX_LABELS = 30
const MAX_LABEL_NAME_LENGTH = 64
const MAX_LABEL_LENGTH = 200

/** The body that is posted of a notification: see docs/webhook.md. */
export function webhookBody(notification: Notification): object {
  const { kind, severity, value, runbook, source, startedAtMs, resolvedAtMs, createdAtMs } = notification
  const toldAtMs = createdAtMs ?? resolvedAtMs ?? startedAtMs
  return {
    type: `alert.${kind}`,
    version: VERSION,
    timestamp: new Date(toldAtMs).toISOString(),
    data: {
      dedup_key: notification.dedupKey,
      alert: notification.alert,
      status: kind === 'resolved' ? 'resolved' : kind === 'test' ? 'test' : 'firing',
      severity,
      summary: text(notification.summary),
      condition: text(notification.condition),
      value: value === undefined ? null : text(value),
      started_at: new Date(startedAtMs).toISOString(),
      resolved_at: resolvedAtMs === undefined ? null : new Date(resolvedAtMs).toISOString(),
      labels: shownLabels(notification.labels),
      runbook: webUrl(runbook) ?? null,
      source: {
        service: text(source.service),
        environment: text(source.environment),
        url: webUrl(source.url) ?? null,
      },
    },
  }
}

/**
 * The `webhook-id` of a notification: the same at each attempt, another one for each notification. A digest, for it
 * may hold no full stop: `id.timestamp.body` is what is signed.
 */
export async function messageId({ dedupKey, kind, createdAtMs }: Notification): Promise<string> {
  const identity = JSON.stringify([dedupKey, kind, createdAtMs ?? null])
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(identity))
  return `msg_${Buffer.from(digest).toString('hex').slice(0, 32)}`
}

const text = (value: string): string => oneLine(value, MAX_FIELD_LENGTH)

function shownLabels(labels: Notification['labels']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels)
      .slice(0, MAX_LABELS)
      .map(([name, value]) => [oneLine(name, MAX_LABEL_NAME_LENGTH), oneLine(value, MAX_LABEL_LENGTH)]),
  )
}
