/**
 * Lets one run go on at a time. One that takes too long loses its lease: the next one may begin, and the late one must
 * leave everything as it is. In memory: a run doesn't outlive its object.
 */
export class Lease {
  readonly #lengthMs: number
  #held: { readonly expiresAtMs: number } | undefined

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs
  }

  /**
   * What `work` gives; undefined where another run holds the lease, and nothing was done.
   * @param work is told how to ask whether it still holds it
   */
  async run<T>(now: number, work: (isHeld: () => boolean) => Promise<T>): Promise<T | undefined> {
    if (this.#held && now < this.#held.expiresAtMs) return undefined
    const mine = { expiresAtMs: now + this.#lengthMs }
    this.#held = mine
    const isHeld = () => this.#held === mine
    try {
      return await work(isHeld)
    } finally {
      if (isHeld()) this.#held = undefined
    }
  }
}
