import type { IncidentEvent } from '../alerts/model.ts'
import type { Severity } from '../config/severity.ts'

/** Where the work on an incident stands, in the order in which it usually goes. */
export const STAGES = ['investigating', 'identified', 'monitoring', 'resolved'] as const

/** See `STAGES`. */
export type IncidentStage = (typeof STAGES)[number]

/** Something that happened in an incident. Times in milliseconds since the epoch. */
export interface TimelineEntry extends Omit<IncidentEvent, 'kind'> {
  readonly kind: IncidentEvent['kind'] | 'update'
  /** Of an update. */
  readonly stage?: IncidentStage
}

/** An incident, whoever opened it. */
export interface IncidentRecord {
  /** Can stand in a URL. */
  readonly id: string
  readonly source: 'monitor' | 'rule' | 'person'
  /** For the public, too: holds no reason. */
  readonly title: string
  readonly severity: Severity
  readonly stage: IncidentStage
  /** Ids of the monitors that it is about. */
  readonly monitors: readonly string[]
  readonly startedAtMs: number
  readonly resolvedAtMs?: number
  /** The alert, where a monitor or a rule opened it. */
  readonly alert?: string
  /** The id of the internal incident that it publishes, if any. Not public. */
  readonly publishes?: string
  /** The id of the incident that publishes this one; of several, the open one or else the latest. */
  readonly publishedAs?: string
  /** What was seen and why, where a monitor or a rule opened it. Not for the public. */
  readonly summary?: string
  /** The URL of what to do about it, if a monitor or a rule opened it. Not public. */
  readonly runbook?: string
  /** Why nobody is or was told, such as what it depends on. */
  readonly heldBack?: string
  /** Oldest first. */
  readonly timeline: readonly TimelineEntry[]
}

/** A person's update that may be shown to the public; the timeline of an incident holds more than that. */
export interface IncidentUpdate {
  readonly atMs: number
  readonly stage: IncidentStage
  readonly text: string
}

/** An update as it is in the book. */
export interface WrittenUpdate extends IncidentUpdate {
  readonly by?: string
}

/** What people wrote of one incident. */
export interface BookPage {
  readonly id: string
  /** Where a person opened it; undefined for that of a monitor or a rule. */
  readonly posted?: {
    readonly severity: Severity
    readonly startedAtMs: number
    readonly resolvedAtMs?: number
    readonly by?: string
    /** The id of the incident that it publishes. */
    readonly publishes?: string
  }
  /** Always there where a person opened it; else instead of what it is called by itself. */
  readonly title?: string
  /** As `title`: ids of monitors. */
  readonly monitors?: readonly string[]
  /** Oldest first. */
  readonly updates: readonly WrittenUpdate[]
}

/** The page with one more update; one that a person opened ends and ends only with the stage `resolved`. */
export function withUpdate(page: BookPage, update: WrittenUpdate): BookPage {
  const ends = update.stage === 'resolved' && page.posted && page.posted.resolvedAtMs === undefined
  return {
    ...page,
    ...(ends && { posted: { ...page.posted, resolvedAtMs: update.atMs } }),
    updates: [...page.updates, update],
  }
}
