import * as z from 'zod'
import { errorBody, list, time } from '../lib/openapi/operation.ts'

// What `/admin/pushed` and OTLP answer. Null stands for what there isn't.

const pushedMetric = z.object({
  name: z.string(),
  type: z.enum(['counter', 'gauge', 'histogram', 'summary', 'untyped']),
  help: z.string(),
  samples: z.int(),
})

export const group = z
  .object({
    labels: z.record(z.string(), z.string()).readonly(),
    pushed_at: time.nullable(),
    failed_at: time.nullable().meta({ description: 'When a push into it was last refused' }),
    expires_at: time.nullable().meta({ description: 'When it goes away, unless it is pushed again' }),
    samples: z.int(),
    metrics: list(pushedMetric),
  })
  .meta({ id: 'PushedGroup' })

export const groups = z.object({ groups: list(group) })

/** @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-response */
export const exported = z.object({
  partialSuccess: z
    .object({
      rejectedDataPoints: z.string().meta({ description: 'A number: 64-bit integers are text in OTLP' }),
      errorMessage: z.string(),
    })
    .optional()
    .meta({
      description:
        'There where points were rejected, which must not be sent again; with 0 rejected it is a warning',
    }),
})

/** Errors of OTLP: a `google.rpc.Status`, beside the shape that errors have elsewhere. */
export const otlpError = errorBody
  .extend({ code: z.int().meta({ description: 'A `google.rpc.Code`' }), message: z.string() })
  .meta({ id: 'OtlpError' })
