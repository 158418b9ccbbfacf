/** The bucket that a value falls into: upper bounds are inclusive, and the last bucket takes what is beyond them. */
export function bucketIndex(bounds: readonly number[], value: number): number {
  let index = 0
  while (index < bounds.length && value > bounds[index]!) index++
  return index
}

/**
 * Counts per bucket, sorted anew under other bounds. An old bucket goes whole to the one that holds its upper bound:
 * no observation is lost, and none appears to be smaller than it was.
 */
export function rebucket(
  buckets: readonly number[],
  from: readonly number[],
  to: readonly number[],
): number[] {
  const result = new Array<number>(to.length + 1).fill(0)
  buckets.forEach((count, index) => {
    const target = index < from.length ? bucketIndex(to, from[index]!) : to.length
    result[target]! += count
  })
  return result
}

/**
 * The value below which the share `q` of the observations lies, by linear interpolation within a bucket: what
 * PromQL's `histogram_quantile` gives. What lies in the last bucket counts as the highest bound; the first bucket
 * begins at 0, unless its bound is not above 0, which is then the answer itself.
 * @param q from 0 to 1; below it is -Infinity, above it Infinity.
 * @param buckets observations per bucket, not cumulative; one more than there are bounds.
 * @returns undefined where there are no observations (where PromQL says NaN).
 * @see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 */
export function quantile(
  q: number,
  bounds: readonly number[],
  buckets: readonly number[],
): number | undefined {
  const total = buckets.reduce((sum, count) => sum + count, 0)
  if (!(total > 0) || bounds.length === 0 || Number.isNaN(q)) return undefined
  if (q < 0) return Number.NEGATIVE_INFINITY
  if (q > 1) return Number.POSITIVE_INFINITY

  const rank = q * total
  let below = 0
  let index = 0
  // An empty bucket holds no quantile: PromQL would divide 0 by 0 in one that opens the histogram.
  while (index < bounds.length && (below + buckets[index]! < rank || buckets[index] === 0)) {
    below += buckets[index]!
    index++
  }
  if (index === bounds.length) return bounds.at(-1)
  const upper = bounds[index]!
  if (index === 0 && upper <= 0) return upper
  const lower = index === 0 ? 0 : bounds[index - 1]!
  return lower + (upper - lower) * ((rank - below) / buckets[index]!)
}
