import * as z from 'zod'
import { list, time } from '../lib/openapi/operation.ts'

// What `/events` and `/admin/business` answer.

export const eventsTaken = z.object({
  accepted: z.int(),
  duplicates: z.int().meta({ description: 'Events whose `id` was known: they count once' }),
  rejected: list(
    z.object({ index: z.int().meta({ description: 'From 0' }), field: z.string(), reason: z.string() }),
  ),
})

const backlog = z.object({
  backlog: z.int().meta({ description: 'Events that wait to be counted or written' }),
  max_backlog: z.int(),
})

const problem = z.string().optional().meta({ description: 'Why the last attempt to ask MongoDB failed' })

const report = z.object({
  status: z.enum(['fresh', 'stale']),
  problem,
  asked_at: time,
  age_seconds: z.int(),
  daily_active_users: list(z.object({ date: z.iso.date(), dau: z.int() })).meta({
    description: '30 days in UTC, oldest first',
  }),
  revenue_by_tier: list(z.object({ tier: z.string(), customers: z.int(), mrr: z.number() })),
  revenue_by_day: list(z.object({ date: z.iso.date(), mrr: z.number() })).meta({
    description: 'Monthly revenue on each day as it was last asked then: up to 90 days in UTC, oldest first',
  }),
  total_mrr: z.number().meta({ description: 'Monthly revenue in US dollars' }),
  framework_usage: list(
    z.object({
      framework: z.string(),
      usage_count: z.int(),
      avg_coverage: z.number().nullable().meta({ description: 'In percent' }),
    }),
  ).meta({ description: 'Of the last 7 days' }),
  events: backlog,
})

export const business = z.union([
  report,
  z.object({ status: z.literal('unavailable'), problem, events: backlog }),
  z.object({ status: z.literal('disabled') }),
])
