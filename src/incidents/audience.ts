import { monitorAlertId } from '../config/monitor-ids.ts'
import type { IncidentRecord } from './model.ts'

/** Decides whether the status page shows an incident; the others are internal. */
export type IsPublic = (incident: Pick<IncidentRecord, 'source' | 'alert' | 'monitors'>) => boolean

/**
 * Public are the incidents of public monitors, and those that people posted about a public monitor or about none. An
 * incident of a rule reveals internals, so it never is: a person publishes one to tell the public.
 */
export function publicIncidentsOf(publicIds: Iterable<string>): IsPublic {
  const ids = new Set(publicIds)
  const alerts = new Set([...ids].map(monitorAlertId))
  return ({ source, alert, monitors }) => {
    // Its title names the monitor that opened it, whatever it was attached to later.
    if (source === 'monitor') return alert !== undefined && alerts.has(alert)
    return source === 'person' && (monitors.length === 0 || monitors.some((id) => ids.has(id)))
  }
}
