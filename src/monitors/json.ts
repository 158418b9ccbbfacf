import type * as z from 'zod'
import type { MonitorConfig } from '../config/monitors.ts'
import { isoTime } from '../lib/clock.ts'
import type * as answers from './answers.ts'
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
import type { MonitorsReport } from './ports.ts'

// What `/admin/monitors` and `/admin/maintenance` show: times as ISO 8601, null for what there isn't.

/** What a deployer should know of the checks as a whole. */
export const warningsOf = ({
  controlSilentSinceMs,
}: Pick<MonitorsReport, 'controlSilentSinceMs'>): string[] =>
  controlSilentSinceMs === undefined
    ? []
    : [
        `probes.controlUrl gives no answer since ${isoTime(controlSilentSinceMs)}: a monitor that gives none, either, is unknown instead of down`,
      ]

/** A monitor in the list. */
export const monitorJson = (
  config: MonitorConfig,
  status: MonitorStatus | undefined,
): z.infer<typeof answers.monitor> => ({
  id: config.id,
  name: config.name,
  type: config.type,
  group: config.group ?? null,
  target: targetOf(config),
  state: status?.state ?? 'unknown',
  seen: status?.seen ?? 'unknown',
  since: isoTime(status?.sinceMs),
  reason: status?.reason ?? null,
  blocked_by: status?.blockedBy ?? null,
  regions: (status?.regions ?? []).map(regionJson),
})

const regionJson = ({ region, colo, state, last }: RegionStatus): z.infer<typeof answers.region> => ({
  region,
  colo: colo ?? null,
  state,
  last_check: last
    ? {
        at: isoTime(last.atMs),
        outcome: last.outcome,
        latency_ms: last.latencyMs ?? null,
        reason: last.reason ?? null,
      }
    : null,
})

/** What happened to a monitor. */
export const historyJson = ({
  days,
  latency,
}: Pick<MonitorHistory, 'days' | 'latency'>): z.infer<typeof answers.history> => ({
  uptime_90_days: uptimeRatio(days) ?? null,
  days: days.map(dayJson),
  latency: latency.map(latencyJson),
})

const dayJson = (day: DaySummary): z.infer<typeof answers.day> => ({
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

const latencyJson = ({ atMs, p50Ms, p95Ms }: LatencyPoint): z.infer<typeof answers.latencyPoint> => ({
  at: isoTime(atMs),
  p50_ms: p50Ms ?? null,
  p95_ms: p95Ms ?? null,
})

export const checkJson = ({
  region,
  atMs,
  outcome,
  latencyMs,
  reason,
}: CheckResult): z.infer<typeof answers.check> => ({
  region,
  at: isoTime(atMs),
  outcome,
  latency_ms: latencyMs ?? null,
  reason: reason ?? null,
})

/** `id` is null for windows of the configuration, which can't be withdrawn. */
export const maintenanceJson = ({
  id,
  title,
  monitors,
  fromMs,
  toMs,
}: Maintenance): z.infer<typeof answers.maintenance> => ({
  id: id ?? null,
  title,
  monitors,
  from: isoTime(fromMs),
  to: isoTime(toMs),
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
