import type { Detail } from '../alerts/incident-store.ts'
import type { AlertLedgerClient } from '../alerts/ledger.ts'
import { SECOND_MS } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import type { Logger } from '../logging/model.ts'
import type { IncidentBookClient } from './book.ts'
import { mergeIncidents } from './merge.ts'
import type { IncidentRecord } from './model.ts'

/** A part that could not be read: what monitors and rules opened, or what people wrote. */
export type MissingPart = 'ledger' | 'book'

/** The incidents, as far as they could be read. */
export interface IncidentList {
  /** Those that began last first. */
  readonly incidents: readonly IncidentRecord[]
  readonly missing: readonly MissingPart[]
}

/** What the reader needs. */
export interface IncidentsSettings {
  /** Stubs belong to the request that made them, so these make one each time. */
  readonly ledger: () => Pick<AlertLedgerClient, 'incidents'>
  readonly book: () => Pick<IncidentBookClient, 'pages'>
  readonly log: Logger
  /** How long a read may take, whatever hangs. */
  readonly timeoutMs?: number
}

/** Reads incidents from the two objects that know of them. */
export class Incidents {
  readonly #settings: IncidentsSettings

  constructor(settings: IncidentsSettings) {
    this.#settings = settings
  }

  /** Open incidents, and those that were resolved since. Never rejects: what can't be read is missing. */
  async read(sinceMs: number, detail: Detail = 'whole'): Promise<IncidentList> {
    const { ledger, book } = this.#settings
    const [known, written] = await Promise.all([
      this.#part('ledger', () => ledger().incidents(sinceMs, detail)),
      this.#part('book', () => book().pages()),
    ])
    const all = mergeIncidents(known ?? [], written ?? [])
    const missing: MissingPart[] = []
    if (!known) missing.push('ledger')
    if (!written) missing.push('book')
    return {
      incidents: all.filter(({ resolvedAtMs }) => resolvedAtMs === undefined || resolvedAtMs >= sinceMs),
      missing,
    }
  }

  /**
   * As `read`, for those who show what there is: of timelines only what people wrote. Rejects where nothing can be read.
   */
  async list(sinceMs: number): Promise<readonly IncidentRecord[]> {
    const { incidents, missing } = await this.read(sinceMs, 'brief')
    if (missing.length === 2) throw new Error('neither the alert ledger nor the incident book can be read')
    return incidents
  }

  async #part<T>(part: MissingPart, ask: () => Promise<T>): Promise<T | undefined> {
    const { log, timeoutMs = 3 * SECOND_MS } = this.#settings
    try {
      const answer = await within(timeoutMs, ask())
      if (answer.ok) return answer.value
      log.warn('incidents_unavailable', { part, reason: answer.error.message })
    } catch (error) {
      log.warn('incidents_unavailable', { part, error })
    }
    return undefined
  }
}
