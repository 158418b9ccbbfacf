import { MINUTE_MS, SECOND_MS } from '../lib/clock.ts'
import { CHECKS_AT_ONCE } from './lanes.ts'
import type { Region } from './model.ts'

/** A monitor that is asked, as far as its schedule goes. */
export interface Scheduled {
  readonly id: string
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly regions: readonly Region[]
}

/** Checks that one prober makes in one call. `shard` counts those of a region from 0. */
export interface Shard {
  readonly region: Region
  readonly shard: number
  readonly monitors: readonly string[]
}

/** The free plan allows 50 subrequests for one call of an object; what checks leave of that is for redirects. */
const CHECKS_PER_SHARD = 20

/**
 * A call ends with its last check, so those that may take longer than this are made apart from the others, and no more
 * in a call than are made at once: where some of them hang, nobody else is known late.
 */
const PROMPT_MS = 10 * SECOND_MS

/** The shards of one region begin within this time, so that their last one is done within the minute. */
const SPREAD_MS = 40 * SECOND_MS
const MAX_GAP_MS = SECOND_MS

/**
 * Which slot of a monitor a time is in: its checks are one to a slot. Slots of long intervals begin at different minutes
 * for different monitors, so that those of five minutes don't all come at once.
 */
export function slotOf({ id, intervalMs }: Pick<Scheduled, 'id' | 'intervalMs'>, atMs: number): number {
  return Math.floor((atMs - offsetMs({ id, intervalMs })) / intervalMs)
}

/** When the slots of a monitor begin, after those of an interval that begins with the epoch. */
const offsetMs = ({ id, intervalMs }: Pick<Scheduled, 'id' | 'intervalMs'>): number =>
  (hashOf(id) % Math.max(1, Math.floor(intervalMs / MINUTE_MS))) * MINUTE_MS

/** Runs may come out of order, but not by more than this: what was asked later than that was asked by a wrong clock. */
const MAX_DISORDER_MS = 10 * MINUTE_MS

/**
 * Whether a monitor is due at `atMs`: when its slot is a later one than when it was asked last. Asking is remembered by
 * its time rather than its slot, so that another interval changes nothing.
 * @param askedAtMs for which run it was asked last; undefined for never
 */
export function isDue(
  monitor: Pick<Scheduled, 'id' | 'intervalMs'>,
  atMs: number,
  askedAtMs: number | undefined,
): boolean {
  if (askedAtMs === undefined || askedAtMs - atMs > MAX_DISORDER_MS) return true
  return slotOf(monitor, atMs) > slotOf(monitor, askedAtMs)
}

/** What is to be checked now, in shards. */
export function dueShards<Monitor extends Scheduled>(
  monitors: readonly Monitor[],
  isDueIn: (monitor: Monitor, region: Region) => boolean,
): Shard[] {
  // By its place among all, due or not, a monitor always has the same shard. Those that are due together are neighbours:
  // each shard is a call and a second of waiting, so few full ones are asked instead of some checks of every one.
  const ordered = monitors.toSorted((a, b) => a.intervalMs - b.intervalMs || offsetMs(a) - offsetMs(b))
  const regions = new Set(ordered.flatMap((monitor) => monitor.regions))
  return [...regions].flatMap((region) => {
    const isDueHere = (monitor: Monitor) => isDueIn(monitor, region)
    return inShards(ordered.filter((monitor) => monitor.regions.includes(region)))
      .map((all, shard) => ({ region, shard, monitors: all.filter(isDueHere).map(({ id }) => id) }))
      .filter((shard) => shard.monitors.length > 0)
  })
}

function inShards<Monitor extends Scheduled>(ordered: readonly Monitor[]): Monitor[][] {
  const prompt = ordered.filter(({ timeoutMs }) => timeoutMs <= PROMPT_MS)
  const slow = ordered.filter(({ timeoutMs }) => timeoutMs > PROMPT_MS)
  return [...inGroups(prompt, CHECKS_PER_SHARD), ...inGroups(slow, CHECKS_AT_ONCE)]
}

const inGroups = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )

/**
 * How long after the beginning of a run each shard begins. Regions begin together, each shard of a region after the one
 * before: a thousand checks are spread over the minute, yet a small deployment is done at once. That matters, because an
 * object is billed for as long as it is awake: waiting a whole minute for 20 checks would cost an always awake object,
 * which is 0.125 GB-s for each second, of the 13,000 GB-s a day that are free.
 */
export function staggered(shards: readonly Shard[]): { readonly shard: Shard; readonly afterMs: number }[] {
  const sizes = Map.groupBy(shards, ({ region }) => region)
  const begun = new Map<Region, number>()
  return shards.map((shard) => {
    const place = begun.get(shard.region) ?? 0
    begun.set(shard.region, place + 1)
    const gapMs = Math.min(MAX_GAP_MS, SPREAD_MS / (sizes.get(shard.region)?.length ?? 1))
    return { shard, afterMs: place * gapMs }
  })
}

/** FNV-1a, 32 bits (RFC 9923). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}
