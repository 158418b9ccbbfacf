import { zValidator } from '@hono/zod-validator'
import type { ValidationTargets } from 'hono'
import type { ZodType } from 'zod'
import { HttpError } from './http-error.ts'

/**
 * Checks a part of a request against a schema; what is wrong with it becomes a 400 that names every field.
 * The handler reads the result with `c.req.valid(target)`.
 */
export const validate = <Schema extends ZodType, Target extends keyof ValidationTargets>(
  target: Target,
  schema: Schema,
) =>
  zValidator(target, schema, (result) => {
    if (result.success) return
    const details = result.error.issues.map((issue) => ({
      field: issue.path.map(String).join('.') || target,
      message: issue.message,
    }))
    const first = details[0]
    throw new HttpError(
      400,
      'invalid_request',
      first ? `${first.field}: ${first.message}` : 'invalid request',
      {
        details,
      },
    )
  })
