import { SECOND_MS } from '../../lib/clock.ts'
import { lazy } from '../../lib/lazy.ts'

/** What a number is of. */
export type Unit = 'per-second' | 'ratio' | 'ms' | 'count' | 'dollars'

/** A number with its unit, short enough for a table; a dash where there is none. */
export function formatValue(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  switch (unit) {
    case 'per-second':
      return `${significant(value)}/s`
    case 'ratio':
      return `${significant(value * 100)} %`
    case 'ms':
      return value >= 10 * SECOND_MS ? `${significant(value / SECOND_MS)} s` : `${significant(value)} ms`
    case 'count':
      return wholeNumber().format(value)
    case 'dollars':
      return `$${wholeNumber().format(Math.round(value))}`
  }
}

const wholeNumber = lazy(() => new Intl.NumberFormat('en', { maximumFractionDigits: 1 }))

/** Three digits that count; all of those before the point. */
function significant(value: number): string {
  if (value === 0) return '0'
  if (Math.abs(value) >= 1000) return wholeNumber().format(Math.round(value))
  return String(Number(value.toPrecision(Math.abs(value) < 0.1 ? 2 : 3)))
}

/** Bytes in the unit that they are usually told in. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const exponent = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)))
  return `${significant(bytes / 1024 ** exponent)} ${units[exponent]}`
}

/** Such as `2026-11-21 12:03:05`, in UTC. */
export const formatTime = (atMs: number): string =>
  new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')
