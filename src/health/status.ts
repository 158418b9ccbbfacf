import { MINUTE_MS } from '../lib/clock.ts'
import type { DependencyReport, DependencyState, Facts, Role, Roles, SchedulerReport } from './model.ts'

/** How the service is: unhealthy is down, degraded works with some part missing. */
export type Status = 'healthy' | 'degraded' | 'unhealthy'

/** The state of one part. `disabled` has no effect on the whole, `unknown` only if the part is critical. */
export type CheckState = 'healthy' | 'warning' | 'unhealthy' | 'unknown' | 'disabled'

/** The state of one part, and what is to be said of it to those who may know. */
export interface Check {
  readonly state: CheckState
  readonly message?: string
  /** Whether the service is down without it. */
  readonly critical?: boolean
}

/** The parts that are checked. */
export const CHECK_NAMES = ['mongodb', 'redis', 'memory', 'disk', 'scheduler', 'notifications'] as const
export type CheckName = (typeof CHECK_NAMES)[number]
export type Checks = Readonly<Record<CheckName, Check>>

/** How full the memory or disk of a dependency is. */
export interface Usage {
  readonly dependency: 'mongodb' | 'redis'
  readonly usedBytes: number
  readonly totalBytes: number
}

/** Memory and disks that are fuller than this are a warning. */
const WARNING_RATIO = 0.8
/** The cron runs each minute; without a run for this long it is late. */
const LATE_AFTER_MS = 3 * MINUTE_MS

const HEALTHY: Check = { state: 'healthy' }
const UNKNOWN: Check = { state: 'unknown' }

/** Checks every part. */
export function check(facts: Facts, roles: Roles, now: number): Checks {
  const { dependencies, scheduler } = facts
  return {
    mongodb: checkDependency(dependencies.mongodb, roles.mongodb),
    redis: checkDependency(dependencies.redis, roles.redis),
    memory: checkUsages(memoryUsages(dependencies)),
    disk: checkUsages(diskUsages(dependencies)),
    scheduler: checkScheduler(scheduler, now),
    notifications: checkNotifications(scheduler),
  }
}

/** How the service is, going by the named parts. */
export function overall(checks: Checks, names: readonly CheckName[]): Status {
  const considered = names.map((name) => checks[name])
  if (considered.some((each) => each.state === 'unhealthy' && each.critical)) return 'unhealthy'
  const isImpaired = ({ state, critical }: Check) =>
    state === 'unhealthy' || state === 'warning' || (state === 'unknown' && critical)
  return considered.some(isImpaired) ? 'degraded' : 'healthy'
}

/** The memories whose size is known. */
export function memoryUsages(report: DependencyReport): Usage[] {
  return (['mongodb', 'redis'] as const).flatMap((dependency) => {
    const memory = detailsOf(report[dependency])?.memory
    if (!memory?.totalBytes) return []
    return [{ dependency, usedBytes: memory.usedBytes, totalBytes: memory.totalBytes }]
  })
}

/** The disks whose size is known: MongoDB's, or none. */
export function diskUsages(report: DependencyReport): Usage[] {
  const disk = detailsOf(report.mongodb)?.disk
  return disk && disk.totalBytes > 0 ? [{ dependency: 'mongodb', ...disk }] : []
}

/** The one with the least room left, relative to its size. */
export function fullest(usages: readonly Usage[]): Usage | undefined {
  return usages.toSorted((a, b) => ratio(b) - ratio(a))[0]
}

/** The part in use, 0 to 1. */
export const ratio = (usage: Usage): number => usage.usedBytes / usage.totalBytes

/** Whether a memory or disk leaves enough room. */
export function checkUsage(usage: Usage): Check {
  if (ratio(usage) < WARNING_RATIO) return HEALTHY
  return { state: 'warning', message: `${usage.dependency} uses ${Math.floor(ratio(usage) * 100)} %` }
}

/** What was found of a dependency that is up. */
export const detailsOf = (state: DependencyState) => (state.state === 'up' ? state.details : undefined)

function checkUsages(usages: readonly Usage[]): Check {
  const worst = fullest(usages)
  return worst ? checkUsage(worst) : UNKNOWN
}

function checkDependency(dependency: DependencyState, role: Role | undefined): Check {
  if (dependency.state === 'disabled') return { state: 'disabled' }
  if (dependency.state === 'up') return HEALTHY
  const state = dependency.state === 'down' ? 'unhealthy' : 'unknown'
  return { state, message: dependency.message, critical: role === 'critical' }
}

/** How overdue the next run of the cron is, which comes each minute; milliseconds. */
export const schedulerLagMs = (lastRunAtMs: number, now: number): number =>
  Math.max(0, now - lastRunAtMs - MINUTE_MS)

function checkScheduler(scheduler: SchedulerReport | undefined, now: number): Check {
  // A fresh deployment has not run yet: nothing is known, so nothing is wrong.
  if (scheduler?.lastRunAtMs === undefined) return UNKNOWN
  const silentMs = now - scheduler.lastRunAtMs
  if (silentMs <= LATE_AFTER_MS) return HEALTHY
  return { state: 'warning', message: `no cron run for ${Math.floor(silentMs / 1000)} s` }
}

function checkNotifications(scheduler: SchedulerReport | undefined): Check {
  if (!scheduler) return UNKNOWN
  if (scheduler.deadNotifications === 0) return HEALTHY
  return { state: 'warning', message: `${scheduler.deadNotifications} could not be delivered` }
}
