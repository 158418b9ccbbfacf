import * as z from 'zod'
import type { OperationGroup } from '../lib/openapi/operation.ts'
import { json } from '../lib/openapi/operation.ts'
// Handing over all of Zod would put its languages, half a megabyte, into the bundle.
import * as requestZod from '../lib/zod.ts'
import * as answers from './answers.ts'
import { eventSchemaOf } from './events.ts'

const overview: z.infer<typeof answers.business> = {
  status: 'fresh',
  asked_at: '2026-11-21T09:00:02.000Z',
  age_seconds: 840,
  daily_active_users: [{ date: '2026-11-21', dau: 412 }],
  revenue_by_tier: [{ tier: 'growth', customers: 12, mrr: 2388 }],
  revenue_by_day: [{ date: '2026-11-21', mrr: 2388 }],
  total_mrr: 2388,
  framework_usage: [{ framework: 'GRI', usage_count: 90, avg_coverage: 71.5 }],
  events: { backlog: 0, max_backlog: 100_000 },
}

/** The routes of business events and numbers. */
export const businessOperations: OperationGroup = {
  tag: 'business',
  description: 'What applications tell of their business, and how it does',
  operations: {
    'POST /events': {
      operationId: 'sendEvents',
      summary: 'Tell of up to 500 events',
      description: 'Each event is checked by itself: the good ones are taken, the others named.',
      access: 'ingest',
      json: {
        schema: z.strictObject({ events: z.array(eventSchemaOf(requestZod)).min(1).max(500) }),
        example: {
          events: [
            { type: 'analysis_completed', id: 'a-1', framework: 'GRI', user_tier: 'growth' },
            { type: 'increment', metric: 'signups_total', labels: { plan: 'starter' }, by: 1 },
          ],
        },
      },
      answers: {
        202: json('At least one was taken, or known', answers.eventsTaken, {
          accepted: 1,
          duplicates: 0,
          rejected: [{ index: 1, field: 'metric', reason: 'no counter of this name is declared' }],
        }),
      },
      errors: {
        503: 'Not configured; or too many events wait, and none of these was taken; or temporarily unavailable',
      },
    },
    'GET /admin/business': {
      operationId: 'getBusiness',
      summary: 'Active users, revenue by tier, use of frameworks',
      access: 'admin',
      answers: { 200: json('The numbers, at most an hour old', answers.business, overview) },
    },
    'POST /admin/business/refresh': {
      operationId: 'refreshBusiness',
      summary: 'Ask for the numbers anew',
      access: 'admin',
      answers: { 200: json('The numbers', answers.business, overview) },
    },
  },
}
