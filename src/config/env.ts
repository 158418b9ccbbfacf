import * as z from 'zod'
import { Secret } from '../lib/secret.ts'

/** Tokens separated by commas; several may be valid at once, so that one can be replaced without a gap. */
const tokens = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((token) => token.trim())
      .filter((token) => token !== '')
      .map((token) => new Secret(token)),
  )

const environmentSchema = z.object({
  /** Named in `/health`, Sentry and alerts. */
  ENVIRONMENT: z.string().min(1).default('production'),
  LOG_LEVEL: z
    .string()
    .default('info')
    .transform((text) => text.toLowerCase())
    .pipe(z.enum(['debug', 'info', 'warn', 'warning', 'error']))
    .transform((level) => (level === 'warning' ? 'warn' : level)),
  LOG_FORMAT: z
    .string()
    .default('json')
    .transform((text) => text.toLowerCase())
    .pipe(z.enum(['json', 'text'])),
  ADMIN_TOKEN: tokens,
  METRICS_TOKEN: tokens,
  HEARTBEAT_TOKEN: tokens,
  INGEST_TOKEN: tokens,
})

/** The variables and secrets that are not tied to one part of the configuration. */
export interface Environment {
  readonly name: string
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  readonly logFormat: 'json' | 'text'
  readonly adminTokens: readonly Secret[]
  readonly metricsTokens: readonly Secret[]
  /** For `/heartbeat/<id>`. */
  readonly heartbeatTokens: readonly Secret[]
  /** For what applications report: events and pushed metrics. */
  readonly ingestTokens: readonly Secret[]
  /** Variables that have a value which makes no sense; their defaults are used. Telemetry must not stop for them. */
  readonly ignored: readonly string[]
}

/** Reads the environment. Never throws: a nonsensical log level must not take the service down. */
export function readEnvironment(variables: Readonly<Record<string, unknown>>): Environment {
  const ignored: string[] = []
  const read = <Name extends keyof typeof environmentSchema.shape>(name: Name) => {
    const schema = environmentSchema.shape[name]
    const parsed = schema.safeParse(variables[name] === '' ? undefined : variables[name])
    if (!parsed.success) ignored.push(name)
    return (parsed.success ? parsed.data : schema.parse(undefined)) as z.infer<
      (typeof environmentSchema.shape)[Name]
    >
  }
  return {
    name: read('ENVIRONMENT'),
    logLevel: read('LOG_LEVEL'),
    logFormat: read('LOG_FORMAT'),
    adminTokens: read('ADMIN_TOKEN'),
    metricsTokens: read('METRICS_TOKEN'),
    heartbeatTokens: read('HEARTBEAT_TOKEN'),
    ingestTokens: read('INGEST_TOKEN'),
    ignored,
  }
}
