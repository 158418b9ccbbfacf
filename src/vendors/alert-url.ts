import type { Notification } from '../alerts/receiver.ts'
import { webUrl } from '../lib/web-url.ts'

/**
 * Where the dashboard shows an alert, to acknowledge or silence it; undefined where the service doesn't know where it is
 * reached. The alert is in the query: a fragment never reaches the server, so signing in would lose it.
 */
export function alertUrl({ alert, source }: Pick<Notification, 'alert' | 'source'>): string | undefined {
  const serviceUrl = webUrl(source.url)
  return serviceUrl && new URL(`/admin/pages/alerts?alert=${alert}`, serviceUrl).href
}
