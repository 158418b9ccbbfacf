import { MINUTE_MS } from '../lib/clock.ts'
import type { SeriesValue } from '../metrics/query.ts'

/**
 * What earlier runs saw of counters, so that an increase can be told: a running total per series, which unlike the
 * counter itself never falls back. Small enough for one row.
 */
export interface CounterSamples {
  /** The counters as last read; null for a series that was asked for and did not exist. */
  readonly last: Readonly<Record<string, number | null>>
  /** Oldest first. */
  readonly samples: readonly CounterSample[]
}

/** Running totals of one run, by series. A series that was not asked for in it has none. */
interface CounterSample {
  readonly atMs: number
  readonly totals: Readonly<Record<string, number>>
}

/** Before the first run, and where no rule asks for a counter. */
export const NO_SAMPLES: CounterSamples = { last: {}, samples: [] }

/**
 * Adds what a run read. A counter below its last value began anew, so all of it is increase; so is all of one that
 * was not there before. A gauge is not kept.
 * @param keepMs the longest window that anybody asks for
 */
export function addSample(
  known: CounterSamples,
  read: ReadonlyMap<string, SeriesValue | undefined>,
  now: number,
  keepMs: number,
): CounterSamples {
  const before = known.samples.at(-1)?.totals ?? {}
  const last: Record<string, number | null> = {}
  const totals: Record<string, number> = {}
  for (const [key, series] of read) {
    if (series?.type === 'gauge') continue
    last[key] = series?.value ?? null
    totals[key] = (before[key] ?? 0) + increaseSince(known.last[key], series?.value)
  }
  if (Object.keys(totals).length === 0) return NO_SAMPLES
  return { last, samples: thin([...known.samples, { atMs: now, totals }], now, keepMs) }
}

/** How much a counter rose within the window, and in what time; undefined where no two samples tell. */
export function increaseWithin(
  { samples }: CounterSamples,
  key: string,
  windowMs: number,
): { readonly by: number; readonly inSeconds: number } | undefined {
  const end = samples.at(-1)
  const having = samples.filter(({ totals }) => totals[key] !== undefined)
  if (end?.totals[key] === undefined) return undefined
  const fromMs = end.atMs - windowMs
  // After a pause without samples the one before it is too old to tell of this window.
  const notBeforeMs = fromMs - Math.max(windowMs / 2, 2 * MINUTE_MS)
  const start =
    having.findLast(({ atMs }) => atMs <= fromMs && atMs >= notBeforeMs) ??
    having.find(({ atMs }) => atMs > fromMs)
  if (start === undefined || start.atMs >= end.atMs) return undefined
  return {
    by: end.totals[key] - start.totals[key]!,
    inSeconds: (end.atMs - start.atMs) / 1000,
  }
}

function increaseSince(before: number | null | undefined, value: number | undefined): number {
  if (before === undefined || value === undefined) return 0
  return before === null || value < before ? value : value - before
}

/** Older samples may lie further apart: by a 32nd of their age, so that a day of minutes fits in some 150. */
const AGE_PER_GAP = 32

function thin(samples: readonly CounterSample[], now: number, keepMs: number): CounterSample[] {
  const firstKept = samples.findLastIndex(({ atMs }) => atMs <= now - keepMs)
  const recent = samples.slice(Math.max(0, firstKept)).filter(({ atMs }) => atMs <= now)
  const kept: CounterSample[] = []
  recent.forEach((sample, index) => {
    const previous = kept.at(-1)
    const next = recent[index + 1]
    const gapMs = (now - sample.atMs) / AGE_PER_GAP
    if (previous && next && next.atMs - previous.atMs <= gapMs) return
    kept.push(sample)
  })
  return kept
}
