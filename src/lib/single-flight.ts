/**
 * Runs `work` once for all who ask for the same key while it is under way; all get the same outcome.
 *
 * Only within one request or one Durable Object: on Workers a promise that waits for I/O may not be awaited by
 * another request.
 */
export class SingleFlight {
  readonly #underWay = new Map<string, Promise<unknown>>()

  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const known = this.#underWay.get(key)
    if (known) return known as Promise<T>
    const promise = work().finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, promise)
    return promise
  }
}
