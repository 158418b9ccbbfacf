import type { Clock } from '../lib/clock.ts'
import { TIMED_OUT, within } from '../lib/deadline.ts'
import { err } from '../lib/result.ts'
import type { Logger } from '../logging/model.ts'
import type { DependencyReader, DependencyReport, Facts, Roles, SchedulerReport } from './model.ts'
import { SHARED_MS } from './model.ts'

/** What the Worker's side of health needs. */
export interface HealthClientSettings {
  readonly roles: Roles
  /** Gives a stub of the health monitor: a new one each time, since a stub belongs to the request that made it. */
  readonly monitor: () => DependencyReader
  /** Reads the alert ledger. */
  readonly schedulerReport: () => Promise<SchedulerReport>
  readonly clock: Clock
  readonly log: Logger
  /** How long a read may take, whatever hangs. */
  readonly timeoutMs?: number
}

/** How long the health monitor may take: less than a read, so that it still answers with what it knows. */
const MONITOR_WAIT_MS = 2_000

/** A value that may be used until some time. */
interface Fresh<T> {
  readonly value: T
  readonly untilMs: number
}

/**
 * Reads how dependencies and scheduler are; one per isolate. What was read is kept until it is 10 seconds old, its
 * age in the monitor included, so that a busy isolate doesn't ask for each request. Only finished values are kept:
 * requests that come at the same time ask each for themselves, and the monitor probes once for all of them.
 */
export class HealthClient {
  readonly #settings: HealthClientSettings
  readonly #timeoutMs: number
  #dependencies: Fresh<DependencyReport> | undefined
  #scheduler: Fresh<SchedulerReport> | undefined

  constructor(settings: HealthClientSettings) {
    this.#settings = settings
    this.#timeoutMs = settings.timeoutMs ?? 2_400
  }

  /** Never rejects. What can't be read in time is unknown. */
  async read(): Promise<Facts> {
    const [dependencies, scheduler] = await Promise.all([this.#readDependencies(), this.#readScheduler()])
    return { dependencies, scheduler }
  }

  async #readDependencies(): Promise<DependencyReport> {
    const { roles, clock } = this.#settings
    if (!roles.mongodb && !roles.redis) return unreached(roles, clock(), '')
    const kept = this.#dependencies
    if (kept && clock() < kept.untilMs) return kept.value

    const answer = await this.#ask('dependencies', async () => {
      try {
        return await this.#settings.monitor().report(MONITOR_WAIT_MS)
      } catch {
        // Deploys and moves of an object cut the calls to it; the next one finds it again.
        return await this.#settings.monitor().report(MONITOR_WAIT_MS)
      }
    })
    const now = clock()
    if (!answer.ok) return unreached(roles, now, answer.error.message)
    const { mongodb, redis } = answer.value
    if (mongodb.state === 'unknown' || redis.state === 'unknown') return answer.value
    // The object's clock may be ahead of ours; that must not prolong the life of what it said.
    this.#dependencies = {
      value: answer.value,
      untilMs: Math.min(answer.value.checkedAtMs, now) + SHARED_MS,
    }
    return answer.value
  }

  async #readScheduler(): Promise<SchedulerReport | undefined> {
    const kept = this.#scheduler
    if (kept && this.#settings.clock() < kept.untilMs) return kept.value

    const answer = await this.#ask('scheduler', () => this.#settings.schedulerReport())
    if (!answer.ok) return undefined
    this.#scheduler = { value: answer.value, untilMs: this.#settings.clock() + SHARED_MS }
    return answer.value
  }

  async #ask<T>(what: string, work: () => Promise<T>) {
    try {
      const answer = await within(this.#timeoutMs, work())
      if (!answer.ok) this.#settings.log.warn('health_read_failed', { what, reason: TIMED_OUT.message })
      return answer
    } catch (error) {
      this.#settings.log.warn('health_read_failed', { what, error })
      return err({ message: 'probe failed', retryable: true })
    }
  }
}

function unreached(roles: Roles, checkedAtMs: number, message: string): DependencyReport {
  const state = (role: string | undefined) =>
    role === undefined ? ({ state: 'disabled' } as const) : ({ state: 'unknown', message } as const)
  return { checkedAtMs, mongodb: state(roles.mongodb), redis: state(roles.redis) }
}
