import * as z from 'zod'
import { list, time } from '../lib/openapi/operation.ts'
import { CHECK_NAMES } from './status.ts'

// What the health routes answer, in both media types.

const status = z.enum(['healthy', 'degraded', 'unhealthy'])

export const live = z.object({ status: z.literal('alive') })

export const health = z.object({
  status,
  version: z.string(),
  environment: z.string(),
  services: z.object({
    database: z
      .string()
      .meta({ description: '`connected`, `disconnected`, `unknown`, `disabled`, or for admins why' }),
    cache: z.string().meta({ description: 'As `database`' }),
    scheduler: z.enum(['running', 'late', 'unknown']),
  }),
})

export const ready = z.union([
  z.object({ status: z.literal('ready') }),
  z.object({ status: z.literal('not ready'), reason: z.string() }),
])

export const detailed = z.object({
  status,
  checks: z.record(z.enum(CHECK_NAMES), z.enum(['healthy', 'warning', 'unhealthy', 'unknown', 'disabled'])),
  metrics: z.record(z.string(), z.number()).meta({ description: 'For admins; empty for others' }),
  messages: z
    .partialRecord(z.enum(CHECK_NAMES), z.string())
    .optional()
    .meta({ description: 'What is wrong; for admins' }),
  disabled: list(z.object({ part: z.string(), missing: list(z.string()).optional() }))
    .optional()
    .meta({
      description:
        'Parts that are off because a variable or secret is not set; admins see its name in `missing`',
    }),
})

const draftStatus = z.enum(['pass', 'warn', 'fail'])

/** @see https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06#section-4 */
export const componentDetails = z.object({
  componentId: z.string().optional(),
  componentType: z.enum(['component', 'datastore', 'system']),
  observedValue: z.number().optional(),
  observedUnit: z.string().optional(),
  status: draftStatus,
  time,
  output: z.string().optional(),
})

/** @see https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06#section-3 */
export const healthJson = z
  .object({
    status: draftStatus,
    version: z.string(),
    releaseId: z.string(),
    serviceId: z.string(),
    description: z.string(),
    output: z.string().optional(),
    notes: list(z.string()).optional(),
    checks: z.record(z.string(), list(componentDetails)).optional().meta({
      description: 'By component and measurement, such as `mongodb:responseTime`',
    }),
  })
  .meta({ id: 'HealthJson' })
