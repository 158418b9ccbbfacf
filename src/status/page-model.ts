import { publicMonitors } from '../config/public-monitors.ts'
import type { Config } from '../config/schema.ts'
import type { StatusPageConfig } from '../config/status.ts'
import type { IncidentRecord } from '../incidents/model.ts'
import { MINUTE_MS } from '../lib/clock.ts'
import { webUrl } from '../lib/web-url.ts'
import type { LatencyPoint, MonitorHistory, MonitorState, MonitorStatus } from '../monitors/model.ts'
import { uptimeRatio } from '../monitors/model.ts'
import type { MonitorsReport } from '../monitors/ports.ts'
import type { PublicDay } from './days.ts'
import { lastDates, publicDays, quietDays } from './days.ts'
import type { PublicIncident } from './public-incidents.ts'
import { publicIncidents } from './public-incidents.ts'

/** How all of it is, in one word. `maintenance`: nothing is wrong, and a window is under way. */
export type OverallState =
  | 'operational'
  | 'degraded'
  | 'partial_outage'
  | 'major_outage'
  | 'maintenance'
  | 'unknown'

/** A monitor as the public sees it. */
export interface PublicMonitor {
  readonly id: string
  readonly name: string
  readonly group?: string
  /** Where `public.url` asks for it; without user, query and fragment. */
  readonly address?: string
  /** Why it is not up, where `public.reason` asks for it. */
  readonly reason?: string
  readonly state: MonitorState
  readonly sinceMs?: number
  /**
   * By number of days: the share of the measured time in which it was up or degraded, 0 to 1; undefined where nothing was
   * measured.
   */
  readonly uptime: Readonly<Record<7 | 30 | 90, number | undefined>>
  /** The last 90 days, oldest first. */
  readonly days: readonly PublicDay[]
  /** The last 24 hours, oldest first. */
  readonly latency: readonly PublicLatency[]
}

/** Response times within a quarter of an hour: nothing in them is private. */
export type PublicLatency = LatencyPoint

/** A maintenance window that is under way or comes. */
export interface PublicMaintenance {
  readonly title: string
  readonly fromMs: number
  readonly toMs: number
  readonly underWay: boolean
  /** Names of the public monitors concerned; empty where it concerns everything. */
  readonly monitors: readonly string[]
}

/**
 * All that the public may know. Everything shown on any of the outputs is made from this and nothing else, so what is
 * not copied in here can't leak.
 */
export interface PublicStatus {
  readonly title: string
  readonly logo?: string
  readonly colours: StatusPageConfig['colours']
  readonly links: StatusPageConfig['links']
  /** When this was put together. */
  readonly atMs: number
  /** When the monitors were last judged. */
  readonly checkedAtMs?: number
  /** Whether that is too long ago to say how things are now; every state is `unknown` then. */
  readonly outdated: boolean
  readonly state: OverallState
  /** In the order of the configuration. */
  readonly monitors: readonly PublicMonitor[]
  /** Latest first. */
  readonly incidents: readonly PublicIncident[]
  /** By their beginning. */
  readonly maintenance: readonly PublicMaintenance[]
}

/** What is read of the objects. */
export interface StatusFacts {
  readonly report: MonitorsReport
  readonly history: readonly MonitorHistory[]
  readonly incidents: readonly IncidentRecord[]
}

/** Checks are judged each minute. After this long without, nobody knows. */
const OUTDATED_MS = 5 * MINUTE_MS

/** What every page is dressed in, also one that has no state to show. */
export type Dress = Pick<PublicStatus, 'title' | 'logo' | 'colours' | 'links'>

/** The parts of the configuration that the page needs. */
export type StatusConfig = Pick<Config, 'service' | 'monitors' | 'status'>

type PublicMonitorConfig = StatusConfig['monitors'][number]

/** See `Dress`. */
export function dressOf({ service, status }: StatusConfig): Dress {
  const { title = `${service.name} status`, logo, colours, links } = status
  const image = logo?.startsWith('data:') ? logo : webUrl(logo)
  return { title, ...(image && { logo: image }), colours, links }
}

