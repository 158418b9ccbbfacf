import * as z from 'zod'
import { monitorId } from './monitors.ts'

// Names by which one part of a configuration speaks of another.

/** The names in a configuration that may be wrong elsewhere: what is no name, or not there, is passed over. */
const nameOrNothing = z.string().optional().catch(undefined)
const namesOrNothing = z.array(nameOrNothing).catch([])

const looseMonitor = z
  .object({ name: nameOrNothing, id: nameOrNothing, dependsOn: namesOrNothing.optional() })
  .catch({ name: undefined, id: undefined })
const looseAlerts = z
  .object({
    rules: z
      .array(
        z.object({ id: nameOrNothing, monitor: nameOrNothing }).catch({ id: undefined, monitor: undefined }),
      )
      .catch([]),
    receivers: z.array(z.object({ name: nameOrNothing }).catch({ name: undefined })).catch([]),
    routes: z.record(z.string(), namesOrNothing).catch({}),
  })
  .catch({ rules: [], receivers: [], routes: {} })

/** See `checkNames`. */
export const looseNames = z
  .object({
    alerts: looseAlerts,
    monitors: z.array(looseMonitor).catch([]),
    maintenance: z.array(z.object({ monitors: namesOrNothing.optional() }).catch({ monitors: [] })).catch([]),
  })
  .catch({ alerts: { rules: [], receivers: [], routes: {} }, monitors: [], maintenance: [] })

type LooseNames = z.infer<typeof looseNames>

/** Reports names that are used twice, and names of what isn't there. */
export function checkNames(names: LooseNames, context: z.core.$RefinementCtx): void {
  const report: Report = (path, message, input) => context.addIssue({ code: 'custom', path, message, input })
  checkAlerts(names, report)
  checkMonitors(names, report)
}

type Report = (path: PropertyKey[], message: string, input: unknown) => void

function checkAlerts({ alerts, monitors }: LooseNames, report: Report): void {
  const monitorAlerts = idsOf(monitors).map((id) => id && monitorAlertId(id))
  alerts.rules.forEach(({ id, monitor }, index) => {
    if (id !== undefined && monitorAlerts.includes(id)) {
      report(['alerts', 'rules', index, 'id'], 'another id: this one is the alert of a monitor', id)
    }
    if (monitor !== undefined) checkKnown(['alerts', 'rules', index, 'monitor'], monitor, monitors, report)
  })
  for (const [id, index] of repeated(alerts.rules.map((each) => each.id))) {
    report(['alerts', 'rules', index, 'id'], 'a name used once', id)
  }
  const receivers = alerts.receivers.map(({ name }) => name)
  for (const [name, index] of repeated(receivers)) {
    report(['alerts', 'receivers', index, 'name'], 'a name used once', name)
  }
  const known = [...new Set(receivers.filter((name) => name !== undefined))]
  for (const [severity, names] of Object.entries(alerts.routes)) {
    names.forEach((name, index) => {
      if (name === undefined || known.includes(name)) return
      const message = `the name of a receiver (${known.join(', ') || 'there are none'})`
      report(['alerts', 'routes', severity, index], message, name)
    })
  }
}

function checkMonitors({ monitors, maintenance }: LooseNames, report: Report): void {
  const ids = idsOf(monitors)
  for (const [id, index] of repeated(ids)) {
    const field = monitors[index]?.id === undefined ? 'name' : 'id'
    report(
      ['monitors', index, field],
      `a name that gives an id used once (this one: ${id})`,
      monitors[index]?.[field],
    )
  }
  ids.forEach((id, index) => {
    if (id === '')
      report(['monitors', index, 'name'], 'a name with letters or digits, or an id', monitors[index]?.name)
  })
  monitors.forEach(({ dependsOn = [] }, index) => {
    dependsOn.forEach((name, place) => {
      const path = ['monitors', index, 'dependsOn', place]
      if (name === undefined || !checkKnown(path, name, monitors, report)) return
      if (reaches(name, index, monitors))
        report(path, 'a monitor that does not depend on this one in turn', name)
    })
  })
  maintenance.forEach(({ monitors: names = [] }, index) => {
    names.forEach((name, place) => {
      if (name !== undefined) checkKnown(['maintenance', index, 'monitors', place], name, monitors, report)
    })
  })
}

/** The alert that fires while a monitor is down. */
export const monitorAlertId = (monitor: string): string => `monitor-${monitor}`

const idsOf = (monitors: LooseNames['monitors']): (string | undefined)[] =>
  monitors.map(({ id, name }) => (name === undefined ? id : monitorId({ id, name })))

const isCalled = (written: string) => (monitor: LooseNames['monitors'][number]) =>
  monitor.name === written ||
  monitor.id === written ||
  (monitor.name !== undefined && monitorId({ ...monitor, name: monitor.name }) === written)

function checkKnown(
  path: PropertyKey[],
  name: string,
  monitors: LooseNames['monitors'],
  report: Report,
): boolean {
  if (monitors.some(isCalled(name))) return true
  const known = monitors.map((each) => each.name).filter((each) => each !== undefined)
  report(path, `the name or id of a monitor (${known.join(', ') || 'there are none'})`, name)
  return false
}

/** Whether what depends on `name`, and so on, comes to the monitor at `index`. */
function reaches(name: string, index: number, monitors: LooseNames['monitors']): boolean {
  const seen = new Set<number>()
  const waiting = [monitors.findIndex(isCalled(name))]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (at === index) return true
    if (at < 0 || seen.has(at)) continue
    seen.add(at)
    for (const next of monitors[at]?.dependsOn ?? []) {
      if (next !== undefined) waiting.push(monitors.findIndex(isCalled(next)))
    }
  }
  return false
}

const repeated = (names: readonly (string | undefined)[]): [string, number][] =>
  names.flatMap((name, index) => (name !== undefined && names.indexOf(name) < index ? [[name, index]] : []))
