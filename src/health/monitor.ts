import { DurableObject } from 'cloudflare:workers'
import type { Clock } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import { SingleFlight } from '../lib/single-flight.ts'
import type { Logger } from '../logging/model.ts'
import type { DependencyReport, DependencyState, Probe } from './model.ts'
import { SHARED_MS } from './model.ts'

/** What a health monitor needs. A dependency without a probe is disabled. */
export interface HealthMonitorSettings {
  readonly mongodb?: Probe
  readonly redis?: Probe
  readonly clock: Clock
  readonly log: Logger
  /** How long one probe may take. */
  readonly probeTimeoutMs?: number
}

/**
 * Probes the dependencies on behalf of all isolates: what was found is shared for 10 seconds, and those who ask
 * meanwhile share one probe, so that a public endpoint can't be used to load the database.
 *
 * Stores nothing: a report is worth 10 seconds, and an object that starts anew asks again.
 */
export abstract class HealthMonitorObject<E> extends DurableObject<E> {
  readonly #flights = new SingleFlight()
  #settings: HealthMonitorSettings | undefined
  #last: DependencyReport | undefined

  /** Asked for once per life of the object. */
  protected abstract settings(): HealthMonitorSettings

  /** How the dependencies are; at most 10 seconds old. Never rejects. */
  async report(): Promise<DependencyReport> {
    this.#settings ??= this.settings()
    const settings = this.#settings
    if (this.#last && settings.clock() - this.#last.checkedAtMs < SHARED_MS) return this.#last
    return this.#flights.run('report', async () => {
      const [mongodb, redis] = await Promise.all([
        probe('mongodb', settings.mongodb, settings),
        probe('redis', settings.redis, settings),
      ])
      this.#last = { checkedAtMs: settings.clock(), mongodb, redis }
      return this.#last
    })
  }
}

async function probe(
  dependency: string,
  port: Probe | undefined,
  { log, probeTimeoutMs = 2_000 }: HealthMonitorSettings,
): Promise<DependencyState> {
  if (!port) return { state: 'disabled' }
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
