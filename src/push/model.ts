import type { Failure, Result } from '../lib/result.ts'
import { err, ok } from '../lib/result.ts'

/** Kinds of pushed metrics, as the text format names them. */
export type PushedType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped'

/**
 * The labels that identify a group and that all its samples have: `job`, and what else the pusher says. None is empty,
 * for Prometheus takes an empty label for none; `groupLabels` sees to it.
 */
export type GroupLabels = Readonly<Record<string, string>>

/** A metric of a group, as it is exposed. */
export interface Family {
  /** Of a counter with its `_total`, where it has one. */
  readonly name: string
  readonly type: PushedType
  /** Empty: it has none. */
  readonly help: string
  /**
   * The samples as lines of the text format, each with its line feed. Labels are sorted by name (`le` and `quantile`
   * stand last), so that a series is always written the same.
   */
  readonly text: string
  /** How many lines that is. */
  readonly samples: number
  /** Of what comes by OTLP: its series, by the text of their labels. The text is made of them. */
  readonly streams?: ReadonlyMap<string, Stream>
}

/** A metric as a push has it. */
export interface PushedFamily {
  readonly family: Family
  /** Where it stands in the body, such as `line 3`; for messages. */
  readonly place: string
}

/** A series as OTLP has it: points are added to it or replace it. */
export interface Stream {
  /** Whether it was added up from deltas. */
  readonly isDelta: boolean
  /** When it began, and what it is known up to. Nanoseconds since the epoch, to some hundred; 0 where it is not told. */
  readonly startNs: number
  readonly timeNs: number
  /** The value; of a histogram the observations of each bucket, not cumulative. */
  readonly numbers: readonly number[]
  /** Of a histogram: the buckets' upper bounds, without +Inf; else empty. */
  readonly bounds: readonly number[]
  /** Of a histogram, where it is known. */
  readonly sum?: number
}

/** What a push may be. */
export interface PushLimits {
  /** Samples of a group. */
  readonly maxSeriesPerGroup: number
  /** Samples of all groups together, each group's two push times included. */
  readonly maxSeries: number
}

/** More text than this a push can't become, its group's labels written out in each line. UTF-16 units. */
export const MAX_GROUP_TEXT_LENGTH = 8 * 1024 * 1024

/** Why a push, or a part of it, is not taken. Its message is for the pusher. */
export interface Refusal extends Failure {
  readonly code:
    | 'invalid_push'
    | 'inconsistent_push'
    | 'too_many_series'
    | 'too_large'
    | 'unsupported_media_type'
}

/** The outcome of something that may be refused. */
export type Refusable<T> = Result<T, Refusal>

/** Thrown within this capability to end the work on a push; whoever began it turns it into a `Refusal`. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly code: Refusal['code']

  constructor(code: Refusal['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** A refusal as a result. */
export const refused = (code: Refusal['code'], message: string): Refusable<never> =>
  err({ code, message, retryable: false })

/** Runs work that may throw `Refused`. */
export function refusable<T>(work: () => T): Refusable<T> {
  try {
    return ok(work())
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return refused(error.code, error.message)
  }
}

/** Labels as a group has them: sorted by name, without those that are empty. */
export function groupLabels(labels: Readonly<Record<string, string>>): GroupLabels {
  const entries = Object.entries(labels).filter(([, value]) => value !== '')
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Tells groups apart. */
export const groupKey = (labels: GroupLabels): string => JSON.stringify(Object.entries(labels))

/** The time of a group's last successful push, and of its last failed one; seconds since the epoch, 0 for none. */
export const PUSH_TIME = 'push_time_seconds'
/** See `PUSH_TIME`. */
export const PUSH_FAILURE_TIME = 'push_failure_time_seconds'
