import type { Result } from '../lib/result.ts'
import type { DocumentWrite } from './documents.ts'
import type { BusinessEvent } from './events.ts'
import type { BusinessReport } from './report.ts'

/** A stage of an aggregation pipeline. */
type Stage = Readonly<Record<string, unknown>>

/** A question to one collection. */
export interface Aggregation {
  readonly collection: string
  readonly pipeline: readonly Stage[]
}

/** A document that the database refuses for good, however often it is sent. */
export interface RefusedWrite {
  readonly index: number
  /** Holds no value of the document. */
  readonly reason: string
}

/** Where documents are written and queried. Never rejects, but for a bug or an object that is away. */
export interface BusinessDatabase {
  /** Writes in order, those of a collection one after another. On failure some may be written; all are sent again. */
  write(writes: readonly DocumentWrite[]): Promise<Result<readonly RefusedWrite[]>>
  /** The rows of each aggregation, in their order, as JSON holds them. @param maxTimeMS of each, on the server */
  aggregate(
    aggregations: readonly Aggregation[],
    maxTimeMS: number,
  ): Promise<Result<readonly (readonly Readonly<Record<string, unknown>>[])[]>>
}

/** What came of handing events over. `full`: none was taken, because too many wait. */
export type AcceptResult =
  | {
      readonly outcome: 'taken'
      readonly accepted: number
      /** Places of those whose id is known, so that they don't count again. */
      readonly duplicates: readonly number[]
    }
  | { readonly outcome: 'full'; readonly backlog: number; readonly retryAfterSeconds: number }

/** How the business does, as far as it is known. */
export interface BusinessOverview {
  /** Undefined before the queries were first answered. */
  readonly report?: BusinessReport
  /** Why the last attempt to ask failed; undefined where it did not. */
  readonly problem?: string
  /** Events that wait to be counted or written, and how many may. */
  readonly backlog: number
  readonly maxBacklog: number
}

/** The event queue, as Workers call it. */
export interface EventQueueClient {
  /** Takes events that were checked; they are counted and written soon after. */
  accept(events: readonly BusinessEvent[]): Promise<AcceptResult>
  /** What is known; asked anew where it is more than an hour old. */
  overview(): Promise<BusinessOverview>
  /** Asks anew, unless that was done in the last 30 seconds. */
  refresh(): Promise<BusinessOverview>
}
