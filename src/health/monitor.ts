import { DurableObject } from 'cloudflare:workers'
import type { Clock } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import { SingleFlight } from '../lib/single-flight.ts'
import type { Logger } from '../logging/model.ts'
import type { DependencyReader, DependencyReport, DependencyState, Probe } from './model.ts'
import { SHARED_MS } from './model.ts'
import type { DependencyName, Outage } from './outage-store.ts'
import { OutageStore } from './outage-store.ts'

/** What a health monitor needs. A dependency without a probe is disabled. */
export interface HealthMonitorSettings {
  readonly mongodb?: Probe
  readonly redis?: Probe
  readonly clock: Clock
  readonly sleep: (ms: number) => Promise<void>
  readonly log: Logger
  /** How long a probe may take, including the start of the object that makes it. */
  readonly probeTimeoutMs?: number
}

/** From a first failed probe to the second one. */
const RETRY_AFTER_MS = 1_000

/**
 * Probes the dependencies on behalf of all isolates. A report is shared for 10 seconds, and concurrent callers share
 * one probe, so a public endpoint can't be used to load the database.
 *
 * One failed probe decides nothing: a cold start on a busy machine can be too slow. A dependency is down when a second
 * probe, right after the first, fails too. It stays down, across evictions, until a probe succeeds.
 */
export abstract class HealthMonitorObject<E> extends DurableObject<E> implements DependencyReader {
  readonly #flights = new SingleFlight()
  #knownSettings: HealthMonitorSettings | undefined
  #knownOutages: Map<DependencyName, Outage> | undefined
  #last: DependencyReport | undefined
  /** The verdicts of the probes under way so far. */
  #decided: Partial<Record<DependencyName, DependencyState>> = {}

  /** Asked for once per life of the object. */
  protected abstract settings(): HealthMonitorSettings

  /** At most 10 seconds old. Never rejects. See `DependencyReader`. */
  async report(waitMs?: number): Promise<DependencyReport> {
    if (this.#last && this.#settings.clock() - this.#last.checkedAtMs < SHARED_MS) return this.#last
    const whole = this.#flights.run('report', () => this.#probeAll())
    if (waitMs === undefined) return whole
    const answer = await within(waitMs, whole)
    return answer.ok ? answer.value : this.#undecided()
  }

  get #settings(): HealthMonitorSettings {
    this.#knownSettings ??= this.settings()
    return this.#knownSettings
  }

  async #probeAll(): Promise<DependencyReport> {
    this.#decided = {}
    const [mongodb, redis] = await Promise.all([this.#decide('mongodb'), this.#decide('redis')])
    this.#last = { checkedAtMs: this.#settings.clock(), mongodb, redis }
    return this.#last
  }

  async #decide(name: DependencyName): Promise<DependencyState> {
    const port = this.#settings[name]
    if (!port) return { state: 'disabled' }
    let state = await probe(name, port, this.#settings)
    if (state.state === 'down' && !this.#outages.has(name)) {
      this.#settings.log.warn('probe_repeated', { dependency: name, reason: state.message })
      await this.#settings.sleep(RETRY_AFTER_MS)
      state = await probe(name, port, this.#settings)
    }
    this.#decided[name] = state
    this.#remember(name, state)
    return state
  }

  /** The report so far: what has no verdict yet is as it was if it was down, else unknown. */
  #undecided(): DependencyReport {
    const settings = this.#settings
    let checkedAtMs = settings.clock()
    const stateOf = (name: DependencyName): DependencyState => {
      const decided = this.#decided[name]
      if (decided) return decided
      if (!settings[name]) return { state: 'disabled' }
      const outage = this.#outages.get(name)
      if (!outage) return { state: 'unknown', message: 'not probed yet' }
      // As old as the outage, so that no isolate keeps it.
      checkedAtMs = Math.min(checkedAtMs, outage.sinceMs)
      return { state: 'down', message: outage.message }
    }
    const states = { mongodb: stateOf('mongodb'), redis: stateOf('redis') }
    return { checkedAtMs, ...states }
  }

  get #outages(): Map<DependencyName, Outage> {
    this.#knownOutages ??= this.#store((store) => store.all()) ?? new Map()
    return this.#knownOutages
  }

  #remember(name: DependencyName, state: DependencyState): void {
    const known = this.#outages.get(name)
    if (state.state === 'down') {
      if (known?.message === state.message) return
      const outage = { message: state.message, sinceMs: known?.sinceMs ?? this.#settings.clock() }
      this.#outages.set(name, outage)
      this.#store((store) => store.save(name, outage))
    } else if (known) {
      this.#outages.delete(name)
      this.#store((store) => store.delete(name))
    }
  }

  /** A failed write, such as beyond the plan's daily limit, must not make health unavailable. */
  #store<T>(use: (store: OutageStore) => T): T | undefined {
    try {
      return use(new OutageStore(this.ctx.storage))
    } catch (error) {
      this.#settings.log.error('outages_unavailable', { error })
      return undefined
    }
  }
}

async function probe(
  dependency: DependencyName,
  port: Probe,
  { log, probeTimeoutMs = 6_500 }: HealthMonitorSettings,
): Promise<DependencyState> {
  try {
    // Deploys and moves cut the calls to an object that probes; that says nothing of the dependency.
    const probed = port.probe().catch(() => port.probe())
    const answer = await within(probeTimeoutMs, probed)
    return answer.ok ? answer.value : { state: 'down', message: answer.error.message }
  } catch (error) {
    log.error('probe_failed', { dependency, error })
    return { state: 'down', message: 'probe failed' }
  }
}
