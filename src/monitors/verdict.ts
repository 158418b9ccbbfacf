import type { CheckResult, RegionStatus, SeenState } from './model.ts'

/** What one region knows of a monitor. */
export interface RegionView {
  /** Undefined until the checks have decided it once. */
  readonly isDown?: boolean
  /** So many failed checks in a row while it is not down, or good ones while it is. */
  readonly inARow: number
  /** When there was last a result that tells something. */
  readonly knownAtMs?: number
  readonly last?: RegionStatus['last']
  /** Of the last result that tells something. */
  readonly isSlow?: boolean
}

/** How often in a row, and how often at all. */
export interface Patience {
  readonly failures: number
  readonly recoveries: number
  readonly intervalMs: number
  readonly timeoutMs: number
}

/** A region that has said nothing yet. */
export const NOTHING_SEEN: RegionView = { inARow: 0 }

/**
 * What a region knows after one more check. So many failed ones in a row make it down, so many good ones up again; what
 * is slow is good here. The first good one decides at once. `unknown` changes none of this.
 */
export function afterCheck(
  view: RegionView,
  { atMs, outcome, latencyMs, reason }: CheckResult,
  { failures, recoveries }: Pick<Patience, 'failures' | 'recoveries'>,
): RegionView {
  const last = {
    atMs,
    outcome,
    ...(latencyMs !== undefined && { latencyMs }),
    ...(reason !== undefined && { reason }),
  }
  if (outcome === 'unknown') return { ...view, last }

  const isFailed = outcome === 'failed'
  const known = { last, knownAtMs: atMs, isSlow: outcome === 'slow' }
  if (view.isDown) {
    const inARow = isFailed ? 0 : view.inARow + 1
    return inARow >= recoveries ? { ...known, isDown: false, inARow: 0 } : { ...known, isDown: true, inARow }
  }
  if (!isFailed) return { ...known, isDown: false, inARow: 0 }
  const inARow = view.inARow + 1
  if (inARow >= failures) return { ...known, isDown: true, inARow: 0 }
  return { ...known, ...(view.isDown !== undefined && { isDown: view.isDown }), inARow }
}

/** Whether a check that fails should be made again at once: what failed before has been confirmed already. */
export const isFirstFailure = (view: RegionView): boolean => !view.isDown && view.inARow === 0

/** Whether a region that is down has seen a good check: whether it is up again is soon asked, not an interval later. */
export const isRecovering = (view: RegionView): boolean => view.isDown === true && view.inARow > 0

/** What a region says at `now`. An answer is good for two intervals and the time that two checks may take. */
export function regionState(
  view: RegionView,
  { intervalMs, timeoutMs }: Pick<Patience, 'intervalMs' | 'timeoutMs'>,
  now: number,
): SeenState {
  if (view.isDown === undefined || view.knownAtMs === undefined) return 'unknown'
  // Nor is one from a future that a wrong clock told of.
  if (Math.abs(now - view.knownAtMs) > 2 * (intervalMs + timeoutMs)) return 'unknown'
  if (view.isDown) return 'down'
  return view.isSlow ? 'degraded' : 'up'
}

/** The verdict of all regions: more than half of those that know must say it. */
export function verdict(regions: readonly SeenState[]): SeenState {
  const known = regions.filter((state) => state !== 'unknown')
  if (known.length === 0) return 'unknown'
  const down = known.filter((state) => state === 'down').length
  const degraded = known.filter((state) => state === 'degraded').length
  if (down > known.length / 2) return 'down'
  return down + degraded > known.length / 2 ? 'degraded' : 'up'
}
