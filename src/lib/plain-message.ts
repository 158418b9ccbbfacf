import type * as z from 'zod'

/**
 * What is wrong with a value, for the person who sent it: to be given to Zod as `error`. Messages that a schema has itself
 * go before these.
 */
export function plainMessage(issue: z.core.$ZodRawIssue): string {
  const expected = expectation(issue as unknown as z.core.$ZodIssue)
  if (expected === undefined) return messageOf(issue as unknown as z.core.$ZodIssue)
  return inputOf(issue) === undefined ? `is missing; ${expected} is expected` : `must be ${expected}`
}

/** The value that is wrong: of a union that goes by one of its fields, that field's. */
function inputOf({ input, discriminator }: z.core.$ZodRawIssue): unknown {
  return typeof discriminator === 'string' ? Object(input)[discriminator] : input
}

/** The noun for what has to be there; undefined where the value itself is of the right kind. */
function expectation(issue: z.core.$ZodIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return NOUNS[issue.expected] ?? `a ${issue.expected}`
    case 'invalid_value':
      return oneOf(issue.values)
    case 'invalid_union':
      if ('options' in issue && issue.options)
        return oneOf(issue.options.filter((each) => each !== undefined))
      return undefined
    case 'invalid_format':
      return FORMATS[issue.format]
    default:
      return undefined
  }
}

const NOUNS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
}

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'a time such as 2026-01-31T12:00:00Z',
  url: 'a URL',
}

const oneOf = (values: readonly unknown[]): string =>
  `${values.length > 1 ? 'one of ' : ''}${values.map(String).join(', ')}`

function messageOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return 'is not known'
    case 'too_small':
      return bounded('at least', issue.minimum, issue.inclusive, issue.origin)
    case 'too_big':
      return bounded('at most', issue.maximum, issue.inclusive, issue.origin)
    case 'invalid_union':
      return [...new Set(issue.errors.flat().map(({ message }) => message))].join(', or ') || 'is not valid'
    case 'invalid_key':
    case 'invalid_element':
      return issue.issues[0]?.message ?? 'is not valid'
    default:
      return 'is not valid'
  }
}

function bounded(
  bound: string,
  limit: number | bigint,
  isInclusive: boolean | undefined,
  origin: string,
): string {
  const isCounted = ['string', 'array', 'set', 'map', 'object'].includes(origin)
  if (isCounted && bound === 'at least' && limit === 1) return 'must not be empty'
  if (origin === 'string') return `must be ${bound} ${limit} characters long`
  if (isCounted) return `must have ${bound} ${limit} items`
  if (isInclusive === false) return `must be ${bound === 'at least' ? 'more' : 'less'} than ${limit}`
  return `must be ${bound} ${limit}`
}
