import { MINUTE_MS } from '../lib/clock.ts'
import type { SeriesValue } from '../metrics/query.ts'

/**
 * What earlier runs saw of counters, so that an increase can be told: a running total per series, which unlike the
 * counter itself never falls back. In columns, because a thousand series have a hundred samples each.
 */
export interface CounterSamples {
  /** When each sample was taken, oldest first. */
  readonly atMs: readonly number[]
  /** By series. */
  readonly counters: Readonly<Record<string, CounterColumn>>
}

/** The samples of one series. */
interface CounterColumn {
  /** The counter as last read; null for a series that was asked for and did not exist. */
  readonly last: number | null
  /** The running total at each sample; null where the series was not asked for. */
  readonly totals: readonly (number | null)[]
}

/** Before the first run, and where no rule asks for a counter. */
export const NO_SAMPLES: CounterSamples = { atMs: [], counters: {} }

/** How samples were stored by version 0.1. */
export interface SamplesByRun {
  readonly last: Readonly<Record<string, number | null>>
  readonly samples: readonly { readonly atMs: number; readonly totals: Readonly<Record<string, number>> }[]
}

/** The samples that version 0.1 stored. */
export function fromSamplesByRun({ last, samples }: SamplesByRun): CounterSamples {
  return {
    atMs: samples.map(({ atMs }) => atMs),
    counters: Object.fromEntries(
      Object.entries(last).map(([key, value]) => [
        key,
        { last: value, totals: samples.map(({ totals }) => totals[key] ?? null) },
      ]),
    ),
  }
}

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
  const atMs = [...known.atMs, now]
  const kept = keptAfterThinning(atMs, now, keepMs)
  const counters: Record<string, CounterColumn> = {}
  for (const [key, series] of read) {
    if (series?.type === 'gauge') continue
    const column = known.counters[key]
    const total = (column?.totals.at(-1) ?? 0) + increaseSince(column?.last, series?.value)
    counters[key] = {
      last: series?.value ?? null,
      totals: kept.map((index) => (index === atMs.length - 1 ? total : (column?.totals[index] ?? null))),
    }
  }
  if (Object.keys(counters).length === 0) return NO_SAMPLES
  return { atMs: kept.map((index) => atMs[index]!), counters }
}

/** How much a counter rose within the window, and in what time; undefined where no two samples tell. */
export function increaseWithin(
  { atMs, counters }: CounterSamples,
  key: string,
  windowMs: number,
): { readonly by: number; readonly inSeconds: number } | undefined {
  const totals = counters[key]?.totals ?? []
  const end = atMs.length - 1
  if (totals[end] == null) return undefined
  const endMs = atMs[end]!
  const fromMs = endMs - windowMs
  // After a pause without samples the one before it is too old to tell of this window.
  const notBeforeMs = fromMs - Math.max(windowMs / 2, 2 * MINUTE_MS)
  const has = (index: number) => totals[index] != null
  const before = atMs.findLastIndex((at, index) => has(index) && at <= fromMs && at >= notBeforeMs)
  const start = before >= 0 ? before : atMs.findIndex((at, index) => has(index) && at > fromMs)
  if (start < 0 || atMs[start]! >= endMs) return undefined
  return { by: totals[end] - totals[start]!, inSeconds: (endMs - atMs[start]!) / 1000 }
}

function increaseSince(before: number | null | undefined, value: number | undefined): number {
  if (before === undefined || value === undefined) return 0
  return before === null || value < before ? value : value - before
}

/** Older samples may lie further apart: by a 32nd of their age, so that a day of minutes fits in some 150. */
const AGE_PER_GAP = 32

/** The indexes of the samples that are kept. */
function keptAfterThinning(atMs: readonly number[], now: number, keepMs: number): number[] {
  const first = Math.max(
    0,
    atMs.findLastIndex((at) => at <= now - keepMs),
  )
  const recent = [...atMs.keys()].filter((index) => index >= first && atMs[index]! <= now)
  const kept: number[] = []
  recent.forEach((index, place) => {
    const previous = kept.at(-1)
    const next = recent[place + 1]
    const gapMs = (now - atMs[index]!) / AGE_PER_GAP
    if (previous !== undefined && next !== undefined && atMs[next]! - atMs[previous]! <= gapMs) return
    kept.push(index)
  })
  return kept
}
