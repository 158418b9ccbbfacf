import { DAY_MS, HOUR_MS } from '../lib/clock.ts'
import { getOrAdd } from '../lib/get-or-add.ts'
import type { DaySummary, LatencyPoint, MonitorHistory, TimeInStates } from './model.ts'
import type { Quarter } from './summary.ts'
import { addTimes, noTimes, QUARTER_MS } from './summary.ts'
import type { Range } from './summary-table.ts'

const SHOWN_DAYS = 90
const SHOWN_QUARTERS = DAY_MS / QUARTER_MS
const QUARTERS_PER_HOUR = HOUR_MS / QUARTER_MS

/** Times of a day since the epoch. */
export interface DayTimes {
  readonly day: number
  readonly times: TimeInStates
}

/** Response times of an hour since the epoch. */
export interface HourQuarters {
  readonly hour: number
  readonly quarters: readonly Quarter[]
}

/**
 * What is shown of all monitors until the quarter of an hour is over: 90 days, and 24 hours of response times. It is
 * filled with the hours that are over; what is under way is added to what is asked for. What lies outside is left out.
 */
export class HistoryFrame {
  /** Days since the epoch that are shown. */
  readonly days: Range
  /** Hours since the epoch whose quarters are shown. */
  readonly hours: Range
  readonly #firstQuarter: number
  readonly #dates: readonly string[]
  readonly #noPoints: readonly LatencyPoint[]
  readonly #monitors = new Map<string, Shown>()

  constructor(now: number) {
    const today = Math.floor(now / DAY_MS)
    this.days = { first: today - SHOWN_DAYS + 1, end: today + 1 }
    this.#dates = Array.from({ length: SHOWN_DAYS }, (_, index) =>
      new Date((this.days.first + index) * DAY_MS).toISOString().slice(0, 10),
    )
    const first = firstQuarterAt(now)
    this.#firstQuarter = first
    this.#noPoints = Array.from({ length: SHOWN_QUARTERS }, (_, index) => ({
      atMs: (first + index) * QUARTER_MS,
    }))
    this.hours = {
      first: Math.floor(first / QUARTERS_PER_HOUR),
      end: Math.floor(now / HOUR_MS) + 1,
    }
  }

  /** Of how many monitors there is something. */
  get size(): number {
    return this.#monitors.size
  }

  isFor(now: number): boolean {
    return firstQuarterAt(now) === this.#firstQuarter
  }

  addTimes(id: string, times: DayTimes): void {
    this.#addTimes(
      getOrAdd(this.#monitors, id, () => this.#nothing()),
      times,
    )
  }

  addQuarters(id: string, quarters: HourQuarters): void {
    this.#addQuarters(
      getOrAdd(this.#monitors, id, () => this.#nothing()),
      quarters,
    )
  }

  /** The history of a monitor, with what is under way. */
  of(id: string, times: readonly DayTimes[], quarters: readonly HourQuarters[]): MonitorHistory {
    const known = this.#monitors.get(id)
    const shown = known ? { days: [...known.days], points: [...known.points] } : this.#nothing()
    for (const each of times) this.#addTimes(shown, each)
    for (const each of quarters) this.#addQuarters(shown, each)
    return { id, days: shown.days.filter((day) => day !== undefined), latency: shown.points }
  }

  #nothing(): Shown {
    return { days: [], points: [...this.#noPoints] }
  }

  #addTimes({ days }: Shown, { day, times }: DayTimes): void {
    if (day < this.days.first || day >= this.days.end) return
    const index = day - this.days.first
    const sum = { date: this.#dates[index]!, ...(days[index] ?? noTimes()) }
    addTimes(sum, times)
    days[index] = sum
  }

  #addQuarters({ points }: Shown, { hour, quarters }: HourQuarters): void {
    for (const [offset, quarter] of quarters.entries()) {
      const index = hour * QUARTERS_PER_HOUR + offset - this.#firstQuarter
      if (!quarter || index < 0 || index >= SHOWN_QUARTERS) continue
      points[index] = { atMs: points[index]!.atMs, p50Ms: quarter[0], p95Ms: quarter[1] }
    }
  }
}

/** By their place among those that are shown; days without the monitor are undefined. */
interface Shown {
  readonly days: (DaySummary | undefined)[]
  readonly points: LatencyPoint[]
}

const firstQuarterAt = (now: number) => Math.floor(now / QUARTER_MS) - SHOWN_QUARTERS + 1
