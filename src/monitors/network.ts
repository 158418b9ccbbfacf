import type { Clock } from '../lib/clock.ts'
import { SECOND_MS } from '../lib/clock.ts'
import type { Fetch } from '../lib/http-client.ts'
import { send } from '../lib/http-client.ts'
import { SingleFlight } from '../lib/single-flight.ts'

const TIMEOUT_MS = 3 * SECOND_MS
/** Without a network each question takes the timeout, so the answer is kept. */
const MISSED_MS = 30 * SECOND_MS
/** A network that was there may be gone a moment later: so much is trusted, so that many failures ask but once. */
const SEEN_MS = 5 * SECOND_MS

/** What a network probe uses. */
export interface NetworkProbeOptions {
  readonly controlUrl: string
  readonly fetch: Fetch
  readonly clock: Clock
}

/** Whether this region has a network: whether an address answers that is up whenever anything is. */
export class NetworkProbe {
  readonly #options: NetworkProbeOptions
  readonly #flights = new SingleFlight()
  #last: { readonly answered: boolean; readonly untilMs: number } | undefined

  constructor(options: NetworkProbeOptions) {
    this.#options = options
  }

  /** True for an answer with any status. */
  async answers(): Promise<boolean> {
    const { controlUrl, fetch, clock } = this.#options
    if (this.#last && clock() < this.#last.untilMs) return this.#last.answered
    return this.#flights.run('control', async () => {
      const { ok: answered } = await send({ url: controlUrl, timeoutMs: TIMEOUT_MS }, fetch)
      this.#last = { answered, untilMs: clock() + (answered ? SEEN_MS : MISSED_MS) }
      return answered
    })
  }
}
