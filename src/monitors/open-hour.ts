import { HOUR_MS, MINUTE_MS } from '../lib/clock.ts'
import { getOrAdd } from '../lib/get-or-add.ts'
import type { CheckResult, MonitorState } from './model.ts'
import type { MonitorHour, Run, Stretch } from './packing.ts'

/** A state holds until the next run, but no longer than this: then nobody knows what it was. */
const MAX_GAP_MS = 3 * MINUTE_MS

/** What a run leaves behind for the time that comes after it. */
export type Judged = Pick<Run, 'atMs' | 'states'>

/** The state that a monitor was in from a run until `toMs`, at which came the next one, or which is now. */
export function stateUntil(toMs: number, last: Judged, id: string): MonitorState | undefined {
  const state = last.states.get(id)
  return state && toMs - last.atMs > MAX_GAP_MS ? 'unknown' : state
}

/** The hour that is under way, as its runs tell of it. */
export class OpenHour {
  /** Hours since the epoch. */
  readonly hour: number
  readonly #monitors = new Map<string, { stretches: Stretch[]; checks: CheckResult[] }>()
  #last: Judged | undefined

  constructor(hour: number) {
    this.hour = hour
  }

  get monitors(): ReadonlyMap<string, MonitorHour> {
    return this.#monitors
  }

  /** The last run, which may lie before this hour. */
  get last(): Judged | undefined {
    return this.#last
  }

  /**
   * Adds a run; the first one may be the last of an hour before, without its checks.
   * @param isMore whether it is another part of the run before
   */
  add({ atMs, checks, states }: Run, isMore = false): void {
    this.passTime(atMs)
    for (const check of checks) this.#monitor(check.monitor).checks.push(check)
    this.#last = { atMs, states: isMore ? new Map([...(this.#last?.states ?? []), ...states]) : states }
  }

  /** Counts the time since the last run, as far as it lies in this hour. @param toMs when the next run came */
  passTime(toMs: number): void {
    if (!this.#last) return
    const fromMs = Math.max(this.#last.atMs, this.hour * HOUR_MS)
    const endMs = Math.min(toMs, (this.hour + 1) * HOUR_MS)
    if (endMs <= fromMs) return
    for (const id of this.#last.states.keys()) {
      const { stretches } = this.#monitor(id)
      const state = stateUntil(toMs, this.#last, id)!
      const before = stretches.at(-1)
      if (before?.state === state && before.toMs === fromMs) {
        stretches[stretches.length - 1] = { ...before, toMs: endMs }
      } else {
        stretches.push({ fromMs, toMs: endMs, state })
      }
    }
  }

  #monitor(id: string) {
    return getOrAdd(this.#monitors, id, () => ({ stretches: [], checks: [] }))
  }
}