/** Makes what the public may know out of what is known. */
export function publicStatus(config: StatusConfig, facts: StatusFacts, now: number): PublicStatus {
  const { report, history } = facts
  const shown = publicMonitors(config.monitors)
  const nameOf = new Map(shown.map(({ id, name }) => [id, name]))
  const incidents = publicIncidents(facts.incidents, nameOf)
  const outdated = report.judgedAtMs === undefined || now - report.judgedAtMs > OUTDATED_MS

  const quiet = quietDays(lastDates(now))
  const statusOf = new Map(report.monitors.map((each) => [each.id, each]))
  const historyOf = new Map(history.map((each) => [each.id, each]))
  const monitors = shown.map((each) =>
    publicMonitor(
      each,
      outdated ? undefined : statusOf.get(each.id),
      historyOf.get(each.id),
      incidents.filter(({ monitorIds }) => monitorIds.includes(each.id)),
      quiet,
      now,
    ),
  )
  const maintenance = report.maintenance
    .filter(({ monitors: ids, toMs }) => toMs > now && (ids.length === 0 || ids.some((id) => nameOf.has(id))))
    .map(({ title, fromMs, toMs, monitors: ids }) => ({
      title,
      fromMs,
      toMs,
      underWay: fromMs <= now,
      monitors: ids.flatMap((id) => nameOf.get(id) ?? []),
    }))
    .sort((a, b) => a.fromMs - b.fromMs)

  return {
    ...dressOf(config),
    atMs: now,
    ...(report.judgedAtMs !== undefined && { checkedAtMs: report.judgedAtMs }),
    outdated,
    state: overallState(
      monitors.map(({ state }) => state),
      maintenance.some(({ underWay }) => underWay),
      incidents.some(({ automatic, resolvedAtMs }) => !automatic && resolvedAtMs === undefined),
    ),
    monitors,
    incidents,
    maintenance,
  }
}

function publicMonitor(
  config: PublicMonitorConfig,
  status: MonitorStatus | undefined,
  history: MonitorHistory | undefined,
  incidents: readonly PublicIncident[],
  quiet: readonly PublicDay[],
  now: number,
): PublicMonitor {
  const { id, name, group } = config
  const shows = typeof config.public === 'object' ? config.public : { url: false, reason: false }
  const address = shows.url ? addressOf(config) : undefined
  const reason = shows.reason ? status?.reason : undefined
  const days = history?.days ?? []
  const uptime = (count: number) =>
    uptimeRatio(days.slice(-count).filter(({ date }) => date >= quiet.at(-count)!.date))
  return {
    id,
    name,
    ...(group && { group }),
    ...(address && { address }),
    ...(reason && { reason }),
    state: status?.state ?? 'unknown',
    ...(status?.sinceMs !== undefined && { sinceMs: status.sinceMs }),
    uptime: { 7: uptime(7), 30: uptime(30), 90: uptime(90) },
    days: publicDays(quiet, days, incidents, now),
    latency: history?.latency ?? [],
  }
}

/** Who may see the address need not see how to get in: user, query and fragment stay out. */
function addressOf(config: PublicMonitorConfig): string | undefined {
  switch (config.type) {
    case 'http': {
      const url = URL.parse(config.url)
      return url ? `${url.origin}${url.pathname}` : undefined
    }
    case 'tcp':
      return `${config.host}:${config.port}`
    case 'dns':
      return config.host
    default:
      return undefined
  }
}

/**
 * Half of the monitors down is a major outage. Those that nobody measured, or that are maintained, don't count; but
 * where most are unknown, so is the whole. An incident that a person opened counts even where every check is good.
 */
export function overallState(
  states: readonly MonitorState[],
  maintained: boolean,
  reported: boolean,
): OverallState {
  const count = (state: MonitorState) => states.filter((each) => each === state).length
  const down = count('down')
  const measured = down + count('up') + count('degraded')
  if (down > 0) return down * 2 >= measured ? 'major_outage' : 'partial_outage'
  if (count('unknown') * 2 > states.length || states.length === 0) return 'unknown'
  if (count('degraded') > 0 || reported) return 'degraded'
  return maintained || count('maintenance') > 0 ? 'maintenance' : 'operational'
}
