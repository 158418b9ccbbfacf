import type { Notification } from '../../alerts/receiver.ts'
import { oneLine } from '../../lib/text.ts'
import { webUrl } from '../../lib/web-url.ts'
import { alertUrl } from '../alert-url.ts'

// https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
const MAX_SUMMARY_LENGTH = 1024
// An event may be 512 KB; a part of it that long helps nobody.
const MAX_FIELD_LENGTH = 1024
const MAX_LABELS = 50

/** An event that opens the incident of a notification, or adds to its log while it is open. */
export function triggerEvent(notification: Notification): object {
  const { alert, severity, condition, value, labels, source } = notification
  const runbook = webUrl(notification.runbook)
  const url = alertUrl(notification)
  const links = [
    ...(runbook ? [{ href: runbook, text: 'Runbook' }] : []),
    ...(url ? [{ href: url, text: field(source.service) }] : []),
  ]
  return {
    event_action: 'trigger',
    dedup_key: notification.dedupKey,
    payload: {
      summary: oneLine(notification.summary, MAX_SUMMARY_LENGTH) || field(alert),
      source: field(source.service) || 'Edgewatch',
      severity: notification.kind === 'test' ? 'info' : severity,
      timestamp: new Date(notification.startedAtMs).toISOString(),
      component: field(labels.component ?? alert),
      group: field(source.environment),
      class: field(alert),
      custom_details: {
        condition: field(condition),
        ...(value !== undefined && { value: field(value) }),
        ...(notification.kind === 'reminder' && { reminder: 'still firing' }),
        environment: field(source.environment),
        labels: shownLabels(labels),
      },
    },
    ...(links.length > 0 && { links }),
    client: field(source.service) || 'Edgewatch',
    ...(url && { client_url: url }),
  }
}

/** An event that acknowledges the incident of a notification: PagerDuty stops escalating it. */
export function acknowledgeEvent({ dedupKey }: Notification): object {
  return { event_action: 'acknowledge', dedup_key: dedupKey }
}

/** An event that closes the incident of a notification. */
export function resolveEvent({ dedupKey }: Notification): object {
  return { event_action: 'resolve', dedup_key: dedupKey }
}

const field = (text: string): string => oneLine(text, MAX_FIELD_LENGTH)

function shownLabels(labels: Notification['labels']): Record<string, string> {
  const shown = Object.entries(labels).slice(0, MAX_LABELS)
  return Object.fromEntries(shown.map(([name, value]) => [oneLine(name, 100), field(value)]))
}
