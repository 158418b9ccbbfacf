import type { Environment } from './env.ts'
import type { DisabledPart, LoadedConfig } from './fill.ts'

type Tokens = Pick<Environment, 'adminTokens' | 'metricsTokens' | 'heartbeatTokens' | 'ingestTokens'>

/** Everything that is off because a variable is not set: parts of the configuration, and what needs a token. */
export function disabledParts({ config, disabled }: LoadedConfig, tokens: Tokens): readonly DisabledPart[] {
  const takesHeartbeats = config.monitors.some(({ type }) => type === 'heartbeat')
  return [
    ...disabled,
    ...without(tokens.adminTokens, 'admin', 'ADMIN_TOKEN'),
    ...(config.metrics.public ? [] : without(tokens.metricsTokens, 'metrics', 'METRICS_TOKEN')),
    ...(takesHeartbeats ? without(tokens.heartbeatTokens, 'heartbeats', 'HEARTBEAT_TOKEN') : []),
    ...(config.business ? without(tokens.ingestTokens, 'events', 'INGEST_TOKEN') : []),
  ]
}

const without = (tokens: readonly unknown[], part: string, variable: string): DisabledPart[] =>
  tokens.length === 0 ? [{ part, missing: [variable] }] : []

/** The parts without the dashboard's links: nothing stops working without those. */
export const withoutLinks = (parts: readonly DisabledPart[]): readonly DisabledPart[] =>
  parts.filter(({ part }) => !part.startsWith('links.'))
