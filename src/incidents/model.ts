import type { Severity } from '../config/rules.ts'

/** Where the work on an incident stands. */
export type IncidentStage = 'investigating' | 'identified' | 'monitoring' | 'resolved'

/** Something that happened in an incident. Times in milliseconds since the epoch. */
export interface TimelineEntry {
  readonly atMs: number
  readonly kind: 'opened' | 'held_back' | 'told' | 'not_told' | 'acknowledged' | 'update' | 'resolved'
  /** In words; of an update what a person wrote. */
  readonly text?: string
  /** Who was told. */
  readonly receiver?: string
  /** Who wrote or acknowledged. */
  readonly by?: string
  /** Of an update. */
  readonly stage?: IncidentStage
}

/** An incident, whoever opened it. */
export interface IncidentRecord {
  readonly id: string
  readonly source: 'monitor' | 'rule' | 'person'
  readonly title: string
  readonly severity: Severity
  readonly stage: IncidentStage
  /** Ids of the monitors that it is about. */
  readonly monitors: readonly string[]
  readonly startedAtMs: number
  readonly resolvedAtMs?: number
  /** The alert, where a monitor or a rule opened it. */
  readonly alert?: string
  /** Why nobody was told, such as what it depends on. */
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
