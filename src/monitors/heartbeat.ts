import { formatDuration } from '../lib/duration.ts'
import type { CheckResult, SeenState } from './model.ts'
import type { BeatKind } from './ports.ts'

/** What a job has said. Times in milliseconds since the epoch. */
export interface Beat {
  /** When it was first heard of. */
  readonly firstAtMs: number
  /** When it began what it has not ended yet. */
  readonly startedAtMs?: number
  readonly doneAtMs?: number
  /** How long it took, where it said when it began. */
  readonly latencyMs?: number
  /** When it said that it failed; undefined once it was done after that. */
  readonly failedAtMs?: number
}

/** When a job is expected. Milliseconds. */
export interface Rhythm {
  readonly everyMs: number
  readonly graceMs: number
}

/** What is known after a job said something more. */
export function afterBeat(beat: Beat | undefined, kind: BeatKind, now: number): Beat {
  const before: Beat = beat ?? { firstAtMs: now }
  switch (kind) {
    case 'start':
      return { ...before, startedAtMs: now }
    case 'fail': {
      const { startedAtMs: _, ...rest } = before
      return { ...rest, failedAtMs: now }
    }
    case 'done':
      return {
        firstAtMs: before.firstAtMs,
        doneAtMs: now,
        ...(before.startedAtMs !== undefined && { latencyMs: Math.max(0, now - before.startedAtMs) }),
      }
  }
}

/**
 * The state of a job at `now`. Late is down, whether it never began or never ended; one that said that it failed is down
 * until it is done. One that was never heard of is unknown: nobody has set it up yet.
 */
export function heartbeatState(
  beat: Beat | undefined,
  { everyMs, graceMs }: Rhythm,
  now: number,
): { readonly state: SeenState; readonly reason?: string } {
  if (!beat) return { state: 'unknown', reason: 'it was never heard of' }
  if (beat.failedAtMs !== undefined) return { state: 'down', reason: FAILED }
  const lateMs = now - ((beat.doneAtMs ?? beat.firstAtMs) + everyMs)
  if (lateMs <= graceMs) return beat.doneAtMs === undefined ? { state: 'unknown' } : { state: 'up' }
  const since =
    beat.startedAtMs !== undefined && beat.startedAtMs > (beat.doneAtMs ?? 0) ? ', begun but not done' : ''
  return { state: 'down', reason: `late by ${formatDuration(lateMs)}${since}` }
}

/** The last thing that a job said, as a result; undefined where that was told by `lastAtMs`, or it said nothing. */
export function beatResult(
  monitor: string,
  beat: Beat | undefined,
  lastAtMs: number | undefined,
): CheckResult | undefined {
  const atMs = beat?.failedAtMs ?? beat?.doneAtMs
  if (!beat || atMs === undefined || (lastAtMs !== undefined && atMs <= lastAtMs)) return undefined
  const base = { monitor, region: 'internal', atMs } as const
  if (beat.failedAtMs !== undefined) return { ...base, outcome: 'failed', reason: FAILED }
  return { ...base, outcome: 'up', ...(beat.latencyMs !== undefined && { latencyMs: beat.latencyMs }) }
}

const FAILED = 'the job said that it failed'
