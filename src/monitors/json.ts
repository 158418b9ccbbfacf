import type { MonitorConfig } from '../config/monitors.ts'
import type {
  CheckResult,
  DaySummary,
  LatencyPoint,
  Maintenance,
  MonitorHistory,
  MonitorStatus,
  RegionStatus,
} from './model.ts'
import { uptimeRatio } from './model.ts'

// What `/admin/monitors` and `/admin/maintenance` show: times as ISO 8601, null for what there isn't.

const iso = (atMs: number | undefined) => (atMs === undefined ? null : new Date(atMs).toISOString())

/** A monitor in the list. */
export const monitorJson = (config: MonitorConfig, status: MonitorStatus | undefined) => ({
  id: config.id,
  name: config.name,
  type: config.type,
  group: config.group ?? null,
  target: targetOf(config),
  state: status?.state ?? 'unknown',
  seen: status?.seen ?? 'unknown',
  since: iso(status?.sinceMs),
  reason: status?.reason ?? null,
  blocked_by: status?.blockedBy ?? null,
  regions: (status?.regions ?? []).map(regionJson),
})

const regionJson = ({ region, state, last }: RegionStatus) => ({
  region,
  state,
  last_check: last
    ? {
        at: iso(last.atMs),
        outcome: last.outcome,
        latency_ms: last.latencyMs ?? null,
        reason: last.reason ?? null,
      }
    : null,
})

/** What happened to a monitor. */
export const historyJson = ({ days, latency }: Pick<MonitorHistory, 'days' | 'latency'>) => ({
  uptime_90_days: uptimeRatio(days) ?? null,
  days: days.map(dayJson),
  latency: latency.map(latencyJson),
})

const dayJson = (day: DaySummary) => ({
  date: day.date,
  uptime: uptimeRatio([day]) ?? null,
  seconds: {
    up: day.up / 1000,
    degraded: day.degraded / 1000,
    down: day.down / 1000,
    unknown: day.unknown / 1000,
    maintenance: day.maintenance / 1000,
  },
})

const latencyJson = ({ atMs, p50Ms, p95Ms }: LatencyPoint) => ({
  at: iso(atMs),
  p50_ms: p50Ms ?? null,
  p95_ms: p95Ms ?? null,
})

export const checkJson = ({ region, atMs, outcome, latencyMs, reason }: CheckResult) => ({
  region,
  at: iso(atMs),
  outcome,
  latency_ms: latencyMs ?? null,
  reason: reason ?? null,
})

/** `id` is null for windows of the configuration, which can't be withdrawn. */
export const maintenanceJson = ({ id, title, monitors, fromMs, toMs }: Maintenance) => ({
  id: id ?? null,
  title,
  monitors,
  from: iso(fromMs),
  to: iso(toMs),
})

/** What is checked, without what may be secret in a URL: its query and its credentials. */
function targetOf(config: MonitorConfig): string | null {
  switch (config.type) {
    case 'http': {
      const { origin, pathname } = new URL(config.url)
      return origin + pathname
    }
    case 'tcp':
      return `${config.host}:${config.port}`
    case 'dns':
      return `${config.record} ${config.host}`
    case 'service':
      return config.path.replace(/[?#].*$/s, '')
    default:
      return null
  }
}
