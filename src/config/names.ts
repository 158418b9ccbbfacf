import * as z from 'zod'
import { slugOf } from '../lib/text.ts'
import { monitorAlertId, monitorId } from './monitor-ids.ts'

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

/** An id is part of PagerDuty's dedup key, which may have 255 characters; some signs give several letters each. */
const MAX_ID_LENGTH = 100

type Report = (path: PropertyKey[], message: string, input: unknown) => void

function checkAlerts({ alerts, monitors }: LooseNames, report: Report): void {
  const monitorAlerts = idsOf(monitors).map((id) => id && monitorAlertId(id))
  const places = placesOf(monitors)
  alerts.rules.forEach(({ id, monitor }, index) => {
    if (id !== undefined && monitorAlerts.includes(id)) {
      report(['alerts', 'rules', index, 'id'], 'another id: this one is the alert of a monitor', id)
    }
    if (monitor !== undefined)
      checkKnown(['alerts', 'rules', index, 'monitor'], monitor, monitors, places, report)
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
    // Where all else is right, a monitor has its id by now, also where only a name was written.
    const { name = '', id: given } = monitors[index]!
    const field = given === undefined || given === slugOf(name) ? 'name' : 'id'
    report(
      ['monitors', index, field],
      `a name that gives an id used once (this one: ${id})`,
      monitors[index]?.[field],
    )
  }
  ids.forEach((id = 'none', index) => {
    const { name } = monitors[index]!
    if (id === '') report(['monitors', index, 'name'], 'a name with letters or digits, or an id', name)
    if (id.length > MAX_ID_LENGTH) report(['monitors', index, 'name'], 'a shorter name, or an id', name)
  })
  const places = placesOf(monitors)
  const dependencies = monitors.map(({ dependsOn = [] }) =>
    dependsOn.flatMap((name) => (name === undefined ? [] : (places.get(name) ?? []))),
  )
  const circling = leadingToCircles(dependencies)
  monitors.forEach(({ dependsOn = [] }, index) => {
    dependsOn.forEach((name, place) => {
      const path = ['monitors', index, 'dependsOn', place]
      if (name === undefined || !checkKnown(path, name, monitors, places, report)) return
      if (circling.has(index) && reaches(places.get(name)!, index, dependencies))
        report(path, 'a monitor that does not depend on this one in turn', name)
    })
  })
  maintenance.forEach(({ monitors: names = [] }, index) => {
    names.forEach((name, place) => {
      if (name === undefined) return
      checkKnown(['maintenance', index, 'monitors', place], name, monitors, places, report)
    })
  })
}

const idsOf = (monitors: LooseNames['monitors']): (string | undefined)[] =>
  monitors.map(({ id, name }) => (name === undefined ? id : monitorId({ id, name })))

/** Where in the list a monitor stands, by its name and by its id. Names are looked up often, and slugs take time. */
function placesOf(monitors: LooseNames['monitors']): ReadonlyMap<string, number> {
  const places = new Map<string, number>()
  const ids = idsOf(monitors)
  monitors.forEach(({ name }, index) => {
    for (const called of [name, ids[index]]) {
      if (called !== undefined && !places.has(called)) places.set(called, index)
    }
  })
  return places
}

function checkKnown(
  path: PropertyKey[],
  name: string,
  monitors: LooseNames['monitors'],
  places: ReadonlyMap<string, number>,
  report: Report,
): boolean {
  if (places.has(name)) return true
  const known = monitors.map((each) => each.name).filter((each) => each !== undefined)
  report(path, `the name or id of a monitor (${known.join(', ') || 'there are none'})`, name)
  return false
}

/** Those from which dependencies lead into a circle: what is left when all that depends on nothing left is taken away. */
function leadingToCircles(dependencies: readonly (readonly number[])[]): ReadonlySet<number> {
  const left = new Set(dependencies.keys())
  for (let before = 0; before !== left.size; ) {
    before = left.size
    for (const index of left) {
      if (!dependencies[index]!.some((next) => left.has(next))) left.delete(index)
    }
  }
  return left
}

/** Whether what the monitor at `from` depends on, and so on, comes to the one at `index`. */
function reaches(from: number, index: number, dependencies: readonly (readonly number[])[]): boolean {
  const seen = new Set<number>()
  const waiting = [from]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (at === index) return true
    if (seen.has(at)) continue
    seen.add(at)
    waiting.push(...dependencies[at]!)
  }
  return false
}

function repeated(names: readonly (string | undefined)[]): [string, number][] {
  const seen = new Set<string>()
  return names.flatMap((name, index): [string, number][] => {
    if (name === undefined) return []
    if (seen.has(name)) return [[name, index]]
    seen.add(name)
    return []
  })
}
