import type { IncidentRecord, TimelineEntry } from './model.ts'

// What `/admin/incidents` shows: times as ISO 8601, null for what there isn't.

const iso = (atMs: number | undefined) => (atMs === undefined ? null : new Date(atMs).toISOString())

export const incidentJson = (incident: IncidentRecord) => ({
  id: incident.id,
  source: incident.source,
  title: incident.title,
  severity: incident.severity,
  stage: incident.stage,
  monitors: incident.monitors,
  started_at: iso(incident.startedAtMs),
  resolved_at: iso(incident.resolvedAtMs),
  alert: incident.alert ?? null,
  summary: incident.summary ?? null,
  held_back: incident.heldBack ?? null,
  timeline: incident.timeline.map(entryJson),
})

const entryJson = ({ atMs, kind, text, receiver, by, stage }: TimelineEntry) => ({
  at: iso(atMs),
  kind,
  text: text ?? null,
  receiver: receiver ?? null,
  by: by ?? null,
  stage: stage ?? null,
})
