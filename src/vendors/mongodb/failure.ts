import type { Failure } from '../../lib/result.ts'

/** Causes nest, but not deeper than this. */
const MAX_DEPTH = 8

/** What the driver throws for a URI or for options that can't be used. */
const CONFIGURATION_ERRORS = new Set([
  'MongoParseError',
  'MongoInvalidArgumentError',
  'MongoAPIError',
  'MongoMissingCredentialsError',
  'MongoMissingDependencyError',
  'URIError',
])

const MESSAGES_BY_CODE: ReadonlyMap<unknown, string> = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection closed'],
  ['EPIPE', 'connection closed'],
  ['ETIMEDOUT', 'timed out'],
  ['EHOSTUNREACH', 'host unreachable'],
  ['ENETUNREACH', 'host unreachable'],
  ['ENOTFOUND', 'host not found'],
  ['ENODATA', 'host not found'],
  ['ESERVFAIL', 'host not found'],
  ['EAI_AGAIN', 'host not found'],
])

/**
 * What the driver threw, in our own words: its messages hold hosts, and its causes URIs. Errors are told apart by
 * name, since their classes come with the driver, which is loaded late.
 */
export function describeFailure(error: unknown): Failure {
  const errors = flatten(error)
  return (
    first(errors, serverFailure) ??
    first(errors, configurationFailure) ??
    first(errors, networkFailure) ?? { message: 'connection failed', retryable: true }
  )
}

/** Whether the connection is of no use after this error; an answer, even a bad one, leaves it usable. */
export const isConnectionLost = (error: unknown): boolean =>
  first(flatten(error), serverFailure) === undefined

interface DriverError {
  readonly name: string
  readonly message: string
  readonly code: unknown
}

/** https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml */
function serverFailure({ name, message, code }: DriverError): Failure | undefined {
  if (!name.startsWith('Mongo') || !Number.isSafeInteger(code)) return undefined
  // Atlas has one code for all that its proxy refuses.
  if (code === 18 || (code === 8000 && /auth/i.test(message))) {
    return { message: 'authentication failed', retryable: false }
  }
  if (code === 13) return { message: 'not authorized', retryable: false }
  return { message: `server error (code ${code})`, retryable: code !== 59 }
}

function configurationFailure({ name }: DriverError): Failure | undefined {
  return CONFIGURATION_ERRORS.has(name)
    ? { message: 'invalid connection settings', retryable: false }
    : undefined
}

function networkFailure({ name, message, code }: DriverError): Failure | undefined {
  const known = MESSAGES_BY_CODE.get(code)
  if (known) return { message: known, retryable: true }
  if (/timeout/i.test(name) || /timed? ?out/i.test(message)) return { message: 'timed out', retryable: true }
  if (/clos(ed|ing)|lost/i.test(message)) return { message: 'connection closed', retryable: true }
  return undefined
}

/** The innermost errors first: they say most. */
function flatten(error: unknown, depth = 0): DriverError[] {
  if (typeof error !== 'object' || error === null || depth > MAX_DEPTH) return []
  const { name, message, code, cause, errors, reason } = error as Record<string, unknown>
  const nested = [cause, ...(Array.isArray(errors) ? errors : []), ...serversOf(reason)]
  return [
    ...nested.flatMap((each) => flatten(each, depth + 1)),
    {
      name: typeof name === 'string' ? name : '',
      message: typeof message === 'string' ? message : '',
      code,
    },
  ]
}

/** A failed server selection tells each server's error in its view of the topology. */
function serversOf(reason: unknown): unknown[] {
  const servers = (reason as { servers?: unknown } | null | undefined)?.servers
  return servers instanceof Map ? [...servers.values()].map((server) => server?.error) : []
}

function first(errors: readonly DriverError[], find: (error: DriverError) => Failure | undefined) {
  for (const error of errors) {
    const failure = find(error)
    if (failure) return failure
  }
  return undefined
}
