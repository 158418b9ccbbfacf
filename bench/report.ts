import { medianRange } from './statistics.ts'

/** What a benchmark has to tell. */
export interface Report {
  readonly title: string
  readonly text: string
  /** For the table in the README: what, and how much. */
  readonly figures: readonly (readonly [what: string, value: string])[]
}

/** A table with aligned columns; all but the first are flush right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('   ')
      .trimEnd()
  return [line(head), widths.map((width) => '-'.repeat(width)).join('   '), ...rows.map(line)].join('\n')
}

/** `0.52 ×`. */
export const ratio = (value: number, of: number): string => `${(value / of).toFixed(2)} ×`

/** `1,234,567`. */
export const whole = (value: number): string => Math.round(value).toLocaleString('en-GB')

/** `less than`, `more than`; or that the rounds differ too much to tell. */
export function verdict(ours: readonly number[], theirs: readonly number[]): string {
  const [low, high] = medianRange(ours.map((each, round) => each - theirs[round]!))
  if (high < 0) return 'less than'
  if (low > 0) return 'more than'
  return 'about as much as (the rounds differ too much to tell which is more)'
}
