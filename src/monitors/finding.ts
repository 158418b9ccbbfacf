import type { CheckResult } from './model.ts'

/** What one check found. */
export interface Finding extends Pick<CheckResult, 'atMs' | 'outcome' | 'latencyMs' | 'reason'> {
  /** Nothing came back at all, for which our own network may be the cause. */
  readonly unanswered?: true
}

/** A finding as the result of a monitor's check from a region. */
export function resultOf(
  { monitor, region }: Pick<CheckResult, 'monitor' | 'region'>,
  { unanswered: _, ...found }: Finding,
): CheckResult {
  return { monitor, region, ...found }
}

/** The finding for an answer that took `latencyMs` and is otherwise as expected: `slow` where that is too long. */
export function findingByLatency(atMs: number, latencyMs: number, maxLatencyMs: number | undefined): Finding {
  if (maxLatencyMs === undefined || latencyMs <= maxLatencyMs) return { atMs, outcome: 'up', latencyMs }
  const reason = `expected at most ${maxLatencyMs} ms, took ${latencyMs} ms`
  return { atMs, outcome: 'slow', latencyMs, reason }
}
