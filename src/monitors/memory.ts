import type { CheckResult, MonitorState, Region } from './model.ts'
import type { KnownControl } from './network.ts'
import type { RegionView } from './verdict.ts'
import { NOTHING_SEEN } from './verdict.ts'

/** What is remembered of a monitor in one region. */
export interface RegionMemory {
  /** The run for which it was asked last; milliseconds since the epoch. */
  readonly askedAtMs?: number
  readonly view: RegionView
  /** See `RegionStatus`. */
  readonly colo?: string
}

/** What is remembered of a monitor from one run to the next. */
interface MonitorMemory {
  readonly state?: MonitorState
  readonly sinceMs?: number
  readonly regions: ReadonlyMap<Region, RegionMemory>
}

/** What a run leaves to the next, by the ids of monitors. */
export interface Memory {
  readonly judgedAtMs?: number
  /** As `judgedAtMs`, but never that of a run before, nor earlier, whatever the clock does: runs are ordered by it. */
  readonly orderMs?: number
  readonly control?: KnownControl
  readonly monitors: Map<string, MonitorMemory>
}

/** What is remembered of a monitor in a region; nothing, where that was never asked. */
export const regionMemory = (memory: Memory, monitor: string, region: Region): RegionMemory =>
  memory.monitors.get(monitor)?.regions.get(region) ?? { view: NOTHING_SEEN }

/** Replaces what is remembered of a monitor in a region. */
export function rememberRegion(memory: Memory, monitor: string, region: Region, value: RegionMemory): void {
  const known = memory.monitors.get(monitor)
  memory.monitors.set(monitor, { ...known, regions: new Map(known?.regions).set(region, value) })
}

/** What is remembered, without monitors and regions that are not watched any more. */
export function onlyWatched(
  known: Memory['monitors'],
  watched: readonly { readonly id: string; readonly regions: readonly Region[] }[],
): Memory['monitors'] {
  const kept: Memory['monitors'] = new Map()
  for (const { id, regions } of watched) {
    const monitor = known.get(id)
    if (!monitor) continue
    const inRegions = [...monitor.regions].filter(([region]) => regions.includes(region))
    kept.set(id, { ...monitor, regions: new Map(inRegions) })
  }
  return kept
}

const VERSION = 1
/** The memory as JSON. Lists instead of objects: with a thousand monitors all of it is written each minute. */
export function encodeMemory(memory: Memory): string {
  return JSON.stringify({
    version: VERSION,
    judgedAtMs: memory.judgedAtMs,
    orderMs: memory.orderMs,
    control: memory.control,
    monitors: Array.from(memory.monitors, ([id, { state, sinceMs, regions }]) => [
      id,
      state ?? null,
      sinceMs ?? null,
      Array.from(regions, ([region, { askedAtMs, view, colo }]) => {
        const { isDown, isSlow, inARow, knownAtMs, last } = view
        const values = [region, askedAtMs, isDown, isSlow, inARow, knownAtMs]
        const lastValues = last && [last.atMs, last.outcome, last.latencyMs, last.reason, colo]
        return [...values, ...(lastValues ?? [])].map((value) => value ?? null)
      }),
    ]),
  })
}

/** The memory of an encoded one. What another version wrote is not read: each check tells it anew. */
export function decodeMemory(text: string | undefined): Memory {
  const { version, judgedAtMs, orderMs, control, monitors } = JSON.parse(text ?? '{}') as Encoded
  if (version !== VERSION) return { monitors: new Map() }
  return {
    ...(judgedAtMs !== undefined && { judgedAtMs }),
    ...(orderMs !== undefined && { orderMs }),
    ...(control !== undefined && { control }),
    monitors: new Map(
      monitors.map(([id, state, sinceMs, regions]) => [
        id,
        {
          ...(state !== null && { state }),
          ...(sinceMs !== null && { sinceMs }),
          regions: new Map(regions.map(decodeRegion)),
        },
      ]),
    ),
  }
}

function decodeRegion([region, askedAtMs, isDown, isSlow, inARow, knownAtMs, ...last]: EncodedRegion) {
  const [atMs, outcome, latencyMs, reason, colo] = last
  const view: RegionView = {
    ...(isDown !== null && { isDown }),
    ...(isSlow !== null && { isSlow }),
    inARow,
    ...(knownAtMs !== null && { knownAtMs }),
    ...(atMs !== undefined &&
      outcome !== undefined && {
        last: {
          atMs,
          outcome,
          ...(latencyMs !== undefined && latencyMs !== null && { latencyMs }),
          ...(reason !== undefined && reason !== null && { reason }),
        },
      }),
  }
  const memory: RegionMemory = {
    ...(askedAtMs !== null && { askedAtMs }),
    view,
    ...(colo !== undefined && colo !== null && { colo }),
  }
  return [region, memory] as const
}

type Encoded = {
  readonly version?: number
  readonly judgedAtMs?: number
  readonly orderMs?: number
  readonly control?: KnownControl
  readonly monitors: readonly (readonly [
    id: string,
    state: MonitorState | null,
    sinceMs: number | null,
    regions: readonly EncodedRegion[],
  ])[]
}

type EncodedRegion = readonly [
  region: Region,
  askedAtMs: number | null,
  isDown: boolean | null,
  isSlow: boolean | null,
  inARow: number,
  knownAtMs: number | null,
  atMs?: number,
  outcome?: CheckResult['outcome'],
  latencyMs?: number | null,
  reason?: string | null,
  colo?: string | null,
]
