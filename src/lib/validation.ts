import { zValidator } from '@hono/zod-validator'
import type { Context, ValidationTargets } from 'hono'
import type { ZodError, ZodType } from 'zod'
import { type FieldMistake, HttpError, invalidRequest } from './http-error.ts'
import { plainMessage } from './plain-message.ts'

/** What a middleware of `validate` checks. */
export interface Validation {
  readonly target: keyof ValidationTargets
  readonly schema: () => Promise<ZodType>
}

const validations = new WeakMap<object, Validation>()

/** What a handler of a route checks; undefined where it is not one of `validate`. The API's description reads it. */
export const validationOf = (handler: object): Validation | undefined => validations.get(handler)

/**
 * Checks a part of a request against a schema; what is wrong with it becomes a 400 that names every field, and a body
 * of another media type than JSON a 415. The handler reads the result with `c.req.valid(target)`.
 * @param schema see `lazySchema`
 */
export const validate = <Schema extends ZodType, Target extends keyof ValidationTargets>(
  target: Target,
  schema: () => Promise<Schema>,
) => {
  const create = (made: Schema) =>
    zValidator(
      target,
      made,
      async (result, c) => {
        if (target === 'json' && (await hasUnreadBody(c))) {
          throw new HttpError(
            415,
            'unsupported_media_type',
            'Content-Type: the body must be sent as application/json',
          )
        }
        if (result.success) return
        throw invalidRequest(fieldMistakes(result.error, target === 'json' ? 'body' : target))
      },
      // `never`: the declared result of this function leaves no room for an error without the schema's own type.
      { validationFunction: (_, value) => made.safeParseAsync(value, { error: plainMessage }) as never },
    )
  let validator: ReturnType<typeof create> | undefined
  const middleware: ReturnType<typeof create> = async (c, next) => {
    validator ??= create(await schema())
    return validator(c, next)
  }
  validations.set(middleware, { target, schema })
  return middleware
}

/** What is wrong with each field, by its path. @param whole what stands there for all of them together, such as `body` */
export const fieldMistakes = ({ issues }: Pick<ZodError, 'issues'>, whole: string): FieldMistake[] =>
  issues.flatMap((issue) => {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : [undefined]
    return keys.map((key) => {
      const path = key === undefined ? issue.path : [...issue.path, key]
      return { field: path.map(String).join('.') || whole, message: issue.message }
    })
  })

/** Hono reads a body only where it is said to be JSON, and takes any other for an empty object. */
const hasUnreadBody = async ({ req }: Context): Promise<boolean> =>
  !req.raw.bodyUsed && (await req.text()) !== ''
