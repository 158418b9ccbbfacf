import { HOUR_MS } from '../../lib/clock.ts'

/** How often one and the same error is sent within an hour, and how many reports in all. Per isolate. */
const MAX_SAME_ERROR = 3
const MAX_IN_ALL = 20
/** Errors that are told apart; what comes beyond shares one count. */
const MAX_KEYS = 200
const OTHERS = '(others)'

interface Hour {
  startMs: number
  sent: number
}

interface Burst extends Hour {
  /** Reports that were only counted since the last one that was sent. */
  suppressed: number
}

/**
 * Decides which reports of errors are sent: a few of the same within an hour, a few more in all. The rest is counted,
 * and the next one that is sent tells how many. Sent and told counts always add up to what came in.
 */
export class BurstLimiter {
  readonly #bursts = new Map<string, Burst>()
  #all: Hour = { startMs: 0, sent: 0 }

  /**
   * Admits an error, with the number of reports that were suppressed since it was last sent; undefined where it is
   * only counted.
   * @param key the same for errors that are the same
   */
  admit(key: string, now: number): number | undefined {
    const burst = this.#burstOf(key, now)
    if (now - burst.startMs >= HOUR_MS) Object.assign(burst, { startMs: now, sent: 0 })
    if (now - this.#all.startMs >= HOUR_MS) this.#all = { startMs: now, sent: 0 }
    if (burst.sent >= MAX_SAME_ERROR || this.#all.sent >= MAX_IN_ALL) {
      burst.suppressed += 1
      return undefined
    }
    burst.sent += 1
    this.#all.sent += 1
    const { suppressed } = burst
    burst.suppressed = 0
    return suppressed
  }

  /** Counts reports that are not sent, for whatever reason. */
  suppress(key: string, reports: number, now: number): void {
    this.#burstOf(key, now).suppressed += reports
  }

  /** An admitted error could not be sent: it counts as suppressed, and the next one may be sent in its place. */
  takeBack(key: string, suppressed: number, now: number): void {
    const burst = this.#burstOf(key, now)
    burst.suppressed += suppressed + 1
    burst.sent = Math.max(0, burst.sent - 1)
    this.#all.sent = Math.max(0, this.#all.sent - 1)
  }

  #burstOf(key: string, now: number): Burst {
    const known = this.#bursts.get(key)
    if (known) return known
    if (this.#bursts.size >= MAX_KEYS) this.#forgetOld(now)
    if (this.#bursts.size >= MAX_KEYS && key !== OTHERS) return this.#burstOf(OTHERS, now)
    const burst = { startMs: now, sent: 0, suppressed: 0 }
    this.#bursts.set(key, burst)
    return burst
  }

  /** Only those that have nothing to tell any more. */
  #forgetOld(now: number): void {
    for (const [key, burst] of this.#bursts) {
      if (burst.suppressed === 0 && now - burst.startMs >= HOUR_MS) this.#bursts.delete(key)
    }
  }
}
