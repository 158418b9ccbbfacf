import { DAY_MS, HOUR_MS } from '../lib/clock.ts'
import type { DaySummary, LatencyPoint, MonitorHistory, TimeInStates } from './model.ts'
import type { Quarter, Times } from './summary.ts'
import { addTimes, noTimes, QUARTER_MS } from './summary.ts'
import type { Range } from './summary-table.ts'

const SHOWN_DAYS = 90
const SHOWN_QUARTERS = DAY_MS / QUARTER_MS

/** Puts together what is shown of some monitors: 90 days, and 24 hours of response times. What lies outside is left out. */
export class HistoryBuilder {
  /** Of the monitors that are asked for. */
  readonly ids: ReadonlySet<string>
  /** Days since the epoch that are asked for. */
  readonly days: Range
  /** Hours since the epoch whose quarters are asked for. */
  readonly hours: Range
  readonly #firstQuarter: number
  readonly #monitors: Map<string, { days: (Times | undefined)[]; quarters: (Quarter | undefined)[] }>

  constructor(ids: readonly string[], now: number) {
    const today = Math.floor(now / DAY_MS)
    this.days = { first: today - SHOWN_DAYS + 1, end: today + 1 }
    this.#firstQuarter = Math.floor(now / QUARTER_MS) - SHOWN_QUARTERS + 1
    this.hours = {
      first: Math.floor((this.#firstQuarter * QUARTER_MS) / HOUR_MS),
      end: Math.floor(now / HOUR_MS) + 1,
    }
    this.ids = new Set(ids)
    this.#monitors = new Map(ids.map((id) => [id, { days: [], quarters: [] }]))
  }

  /** @param day since the epoch */
  addTimes(id: string, day: number, times: TimeInStates): void {
    if (day < this.days.first || day >= this.days.end) return
    const { days } = this.#monitors.get(id)!
    const index = day - this.days.first
    days[index] ??= noTimes()
    addTimes(days[index], times)
  }

  /** @param hour since the epoch */
  addQuarters(id: string, hour: number, quarters: readonly Quarter[]): void {
    const { quarters: known } = this.#monitors.get(id)!
    for (const [index, quarter] of quarters.entries()) {
      const at = hour * (HOUR_MS / QUARTER_MS) + index - this.#firstQuarter
      if (at >= 0 && at < SHOWN_QUARTERS) known[at] = quarter
    }
  }

  /** The histories, in the order in which they were asked for. */
  build(): MonitorHistory[] {
    const dates = Array.from({ length: SHOWN_DAYS }, (_, index) =>
      new Date((this.days.first + index) * DAY_MS).toISOString().slice(0, 10),
    )
    return Array.from(this.#monitors, ([id, { days, quarters }]) => {
      const shown: DaySummary[] = []
      for (const [index, times] of days.entries()) {
        if (times) shown.push({ date: dates[index]!, ...times })
      }
      return { id, days: shown, latency: this.#points(quarters) }
    })
  }

  #points(quarters: readonly (Quarter | undefined)[]): LatencyPoint[] {
    return Array.from({ length: SHOWN_QUARTERS }, (_, index) => {
      const atMs = (this.#firstQuarter + index) * QUARTER_MS
      const quarter = quarters[index]
      return quarter ? { atMs, p50Ms: quarter[0], p95Ms: quarter[1] } : { atMs }
    })
  }
}
