import type { Beat } from './heartbeat.ts'
import { heartbeatState } from './heartbeat.ts'
import { windowsOf } from './maintenance.ts'
import type { Memory } from './memory.ts'
import { regionMemory } from './memory.ts'
import type { Maintenance, MonitorStatus, RegionStatus, SeenState } from './model.ts'
import type { Watched } from './plan.ts'
import { regionState, verdict } from './verdict.ts'

/** What monitors are judged by. */
export interface Evidence {
  readonly memory: Memory
  readonly beats: ReadonlyMap<string, Beat>
  /** Those under way are enough. */
  readonly windows: readonly Maintenance[]
}

type Seen = { readonly seen: SeenState; readonly reason?: string; readonly regions: readonly RegionStatus[] }

/** Every monitor as it is at `now`. */
export function judge(monitors: readonly Watched[], evidence: Evidence, now: number): MonitorStatus[] {
  const seen = new Map(monitors.map((monitor) => [monitor.id, see(monitor, evidence, now)]))
  const dependencies = new Map(monitors.map(({ id, dependsOn }) => [id, dependsOn]))
  return monitors.map(({ id }) => {
    const known = seen.get(id)!
    const state = windowsOf(evidence.windows, id, now).length > 0 ? 'maintenance' : known.seen
    const before = evidence.memory.monitors.get(id)
    // One that was never measured has no beginning.
    const sinceMs =
      before?.state === state ? before.sinceMs : before?.state || state !== 'unknown' ? now : undefined
    const blockedBy = firstDown(id, dependencies, seen)
    return {
      id,
      state,
      ...known,
      ...(sinceMs !== undefined && { sinceMs: Math.min(sinceMs, now) }),
      ...(blockedBy !== undefined && { blockedBy }),
    }
  })
}

function see(monitor: Watched, { memory, beats }: Evidence, now: number): Seen {
  const status = (region: RegionStatus['region'], state: SeenState): RegionStatus => {
    const { view, colo } = regionMemory(memory, monitor.id, region)
    return { region, state, ...(colo !== undefined && { colo }), ...(view.last && { last: view.last }) }
  }
  if (monitor.kind === 'telling') {
    const { state, reason } = heartbeatState(beats.get(monitor.id), monitor, now)
    return { seen: state, ...(reason && { reason }), regions: [status('internal', state)] }
  }
  const regions = monitor.regions.map((region) =>
    status(region, regionState(regionMemory(memory, monitor.id, region).view, monitor, now)),
  )
  const seen = verdict(regions.map(({ state }) => state))
  const reason = reasonOf(seen, regions)
  return { seen, ...(reason && { reason }), regions }
}

/** Why a monitor is not up, as the first region says that sees it so. */
function reasonOf(seen: SeenState, regions: readonly RegionStatus[]): string | undefined {
  if (seen === 'up') return undefined
  const agreeing = regions.filter(({ state }) => state === seen)
  return (agreeing.length > 0 ? agreeing : regions)
    .map(({ last }) => last?.reason)
    .find((reason) => reason !== undefined)
}

/** The nearest monitor that this one depends on, directly or not, and that is seen down. */
function firstDown(
  id: string,
  dependencies: ReadonlyMap<string, readonly string[]>,
  seen: ReadonlyMap<string, Seen>,
): string | undefined {
  const waiting = [...(dependencies.get(id) ?? [])]
  const asked = new Set<string>([id])
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (asked.has(next)) continue
    asked.add(next)
    if (seen.get(next)?.seen === 'down') return next
    waiting.push(...(dependencies.get(next) ?? []))
  }
  return undefined
}
