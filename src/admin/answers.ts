import * as z from 'zod'
import { activeAlert, scheduler } from '../alerts/answers.ts'
import { list } from '../lib/openapi/operation.ts'
import { cacheStatistics } from '../metrics/answers.ts'

// What `/admin/metrics` answers: each part may be away for itself.

const unavailable = z.object({ status: z.literal('unavailable') })
const disabled = z.object({ status: z.literal('disabled') })

export const overview = z.object({
  cache: z.union([cacheStatistics, disabled, unavailable]),
  database: z.union([
    z.object({
      collections: list(z.object({ name: z.string(), documents: z.int() })),
      total_documents: z.int(),
    }),
    disabled,
    unavailable,
  ]),
  requests: z.union([
    z.object({
      window_seconds: z.number(),
      routes: list(
        z.object({
          route: z.string(),
          requests: z.number(),
          rate_per_second: z.number(),
          error_ratio: z.number(),
          p50_ms: z.number().nullable(),
          p95_ms: z.number().nullable(),
          p99_ms: z.number().nullable(),
        }),
      ).meta({ description: 'The busiest first' }),
    }),
    unavailable,
  ]),
  alerts: z.union([
    z.object({
      active: list(activeAlert),
      notifications: z.object({ pending: z.int(), dead: z.int() }),
    }),
    unavailable,
  ]),
  scheduler: z.union([scheduler, unavailable]),
})
