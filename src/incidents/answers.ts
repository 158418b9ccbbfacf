import * as z from 'zod'
import { runbook } from '../alerts/answers.ts'
import { SEVERITIES } from '../config/severity.ts'
import { list, time } from '../lib/openapi/operation.ts'
import { STAGES } from './model.ts'

// What `/admin/incidents` answers. Null stands for what there isn't.

const stage = z.enum(STAGES)

export const timelineEntry = z
  .object({
    at: time,
    kind: z.enum([
      'opened',
      'held_back',
      'silenced',
      'released',
      'told',
      'not_told',
      'acknowledged',
      'resolved',
      'update',
    ]),
    text: z.string().nullable(),
    receiver: z.string().nullable(),
    by: z.string().nullable(),
    stage: stage.nullable(),
  })
  .meta({ id: 'TimelineEntry' })

export const incident = z
  .object({
    id: z.string(),
    source: z.enum(['monitor', 'rule', 'person']).meta({ description: 'Who opened it' }),
    title: z.string(),
    severity: z.enum(SEVERITIES),
    stage,
    monitors: list(z.string()).meta({ description: 'Ids of the monitors that it is about' }),
    started_at: time,
    resolved_at: time.nullable(),
    alert: z.string().nullable(),
    public: z.boolean().meta({ description: 'Whether the status page shows it, with its updates' }),
    publishes: z
      .string()
      .nullable()
      .meta({ description: 'The id of the internal incident that this one publishes' }),
    published_as: z
      .string()
      .nullable()
      .meta({ description: 'The id of the public incident that publishes this one' }),
    summary: z.string().nullable().meta({ description: 'What was seen, and why; not for the public' }),
    runbook,
    held_back: z.string().nullable().meta({ description: 'Why nobody is, or was, told' }),
    timeline: list(timelineEntry).meta({ description: 'Oldest first' }),
  })
  .meta({ id: 'Incident' })

export const incidents = z.object({
  open: list(incident),
  past: list(incident).meta({ description: 'Of the last 90 days, latest first' }),
  missing: list(z.enum(['ledger', 'book'])).meta({
    description: 'What could not be read: what monitors and rules opened, or what people wrote',
  }),
})
