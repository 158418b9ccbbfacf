import { Secret } from '../lib/secret.ts'

/** The variables and secrets that are not tied to one part of the configuration. */
export interface Environment {
  readonly name: string
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  readonly logFormat: 'json' | 'text'
  readonly adminTokens: readonly Secret[]
  /** For `/metrics`: `METRICS_TOKEN`, or `ADMIN_TOKEN` where that is not set. */
  readonly metricsTokens: readonly Secret[]
  /** For `/heartbeat/<id>`. */
  readonly heartbeatTokens: readonly Secret[]
  /** For what applications report: events and pushed metrics. */
  readonly ingestTokens: readonly Secret[]
  /** Variables that have a value which makes no sense; their defaults are used. Telemetry must not stop for them. */
  readonly ignored: readonly string[]
}

/**
 * Reads the environment. Never throws: a nonsensical log level must not take the service down. Tokens are separated by
 * commas; several may be valid at once, so that one can be replaced without a gap.
 */
export function readEnvironment(variables: Readonly<Record<string, unknown>>): Environment {
  const ignored: string[] = []
  const text = (name: string): string | undefined => {
    const value = variables[name]
    if (typeof value === 'string') return value === '' ? undefined : value
    if (value !== undefined) ignored.push(name)
    return undefined
  }
  const choice = <Choice extends string>(
    name: string,
    choices: Readonly<Record<string, Choice>>,
    usual: Choice,
  ) => {
    const written = text(name)
    if (written === undefined) return usual
    const chosen = Object.hasOwn(choices, written.toLowerCase()) ? choices[written.toLowerCase()] : undefined
    if (chosen === undefined) ignored.push(name)
    return chosen ?? usual
  }
  const tokens = (name: string): Secret[] =>
    (text(name) ?? '')
      .split(',')
      .map((token) => token.trim())
      .filter((token) => token !== '')
      .map((token) => new Secret(token))
  const adminTokens = tokens('ADMIN_TOKEN')
  const metricsTokens = tokens('METRICS_TOKEN')
  return {
    name: text('ENVIRONMENT') ?? 'production',
    logLevel: choice('LOG_LEVEL', LOG_LEVELS, 'info'),
    logFormat: choice('LOG_FORMAT', LOG_FORMATS, 'json'),
    adminTokens,
    metricsTokens: metricsTokens.length > 0 ? metricsTokens : adminTokens,
    heartbeatTokens: tokens('HEARTBEAT_TOKEN'),
    ingestTokens: tokens('INGEST_TOKEN'),
    ignored,
  }
}

const LOG_LEVELS = { debug: 'debug', info: 'info', warn: 'warn', warning: 'warn', error: 'error' } as const
const LOG_FORMATS = { json: 'json', text: 'text' } as const
