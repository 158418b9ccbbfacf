import * as z from 'zod'
import { LOCATION_HINTS, type Location } from '../config/locations.ts'
import { list, time } from '../lib/openapi/operation.ts'

// What `/admin/monitors` and `/admin/maintenance` answer. Null stands for what there isn't.

const place = z.enum(['internal', ...(Object.keys(LOCATION_HINTS) as Location[])])
const ratio = z.number().min(0).max(1)
const date = z.iso.date()
const seen = z.enum(['up', 'degraded', 'down', 'unknown'])
const outcome = z.enum(['up', 'slow', 'failed', 'unknown'])

const measured = {
  at: time,
  outcome,
  latency_ms: z.number().nullable(),
  reason: z.string().nullable().meta({ description: 'What was expected, and what came' }),
}

export const check = z.object({ region: place, ...measured })

export const region = z.object({
  region: place,
  colo: z
    .string()
    .nullable()
    .meta({ description: 'The Cloudflare data center that runs the checks, such as FRA' }),
  state: seen,
  last_check: z.object(measured).nullable(),
})

export const monitor = z
  .object({
    id: z.string(),
    name: z.string(),
    type: z.enum(['http', 'tcp', 'dns', 'service', 'mongodb', 'redis', 'heartbeat']),
    group: z.string().nullable(),
    target: z
      .string()
      .nullable()
      .meta({ description: 'What is checked, without what may be secret in a URL' }),
    state: z.enum(['up', 'degraded', 'down', 'unknown', 'maintenance']),
    seen: seen.meta({ description: 'What the checks say, during maintenance too' }),
    since: time.nullable(),
    reason: z.string().nullable(),
    blocked_by: z
      .string()
      .nullable()
      .meta({ description: 'The id of a monitor that is down and that this one depends on' }),
    regions: list(region),
  })
  .meta({ id: 'Monitor' })

export const day = z.object({
  date,
  uptime: ratio.nullable(),
  seconds: z
    .object({
      up: z.number(),
      degraded: z.number(),
      down: z.number(),
      unknown: z.number(),
      maintenance: z.number(),
    })
    .meta({ description: 'How long each state lasted' }),
})

export const latencyPoint = z.object({
  at: time,
  p50_ms: z.number().nullable(),
  p95_ms: z.number().nullable(),
})

export const history = z.object({
  uptime_90_days: ratio
    .nullable()
    .meta({ description: 'Up and degraded time, of the time that was measured' }),
  days: list(day).meta({ description: 'The last 90 days in UTC, oldest first' }),
  latency: list(latencyPoint).meta({ description: 'The last 24 hours in quarters, oldest first' }),
})

export const monitors = z.object({
  judged_at: time.nullable(),
  warnings: list(z.string()).meta({ description: 'What keeps the checks from telling what they should' }),
  monitors: list(monitor),
})

export const monitorWithHistory = monitor.extend(history.shape)

export const checks = z.object({ id: z.string(), from: time, to: time, checks: list(check) })

export const maintenance = z
  .object({
    id: z.string().nullable().meta({ description: 'Null for a window of the configuration' }),
    title: z.string(),
    monitors: list(z.string()).meta({ description: 'Ids; empty where it concerns all' }),
    from: time,
    to: time,
  })
  .meta({ id: 'Maintenance' })

export const maintenanceList = z.object({ maintenance: list(maintenance) })

export const beat = z.object({ id: z.string(), beat: z.enum(['start', 'done', 'fail']) })
