import type * as z from 'zod'
import type { DisabledPart } from '../config/fill.ts'
import type * as answers from './answers.ts'
import type { Service } from './documents.ts'
import { percent } from './documents.ts'
import type { Facts } from './model.ts'
import type { Check, CheckName, Checks, Status } from './status.ts'
import { checkUsage, detailsOf, diskUsages, memoryUsages, schedulerLagMs } from './status.ts'

/** The media type of draft-inadarei-api-health-check-06, section 3. */
export const HEALTH_JSON = 'application/health+json'

/** One "component details" object; section 4. */
export type ComponentDetails = z.infer<typeof answers.componentDetails>

/** A health response; section 3. `checks` is keyed `component:measurement`. */
export type HealthJson = z.infer<typeof answers.healthJson>

/** What is answered where nothing but our own state matters, or the checks are added by `withChecks`. */
export function healthJson(status: Status, service: Service): HealthJson {
  return {
    status: ({ healthy: 'pass', degraded: 'warn', unhealthy: 'fail' } as const)[status],
    version: service.version,
    releaseId: service.releaseId,
    serviceId: service.name,
    description: `health of ${service.name}`,
  }
}

/**
 * The named checks as the draft has them. What is unknown or disabled is left out: the draft has no word for it.
 * Without `details`, states only: no values, no output.
 */
export function componentChecks(
  facts: Facts,
  checks: Checks,
  names: readonly CheckName[],
  now: number,
  details: boolean,
): Record<string, ComponentDetails[]> {
  const measured = measurements(facts, checks, now).filter((each) => names.includes(each.name))
  const result: Record<string, ComponentDetails[]> = {}
  for (const { key, check, value, unit, timeMs, ...component } of measured) {
    const status = draftStatus(check)
    if (!status) continue
    result[key] ??= []
    result[key].push({
      ...(component.componentId && { componentId: component.componentId }),
      componentType: component.componentType,
      ...(details && value !== undefined && { observedValue: value, observedUnit: unit }),
      status,
      time: new Date(timeMs).toISOString(),
      ...(details && check.message !== undefined && { output: check.message }),
    })
  }
  return result
}

/** Names the parts that are off; the missing variables only with `details`. */
export const disabledNotes = (disabled: readonly DisabledPart[], details: boolean): string[] =>
  disabled.map(
    ({ part, missing }) =>
      `${part} is off: ${details ? `${missing.join(', ')} is not set` : 'not configured'}`,
  )

interface Measurement {
  readonly name: CheckName
  readonly key: string
  readonly componentType: ComponentDetails['componentType']
  readonly componentId?: string
  readonly check: Check
  readonly value?: number | undefined
  readonly unit: string
  readonly timeMs: number
}

function measurements({ dependencies, scheduler }: Facts, checks: Checks, now: number): Measurement[] {
  const timeMs = dependencies.checkedAtMs
  const list: Measurement[] = (['mongodb', 'redis'] as const).map((name) => ({
    name,
    key: `${name}:responseTime`,
    componentType: 'datastore',
    check: checks[name],
    value: detailsOf(dependencies[name])?.latencyMs,
    unit: 'ms',
    timeMs,
  }))
  const connections = detailsOf(dependencies.mongodb)?.connections
  if (connections) {
    list.push({
      name: 'mongodb',
      key: 'mongodb:connections',
      componentType: 'datastore',
      check: checks.mongodb,
      value: connections.current,
      unit: 'connections',
      timeMs,
    })
  }
  const usages = { memory: memoryUsages(dependencies), disk: diskUsages(dependencies) }
  for (const name of ['memory', 'disk'] as const) {
    for (const usage of usages[name]) {
      list.push({
        name,
        key: `${name}:utilization`,
        componentType: 'system',
        componentId: usage.dependency,
        check: checkUsage(usage),
        value: percent(usage),
        unit: 'percent',
        timeMs,
      })
    }
  }
  if (!scheduler) return list
  const own = { componentType: 'component', timeMs: now } as const
  const lagMs = scheduler.lastRunAtMs === undefined ? undefined : schedulerLagMs(scheduler.lastRunAtMs, now)
  const { pendingNotifications: pending, deadNotifications: dead } = scheduler
  list.push(
    { ...own, name: 'scheduler', key: 'scheduler:lag', check: checks.scheduler, value: lagMs, unit: 'ms' },
    {
      ...own,
      name: 'notifications',
      key: 'notifications:pending',
      check: { state: 'healthy' },
      value: pending,
      unit: 'notifications',
    },
    {
      ...own,
      name: 'notifications',
      key: 'notifications:dead',
      check: checks.notifications,
      value: dead,
      unit: 'notifications',
    },
  )
  return list
}

function draftStatus(check: Check): 'pass' | 'warn' | 'fail' | undefined {
  if (check.state === 'healthy') return 'pass'
  if (check.state === 'warning') return 'warn'
  return check.state === 'unhealthy' ? 'fail' : undefined
}
