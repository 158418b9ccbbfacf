import * as z from 'zod'
import { STAGES } from '../incidents/model.ts'
import { list, time } from '../lib/openapi/operation.ts'

// What `/status.json` answers. Null stands for what there isn't.

const stage = z.enum(STAGES)
const percent = z.number().min(0).max(100)
const state = z.enum(['up', 'degraded', 'down', 'unknown', 'maintenance'])

const publicMonitor = z
  .object({
    id: z.string(),
    name: z.string(),
    group: z.string().nullable(),
    address: z.string().optional(),
    state,
    since: time.nullable(),
    reason: z.string().optional(),
    uptime_percent: z
      .object({ '7d': percent.nullable(), '30d': percent.nullable(), '90d': percent.nullable() })
      .meta({ description: 'Up and degraded time, of the time that was measured' }),
    latency_ms: z.object({ p50: z.number().nullable(), p95: z.number().nullable() }).nullable(),
    days: list(
      z.object({
        date: z.iso.date(),
        state: z.enum([...state.options, 'none']),
        uptime_percent: percent.nullable(),
        down_seconds: z.int(),
      }),
    ).meta({ description: 'The last 90 days in UTC, oldest first' }),
  })
  .meta({ id: 'PublicMonitor' })

const publicIncident = z
  .object({
    id: z.string(),
    title: z.string(),
    stage,
    started_at: time,
    resolved_at: time.nullable(),
    monitors: list(z.string()).meta({ description: 'Ids' }),
    updates: list(z.object({ at: time, stage, text: z.string() })).meta({ description: 'Latest first' }),
  })
  .meta({ id: 'PublicIncident' })

export const status = z.object({
  title: z.string(),
  state: z.enum(['operational', 'degraded', 'partial_outage', 'major_outage', 'maintenance', 'unknown']),
  description: z.string().meta({ description: 'The state in words' }),
  checked_at: time.nullable(),
  outdated: z.boolean().meta({ description: 'Whether that is too long ago to say how things are' }),
  monitors: list(publicMonitor),
  incidents: list(publicIncident),
  maintenance: list(
    z.object({
      title: z.string(),
      from: time,
      to: time,
      under_way: z.boolean(),
      monitors: list(z.string()).meta({ description: 'Names; empty where it concerns all' }),
    }),
  ),
})
