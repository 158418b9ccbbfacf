import type { Environment } from './env.ts'
import type { DisabledPart, LoadedConfig } from './fill.ts'

type Tokens = Pick<Environment, 'adminTokens' | 'metricsTokens' | 'heartbeatTokens' | 'ingestTokens'>

/** Everything that is switched off for lack of a variable: parts of the configuration, and what needs a token. */
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

/** The parts but the dashboard's links: nothing stops working without one. */
export const withoutLinks = (parts: readonly DisabledPart[]): readonly DisabledPart[] =>
  parts.filter(({ part }) => !part.startsWith('links.'))
