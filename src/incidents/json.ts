import type * as z from 'zod'
import { isoTime } from '../lib/clock.ts'
import type * as answers from './answers.ts'
import type { IsPublic } from './audience.ts'
import type { IncidentRecord, TimelineEntry } from './model.ts'

// What `/admin/incidents` shows: times as ISO 8601, null for what there isn't.

export const incidentJson = (
  incident: IncidentRecord,
  isPublic: IsPublic,
): z.infer<typeof answers.incident> => ({
  id: incident.id,
  source: incident.source,
  title: incident.title,
  severity: incident.severity,
  stage: incident.stage,
  monitors: incident.monitors,
  started_at: isoTime(incident.startedAtMs),
  resolved_at: isoTime(incident.resolvedAtMs),
  alert: incident.alert ?? null,
  public: isPublic(incident),
  publishes: incident.publishes ?? null,
  published_as: incident.publishedAs ?? null,
  summary: incident.summary ?? null,
  runbook: incident.runbook ?? null,
  held_back: incident.heldBack ?? null,
  timeline: incident.timeline.map(entryJson),
})

const entryJson = ({
  atMs,
  kind,
  text,
  receiver,
  by,
  stage,
}: TimelineEntry): z.infer<typeof answers.timelineEntry> => ({
  at: isoTime(atMs),
  kind,
  text: text ?? null,
  receiver: receiver ?? null,
  by: by ?? null,
  stage: stage ?? null,
})
