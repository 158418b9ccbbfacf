import type * as z from 'zod'
import { isoTime } from '../lib/clock.ts'
import { uptimePercent } from '../monitors/model.ts'
import type * as answers from './answers.ts'
import type { PublicStatus } from './page-model.ts'
import { headline, latestLatency } from './words.ts'

/** Null where nothing was measured. */
const percentOf = (ratio: number | undefined): number | null =>
  ratio === undefined ? null : uptimePercent(ratio)

/** The body of `/status.json`. Times are ISO 8601 in UTC. */
export function statusDocument(status: PublicStatus): z.infer<typeof answers.status> {
  return {
    title: status.title,
    state: status.state,
    description: headline(status),
    checked_at: isoTime(status.checkedAtMs),
    outdated: status.outdated,
    monitors: status.monitors.map((monitor) => {
      const latest = latestLatency(monitor.latency)
      return {
        id: monitor.id,
        name: monitor.name,
        group: monitor.group ?? null,
        ...(monitor.address && { address: monitor.address }),
        state: monitor.state,
        since: isoTime(monitor.sinceMs),
        ...(monitor.reason && { reason: monitor.reason }),
        uptime_percent: {
          '7d': percentOf(monitor.uptime[7]),
          '30d': percentOf(monitor.uptime[30]),
          '90d': percentOf(monitor.uptime[90]),
        },
        latency_ms: latest ? { p50: latest.p50Ms ?? null, p95: latest.p95Ms ?? null } : null,
        days: monitor.days.map((day) => ({
          date: day.date,
          state: day.state,
          uptime_percent: percentOf(day.uptime),
          down_seconds: Math.ceil(day.downMs / 1_000),
        })),
      }
    }),
    incidents: status.incidents.map((incident) => ({
      id: incident.id,
      title: incident.title,
      stage: incident.stage,
      started_at: isoTime(incident.startedAtMs),
      resolved_at: isoTime(incident.resolvedAtMs),
      monitors: incident.monitorIds,
      updates: incident.updates.map(({ atMs, stage, text }) => ({ at: isoTime(atMs), stage, text })),
    })),
    maintenance: status.maintenance.map(({ title, fromMs, toMs, underWay, monitors }) => ({
      title,
      from: isoTime(fromMs),
      to: isoTime(toMs),
      under_way: underWay,
      monitors,
    })),
  }
}
