import { HOUR_MS, SECOND_MS } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import { err } from '../lib/result.ts'
import { SingleFlight } from '../lib/single-flight.ts'
import type { LogAccess } from './event-log.ts'
import type { BusinessDatabase, BusinessOverview } from './ports.ts'
import { aggregations } from './queries.ts'
import type { BusinessReport } from './report.ts'
import { reportOf, setGauges, withRevenue } from './report.ts'
import type { EventQueueSettings } from './settings.ts'

/** Of each query, on the server. */
const MAX_QUERY_MS = 8_000
const QUERIES_TIMEOUT_MS = 12 * SECOND_MS

/** A report is asked anew at most this often, and when it is this old. */
const FRESH_MS = 30 * SECOND_MS
const RETRY_MS = 10 * SECOND_MS
const STALE_MS = HOUR_MS

/** What is known of the business, and why the last attempt to ask failed. */
type Known = Pick<BusinessOverview, 'report' | 'problem'>

/** Asks the database how the business does, and keeps its last answer on disk. */
export class ReportKeeper {
  readonly #settings: EventQueueSettings
  readonly #log: LogAccess
  readonly #onAnswer: () => Promise<void>
  readonly #flights = new SingleFlight()
  #lastAsked: { readonly atMs: number; readonly problem?: string } | undefined

  /** @param onAnswer waited for after each answer of the database */
  constructor(settings: EventQueueSettings, log: LogAccess, onAnswer: () => Promise<void>) {
    this.#settings = settings
    this.#log = log
    this.#onAnswer = onAnswer
  }

  /** What is known; asked anew where it is old. */
  async overview(): Promise<Known> {
    const report = this.#kept()
    const isOld = report === undefined || !this.#isWithin(STALE_MS, report.askedAtMs)
    return this.#settings.database && isOld ? this.refresh() : this.#known(report)
  }

  /** Asks anew, unless that was done just now. */
  async refresh(): Promise<Known> {
    return this.#flights.run('refresh', async () => {
      const { database } = this.#settings
      const report = this.#kept()
      const isFresh = report !== undefined && this.#isWithin(FRESH_MS, report.askedAtMs)
      const justFailed =
        this.#lastAsked?.problem !== undefined && this.#isWithin(RETRY_MS, this.#lastAsked.atMs)
      if (!database || isFresh || justFailed) return this.#known(report)
      return this.#known((await this.#ask(database)) ?? report)
    })
  }

  async #ask(database: () => BusinessDatabase): Promise<BusinessReport | undefined> {
    const { config, metrics, recorder, catalog, log, clock } = this.#settings
    const now = clock()
    const answer = await this.#aggregate(database, now)
    if (!answer.ok) {
      this.#lastAsked = { atMs: now, problem: answer.error.message }
      log.warn('business_queries_failed', { reason: answer.error.message })
      return undefined
    }
    const report = withRevenue(reportOf(answer.value, config.prices, now), this.#kept())
    this.#lastAsked = { atMs: now }
    this.#log.commit((each) => each.saveReport(report))
    setGauges(report, config, metrics, recorder)
    recorder.set(catalog.businessAsked, {}, now / SECOND_MS)
    await this.#onAnswer()
    return report
  }

  async #aggregate(database: () => BusinessDatabase, now: number) {
    try {
      const asked = database().aggregate(aggregations(this.#settings.config, now), MAX_QUERY_MS)
      const answer = await within(QUERIES_TIMEOUT_MS, asked)
      return answer.ok ? answer.value : answer
    } catch (error) {
      this.#settings.log.warn('event_database_away', { error })
      return err({ message: 'the object that talks to MongoDB is away', retryable: true })
    }
  }

  #kept(): BusinessReport | undefined {
    return this.#log.current().report<BusinessReport>()
  }

  #known(report: BusinessReport | undefined): Known {
    const problem = this.#lastAsked?.problem
    return { ...(report && { report }), ...(problem !== undefined && { problem }) }
  }

  /** Whether something was less than so long ago. What lies ahead, by a clock that was wrong, was long ago. */
  #isWithin(ms: number, atMs: number): boolean {
    const agoMs = this.#settings.clock() - atMs
    return agoMs >= 0 && agoMs < ms
  }
}
