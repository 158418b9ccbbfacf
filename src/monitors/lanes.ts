/** Checks that an object makes at once. Cloudflare lets six connections wait for headers: a seventh would time out in a queue. */
export const CHECKS_AT_ONCE = 5

/** Lets so many pieces of work run at once; the others wait for their turn, in the order in which they came. */
export class Lanes {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  /** Runs `work` when a lane is free, and gives what it gives. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free += 1
    }
  }
}
