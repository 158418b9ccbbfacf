/** The middle of some numbers, and where the middle half of them lies. */
export interface Summary {
  readonly median: number
  readonly lowerQuartile: number
  readonly upperQuartile: number
  readonly minimum: number
}

/** Sums numbers up so that a few rounds that were disturbed count for nothing. At least one number. */
export function summarize(numbers: readonly number[]): Summary {
  const sorted = numbers.toSorted((a, b) => a - b)
  return {
    median: quantile(sorted, 0.5),
    lowerQuartile: quantile(sorted, 0.25),
    upperQuartile: quantile(sorted, 0.75),
    minimum: sorted[0]!,
  }
}

export const median = (numbers: readonly number[]): number => summarize(numbers).median

/** By linear interpolation; `sorted` rises. */
function quantile(sorted: readonly number[], q: number): number {
  const position = q * (sorted.length - 1)
  const below = sorted[Math.floor(position)]!
  const above = sorted[Math.ceil(position)]!
  return below + (above - below) * (position - Math.floor(position))
}

/** A range that holds the true median with 95 % probability; from the order of the numbers alone (binomial). */
export function medianRange(numbers: readonly number[]): [number, number] {
  const sorted = numbers.toSorted((a, b) => a - b)
  const reach = 0.98 * Math.sqrt(sorted.length)
  const first = Math.max(0, Math.floor((sorted.length - 1) / 2 - reach))
  return [sorted[first]!, sorted[sorted.length - 1 - first]!]
}
