import { SECOND_MS } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import { CHECKS_AT_ONCE } from './lanes.ts'
import type { CheckResult, Region } from './model.ts'
import type { Shard } from './schedule.ts'
import { staggered } from './schedule.ts'
import type { UptimeSettings } from './settings.ts'

/** What a prober is given beyond the time that its checks may take. */
const PROBER_GRACE_MS = 30 * SECOND_MS

type RunnerSettings = Pick<UptimeSettings, 'prober' | 'clock' | 'sleep' | 'log' | 'errors'>

/** How a check is to be made. */
interface CheckTerms {
  readonly timeoutMs: number
  /** Whether it is made again at once where it fails. */
  readonly recheck: boolean
}

type TermsOf = (monitor: string, region: Region) => CheckTerms

/**
 * Has regions make checks, and keeps what they found until somebody takes it. All of it is in memory: an object that is
 * evicted meanwhile asks anew.
 */
export class CheckRunner {
  readonly #underWay = new Set<string>()
  #arrived: CheckResult[] = []

  /** Whether a check was asked for whose result has not arrived. */
  isUnderWay(monitor: string, region: Region): boolean {
    return this.#underWay.has(key(monitor, region))
  }

  /**
   * Has these checks made, and again at once those that failed and are to be rechecked: in a call of their own, so that
   * the neighbours of what hangs don't wait for it twice. Settles when all results have arrived, and never rejects: what
   * a prober could not find out is unknown.
   */
  async start(shards: readonly Shard[], termsOf: TermsOf, settings: RunnerSettings): Promise<void> {
    for (const { region, monitors } of shards) {
      for (const monitor of monitors) this.#underWay.add(key(monitor, region))
    }
    await Promise.all(
      staggered(shards).map(async ({ shard, afterMs }) => {
        if (afterMs > 0) await settings.sleep(afterMs)
        const results = await probe(shard, termsOf, settings)
        const again = results
          .filter(({ monitor, outcome }) => outcome === 'failed' && termsOf(monitor, shard.region).recheck)
          .map(({ monitor }) => monitor)
        this.#arrive(shard, results, again)
        if (again.length === 0) return
        this.#arrive(shard, await probe({ ...shard, monitors: again }, termsOf, settings), [])
      }),
    )
  }

  #arrive({ region, monitors }: Shard, results: readonly CheckResult[], again: readonly string[]): void {
    this.#arrived.push(...results)
    for (const monitor of monitors) {
      if (!again.includes(monitor)) this.#underWay.delete(key(monitor, region))
    }
  }

  /** Whether there is something to take. */
  get hasArrived(): boolean {
    return this.#arrived.length > 0
  }

  /** What arrived since the last call, in the order of its arrival. */
  take(): CheckResult[] {
    return this.#arrived.splice(0)
  }
}

const key = (monitor: string, region: Region): string => `${region} ${monitor}`

/** Never rejects: whatever goes wrong here says nothing of the monitors. */
async function probe(
  { region, shard, monitors }: Shard,
  termsOf: TermsOf,
  { prober, clock, log, errors }: RunnerSettings,
): Promise<CheckResult[]> {
  const longestMs = Math.max(...monitors.map((monitor) => termsOf(monitor, region).timeoutMs))
  const limitMs = longestMs * Math.ceil(monitors.length / CHECKS_AT_ONCE) + PROBER_GRACE_MS
  const results: CheckResult[] = []
  try {
    const answer = await within(limitMs, prober(region, shard).run({ region, monitors }))
    if (answer.ok) results.push(...answer.value.filter(({ monitor }) => monitors.includes(monitor)))
    else log.error('prober_failed', { region, shard, reason: answer.error.message })
  } catch (error) {
    log.error('prober_failed', { region, shard, error })
    errors.report(error, { tags: { object: 'UptimeMonitor', region } })
  }
  const answered = new Set(results.map(({ monitor }) => monitor))
  const atMs = clock()
  for (const monitor of monitors) {
    if (answered.has(monitor)) continue
    results.push({ monitor, region, atMs, outcome: 'unknown', reason: 'the check could not be made' })
  }
  return results
}
