/** How far a quantile may be from the exact one, as a share of it. */
export const RELATIVE_ERROR = 0.02

const GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
const LOG_GROWTH = Math.log(GROWTH)

/**
 * Response times as counts in buckets, each of which is a constant factor wider than the one before: small, and two of
 * them add up to what one would be that had seen everything.
 * @see https://arxiv.org/abs/1908.10693 DDSketch, whose buckets and estimates these are
 */
export class LatencySketch {
  readonly #counts = new Map<number, number>()
  #total = 0

  add(latencyMs: number): void {
    this.#count(bucketOf(latencyMs), 1)
  }

  merge(other: LatencySketch): void {
    for (const [bucket, count] of other.#counts) this.#count(bucket, count)
  }

  /**
   * The response time that the share `q` of all do not exceed, in milliseconds: the one at the rank `ceil(q * total)`,
   * within `RELATIVE_ERROR` for what is 1 ms or longer. Shorter ones count as 0.
   * @returns undefined where there is none
   */
  quantile(q: number): number | undefined {
    if (this.#total === 0) return undefined
    const rank = rankOf(q, this.#total)
    let below = 0
    let found = 0
    for (const bucket of this.#buckets()) {
      found = bucket
      below += this.#counts.get(bucket)!
      if (below >= rank) break
    }
    return found === 0 ? 0 : (2 * GROWTH ** (found - 1)) / (GROWTH + 1)
  }

  /** As few numbers: pairs of a step from the bucket before and a count. */
  pack(): number[] {
    let before = 0
    return this.#buckets().flatMap((bucket) => {
      const step = bucket - before
      before = bucket
      return [step, this.#counts.get(bucket)!]
    })
  }

  /** Adds what was packed. */
  addPacked(numbers: readonly number[]): void {
    let bucket = 0
    for (let index = 0; index < numbers.length; index += 2) {
      bucket += numbers[index]!
      this.#count(bucket, numbers[index + 1]!)
    }
  }

  #count(bucket: number, count: number): void {
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + count)
    this.#total += count
  }

  #buckets(): number[] {
    return [...this.#counts.keys()].sort((a, b) => a - b)
  }
}

/** The exact quantile of response times in milliseconds, which are sorted; undefined where there is none. */
export function exactQuantile(q: number, sortedMs: readonly number[]): number | undefined {
  return sortedMs[rankOf(q, sortedMs.length) - 1]
}

/** From 1 to `total`. */
const rankOf = (q: number, total: number) => Math.max(1, Math.ceil(q * total))

/** 0 for less than 1 ms; else 1 and more. */
const bucketOf = (latencyMs: number) =>
  latencyMs < 1 ? 0 : 1 + Math.max(0, Math.ceil(Math.log(latencyMs) / LOG_GROWTH))
