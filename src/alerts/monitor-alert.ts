import { monitorAlertId } from '../config/monitor-ids.ts'
import type { MonitorConfig } from '../config/monitors.ts'
import { formatDuration } from '../lib/duration.ts'
import { oneLine } from '../lib/text.ts'
import type { MonitorStatus } from '../monitors/model.ts'
import type { HeldBack, Incident, Seen } from './model.ts'

const MAX_SUMMARY_LENGTH = 300

/**
 * What a judgement says of a monitor's alert, which fires while it is down. Slow is not down; unknown is no data.
 * @param incident its open one: what was wrong is said until it is over, also when the last checks were good
 */
export function observeMonitor(
  monitor: MonitorConfig,
  { seen, reason, regions }: MonitorStatus,
  incident: Incident | undefined,
): Seen {
  const { id, name, severity, labels, runbook } = monitor
  const places = regions.filter(({ state, region }) => state === 'down' && region !== 'internal')
  const where = places.map(({ region }) => region).join(', ')
  const down = `${name} is down${reason === undefined ? '' : `: ${reason}`}${where && ` (${where})`}`
  return {
    alert: monitorAlertId(id),
    severity,
    labels,
    condition: conditionOf(monitor),
    summary: (reason === undefined && incident?.summary) || oneLine(down, MAX_SUMMARY_LENGTH),
    ...(runbook !== undefined && { runbook }),
    forMs: 0, // its failures and recoveries are waited for by the judgement
    holds: seen === 'unknown' ? undefined : seen === 'down',
    ...(seen !== 'unknown' && { value: seen === 'degraded' ? 'up, but slow' : seen }),
    monitor: { id, name },
  }
}

function conditionOf(monitor: MonitorConfig): string {
  if ('every' in monitor) {
    return `no beat for ${formatDuration((monitor.every + monitor.grace) * 1000)}, or a failed job`
  }
  const many = 'locations' in monitor && monitor.locations.length > 1
  return many ? 'down in more than half of its locations' : `${monitor.failures} failed checks in a row`
}

/** The alerts of these monitors. */
export const watchedMonitors = (monitors: readonly MonitorConfig[]): string[] =>
  monitors.map(({ id }) => monitorAlertId(id))

/** What decides whether somebody is told of a monitor that is down. */
interface Situation {
  readonly monitor: MonitorConfig
  readonly status: MonitorStatus
  /** Its incident before this judgement. */
  readonly incident: Incident | undefined
  /** Names those that it depends on. */
  readonly configured: readonly MonitorConfig[]
  readonly silenced: HeldBack | undefined
  readonly judgedAtMs: number
}

/**
 * Why nobody is to be told of a monitor that is down; undefined where they are.
 *
 * What depended on another one that was down is told of once it failed a check after that one was up again: until then
 * it only was not checked again yet. Nobody is told anew while nothing is known.
 */
export function holdOf(situation: Situation): HeldBack | undefined {
  const { monitor, status, incident, configured, silenced, judgedAtMs } = situation
  if (status.state === 'maintenance') {
    return { by: 'maintenance', reason: 'held back: maintenance is under way' }
  }
  if (status.blockedBy !== undefined) {
    const name = configured.find(({ id }) => id === status.blockedBy)?.name ?? status.blockedBy
    return { by: 'dependency', reason: `held back: ${name} is down` }
  }
  const before = incident?.heldBack
  if (before?.by === 'dependency' && incident?.told.length === 0) {
    const freeSinceMs = Math.min(before.freeSinceMs ?? judgedAtMs, judgedAtMs)
    if (status.seen === 'unknown' || !failedSince(freeSinceMs, monitor, status)) {
      return { ...before, freeSinceMs }
    }
  }
  return status.seen === 'unknown' ? (before ?? silenced) : silenced
}

function failedSince(sinceMs: number, { type }: MonitorConfig, { regions }: MonitorStatus): boolean {
  const checks = regions.flatMap(({ last }) => last ?? [])
  if (type === 'heartbeat' || checks.length === 0) return true // not checked, but waited for
  return checks.some(({ outcome, atMs }) => outcome === 'failed' && atMs > sinceMs)
}
