import type * as z from 'zod'
import type { DisabledPart } from '../config/fill.ts'
import type * as answers from './answers.ts'
import type { DependencyState, Facts } from './model.ts'
import type { CheckName, CheckState, Checks, Usage } from './status.ts'
import {
  CHECK_NAMES,
  detailsOf,
  diskUsages,
  fullest,
  memoryUsages,
  overall,
  ratio,
  schedulerLagMs,
} from './status.ts'

/** What answers. */
export interface Service {
  readonly name: string
  readonly version: string
  readonly environment: string
  /** Which deployment this is. */
  readonly releaseId: string
}

/** The body of `GET /health`. */
export type HealthDocument = z.infer<typeof answers.health>

/** The body of `GET /health/ready`. */
export type ReadyDocument = z.infer<typeof answers.ready>

/** The body of `GET /health/detailed`. Metrics and messages are for those who may see details. */
export type DetailedDocument = z.infer<typeof answers.detailed>

/** Which checks each document goes by. `/health` says what is missing; that something fills up is for `detailed`. */
export const CONSIDERED = {
  health: ['mongodb', 'redis', 'scheduler'],
  ready: ['mongodb', 'redis'],
  detailed: CHECK_NAMES,
} as const satisfies Record<string, readonly CheckName[]>

/** Makes the body of `GET /health`. Without `details`, what is down says so and no more. */
export function healthDocument(
  facts: Facts,
  checks: Checks,
  service: Service,
  details: boolean,
): HealthDocument {
  return {
    status: overall(checks, CONSIDERED.health),
    version: service.version,
    environment: service.environment,
    services: {
      database: connection(facts.dependencies.mongodb, details),
      cache: connection(facts.dependencies.redis, details),
      scheduler: cron(checks.scheduler.state),
    },
  }
}

/** Makes the body of `GET /health/ready`: not ready without a critical dependency. */
export function readyDocument(checks: Checks, details: boolean): ReadyDocument {
  const names = { mongodb: 'database', redis: 'cache' } as const
  const reasons = CONSIDERED.ready.flatMap((name) => {
    const { state, critical, message } = checks[name]
    if (state !== 'unhealthy' || !critical) return []
    return [`${names[name]} not connected${details ? `: ${message}` : ''}`]
  })
  return reasons.length === 0 ? { status: 'ready' } : { status: 'not ready', reason: reasons.join(', ') }
}

/** Makes the body of `GET /health/detailed`. */
export function detailedDocument(
  facts: Facts,
  checks: Checks,
  disabled: readonly DisabledPart[],
  now: number,
  details: boolean,
): DetailedDocument {
  const pairs = CHECK_NAMES.map((name) => [name, checks[name]] as const)
  const messages = pairs.flatMap(([name, { message }]) => (message === undefined ? [] : [[name, message]]))
  return {
    status: overall(checks, CONSIDERED.detailed),
    checks: Object.fromEntries(pairs.map(([name, { state }]) => [name, state])) as DetailedDocument['checks'],
    metrics: details ? metricsOf(facts, now) : {},
    ...(details && messages.length > 0 && { messages: Object.fromEntries(messages) }),
    ...(disabled.length > 0 && {
      disabled: disabled.map(({ part, missing }) => (details ? { part, missing } : { part })),
    }),
  }
}

function connection(state: DependencyState, details: boolean): string {
  if (state.state === 'up') return 'connected'
  if (state.state === 'disabled' || state.state === 'unknown') return state.state
  return details ? `error: ${state.message}` : 'disconnected'
}

function cron(state: CheckState): HealthDocument['services']['scheduler'] {
  if (state === 'healthy') return 'running'
  return state === 'warning' ? 'late' : 'unknown'
}

function metricsOf({ dependencies, scheduler }: Facts, now: number): Record<string, number> {
  const memory = memoryUsages(dependencies)
  const fullestMemory = fullest(memory)
  const disk = diskUsages(dependencies)[0]
  const mongodb = detailsOf(dependencies.mongodb)
  const redis = detailsOf(dependencies.redis)
  const known: Record<string, number | undefined> = {
    memory_percent: fullestMemory && percent(fullestMemory),
    memory_available_mb: fullestMemory && availableMb(fullestMemory),
    mongodb_latency_ms: mongodb?.latencyMs,
    mongodb_connections_current: mongodb?.connections?.current,
    mongodb_connections_available: mongodb?.connections?.available,
    mongodb_memory_mb: mongodb?.memory && toMb(mongodb.memory.usedBytes),
    mongodb_disk_percent: disk && percent(disk),
    mongodb_disk_available_mb: disk && availableMb(disk),
    redis_latency_ms: redis?.latencyMs,
    redis_memory_mb: redis?.memory && toMb(redis.memory.usedBytes),
    scheduler_lag_seconds:
      scheduler?.lastRunAtMs === undefined ? undefined : schedulerLagMs(scheduler.lastRunAtMs, now) / 1000,
    notifications_pending: scheduler?.pendingNotifications,
    notifications_dead: scheduler?.deadNotifications,
  }
  for (const usage of memory) known[`${usage.dependency}_memory_percent`] = percent(usage)
  return Object.fromEntries(
    Object.entries(known).filter((entry): entry is [string, number] => entry[1] !== undefined),
  )
}

/** Percent in use, with one decimal. */
export const percent = (usage: Usage): number => Math.round(ratio(usage) * 1000) / 10

const toMb = (bytes: number): number => Math.round((bytes / 1024 / 1024) * 10) / 10
const availableMb = (usage: Usage): number => toMb(usage.totalBytes - usage.usedBytes)
