import { publicIncidentsOf } from '../incidents/audience.ts'
import type { IncidentRecord, IncidentStage, IncidentUpdate } from '../incidents/model.ts'

/** An incident as the public sees it. */
export interface PublicIncident {
  readonly id: string
  readonly title: string
  /** Whether a monitor opened it, rather than a person. */
  readonly automatic: boolean
  readonly stage: IncidentStage
  readonly startedAtMs: number
  readonly resolvedAtMs?: number
  /** Ids and names of the public monitors concerned. */
  readonly monitorIds: readonly string[]
  readonly monitors: readonly string[]
  /** What people wrote, latest first. */
  readonly updates: readonly IncidentUpdate[]
}

/**
 * The incidents that the public may know of, latest first; see `publicIncidentsOf`.
 * @param nameOf the public monitors, by id
 */
export function publicIncidents(
  incidents: readonly IncidentRecord[],
  nameOf: ReadonlyMap<string, string>,
): PublicIncident[] {
  return incidents
    .filter(publicIncidentsOf(nameOf.keys()))
    .map((incident) => publicIncident(incident, nameOf))
    .sort((a, b) => b.startedAtMs - a.startedAtMs)
}

function publicIncident(incident: IncidentRecord, nameOf: ReadonlyMap<string, string>): PublicIncident {
  const { id, title, source, stage, startedAtMs, resolvedAtMs } = incident
  const monitorIds = incident.monitors.filter((each) => nameOf.has(each))
  return {
    id,
    title,
    automatic: source === 'monitor',
    stage,
    startedAtMs,
    ...(resolvedAtMs !== undefined && { resolvedAtMs }),
    monitorIds,
    monitors: monitorIds.map((each) => nameOf.get(each)!),
    updates: incident.timeline
      .filter((entry) => entry.kind === 'update' && entry.text)
      .map((entry) => ({ atMs: entry.atMs, stage: entry.stage ?? stage, text: entry.text! }))
      .sort((a, b) => b.atMs - a.atMs),
  }
}
