import { publicMonitorIds } from '../config/public-monitors.ts'
import type { Incidents } from '../incidents/client.ts'
import type { Clock } from '../lib/clock.ts'
import { DAY_MS, isRecent, SECOND_MS } from '../lib/clock.ts'
import { TIMED_OUT, within } from '../lib/deadline.ts'
import type { Result } from '../lib/result.ts'
import { err } from '../lib/result.ts'
import type { Logger } from '../logging/model.ts'
import { unpackHistories } from '../monitors/packed-history.ts'
import type { UptimeMonitorClient } from '../monitors/ports.ts'
import { DAYS } from './days.ts'
import type { PublicStatus, StatusConfig, StatusFacts } from './page-model.ts'
import { publicStatus } from './page-model.ts'

/** What the reader needs. */
export interface StatusReaderSettings {
  readonly config: StatusConfig
  /** Stubs belong to the request that made them, so these make one each time. */
  readonly uptime: () => Pick<UptimeMonitorClient, 'report' | 'history'>
  readonly incidents: Pick<Incidents, 'list'>
  readonly clock: Clock
  readonly log: Logger
  /** How long a read may take, whatever hangs. */
  readonly timeoutMs?: number
}

/** So long what was read is used as it is. */
export const FRESH_MS = 30 * SECOND_MS
/** So long it is still shown, while it is read anew in the background. */
const STALE_MS = 60 * SECOND_MS
/** So long nobody is asked again after a failure. */
const PAUSE_MS = 5 * SECOND_MS

/**
 * Reads what the public may know; one per isolate. Views cost one reading per 30 seconds, however many there are. What
 * was read last is shown when nothing can be read; its own time says how old it is.
 */
export class StatusReader {
  readonly #settings: StatusReaderSettings
  readonly #timeoutMs: number
  #kept: { readonly status: PublicStatus; readonly facts: StatusFacts; readonly readAtMs: number } | undefined
  #failedAtMs: number | undefined
  /** A reading in the background counts for as long as it may take: the request that it belongs to may be cut. */
  #refreshingSinceMs: number | undefined

  constructor(settings: StatusReaderSettings) {
    this.#settings = settings
    this.#timeoutMs = settings.timeoutMs ?? 4 * SECOND_MS
  }

  /**
   * The same object as long as nothing was read anew; undefined where nothing can be read and nothing was before.
   * @param later keeps the platform from ending the work before it is done
   */
  async read(later: (work: Promise<unknown>) => void): Promise<PublicStatus | undefined> {
    const now = this.#settings.clock()
    const kept = this.#kept
    const paused = isRecent(this.#failedAtMs, now, PAUSE_MS)
    if (kept && isRecent(kept.readAtMs, now, FRESH_MS)) return kept.status
    if (kept && isRecent(kept.readAtMs, now, STALE_MS)) {
      if (!paused && !isRecent(this.#refreshingSinceMs, now, this.#timeoutMs)) {
        this.#refreshingSinceMs = now
        later(this.#refresh())
      }
      return kept.status
    }
    if (!paused && !(await this.#refresh()) && this.#kept) {
      // What was good a minute ago may by now be too old to say how things are.
      const status = publicStatus(this.#settings.config, this.#kept.facts, this.#settings.clock())
      this.#kept = { ...this.#kept, status }
    }
    return this.#kept?.status
  }

  async #refresh(): Promise<boolean> {
    const { config, clock } = this.#settings
    const ids = publicMonitorIds(config.monitors)
    const sinceMs = clock() - DAYS * DAY_MS
    const [report, history, incidents] = await Promise.all([
      this.#ask('monitors', () => this.#settings.uptime().report()),
      this.#ask('history', () => this.#settings.uptime().history(ids)),
      this.#ask('incidents', () => this.#settings.incidents.list(sinceMs)),
    ])
    const now = clock()
    this.#refreshingSinceMs = undefined
    if (!report.ok || !history.ok || !incidents.ok) {
      this.#failedAtMs = now
      return false
    }
    const facts = {
      report: report.value,
      history: unpackHistories(history.value),
      incidents: incidents.value,
    }
    this.#kept = { status: publicStatus(config, facts, now), facts, readAtMs: now }
    return true
  }

  async #ask<T>(what: string, work: () => Promise<T>): Promise<Result<T>> {
    try {
      // Deploys and moves of an object cut the calls to it; the next one finds it again.
      const answer = await within(
        this.#timeoutMs,
        work().catch(() => work()),
      )
      if (!answer.ok) this.#settings.log.warn('status_read_failed', { what, reason: TIMED_OUT.message })
      return answer
    } catch (error) {
      this.#settings.log.warn('status_read_failed', { what, error })
      return err({ message: 'not reachable', retryable: true })
    }
  }
}
