/** Timers that run by the test's clock, so that a receiver that hangs costs no time. */
export class VirtualTime {
  now: number
  #timers = new Map<number, { atMs: number; run: () => void }>()
  #lastId = 0
  #touched = 0
  readonly #real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout }

  constructor(now: number) {
    this.now = now
  }

  install(): void {
    const set = (run: () => void, ms = 0) => {
      this.#lastId += 1
      this.#touched += 1
      this.#timers.set(this.#lastId, { atMs: this.now + ms, run })
      return this.#lastId
    }
    const clear = (id: number) => {
      this.#touched += 1
      this.#timers.delete(id)
    }
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear })
  }

  uninstall(): void {
    Object.assign(globalThis, this.#real)
  }

  /** What waits for a timer waits for ever: its instance is gone. */
  dropTimers(): void {
    this.#timers.clear()
  }

  /**
   * Runs timers in their order until the promise settles or `stopped` says so.
   * @returns undefined where it was stopped
   */
  async settle<T>(
    promise: Promise<T>,
    stopped: () => boolean = () => false,
  ): Promise<{ value: T } | undefined> {
    let outcome: { value: T } | { error: unknown } | undefined
    promise.then(
      (value) => {
        outcome = { value }
      },
      (error: unknown) => {
        outcome = { error }
      },
    )
    for (let timers = 0; ; timers++) {
      if (timers > 1_000) throw new Error('the promise never settles')
      await this.#quiet(() => outcome !== undefined)
      if (outcome && 'error' in outcome) throw outcome.error
      if (outcome) return outcome
      if (stopped()) return undefined
      this.#runFirstTimer()
    }
  }

  /** Waits until nothing goes on but waiting: whatever is going on sets and clears timers. */
  async #quiet(done: () => boolean): Promise<void> {
    let seen = this.#touched
    for (let turn = 0; turn < 60 && !done(); turn++) {
      await null
      if (seen !== this.#touched) turn = 0
      seen = this.#touched
    }
  }

  #runFirstTimer(): void {
    const [first] = [...this.#timers].sort(([, a], [, b]) => a.atMs - b.atMs)
    if (!first) throw new Error('nothing will ever happen: no timer is set')
    const [id, { atMs, run }] = first
    this.#timers.delete(id)
    this.now = Math.max(this.now, atMs)
    run()
  }
}
