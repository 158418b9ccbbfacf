import type { Severity } from '../config/severity.ts'
import type { Notification } from './receiver.ts'

/** What an alert is, and what was measured of it. */
interface Described {
  readonly alert: string
  readonly severity: Severity
  readonly labels: Readonly<Record<string, string>>
  /** The condition in words. */
  readonly condition: string
  /** One line, with what was measured filled in. */
  readonly summary: string
  readonly runbook?: string
  /** What was measured last, with its unit. */
  readonly value?: string
  /** Whose alert it is, where it is a monitor's. */
  readonly monitor?: { readonly id: string; readonly name: string }
}

/** What was seen of one alert, by a run or when the monitors were judged. */
export interface Seen extends Described {
  /** How long the condition must hold before the alert fires. */
  readonly forMs: number
  /** Whether the condition holds; undefined where there is no data. */
  readonly holds: boolean | undefined
}

/** From the run in which an alert fired to the one in which it was resolved. Times in milliseconds since the epoch. */
export interface Incident extends Described {
  readonly dedupKey: string
  readonly startedAtMs: number
  readonly resolvedAtMs?: number
  /** Receivers that are owed, or had, the news that it fires: these are told when it is resolved. */
  readonly told: readonly string[]
  /** When receivers were last told or reminded; undefined while nobody was. */
  readonly toldAtMs?: number
  readonly acknowledged?: Acknowledgement
  /** Why nobody is told, or, once it is resolved, was. */
  readonly heldBack?: HeldBack
  /** Oldest first; see `withEvent`. */
  readonly timeline: readonly IncidentEvent[]
}

/** Why nobody is told of an incident for the time being. */
export interface HeldBack {
  readonly by: 'maintenance' | 'dependency' | 'silence'
  /** In words. */
  readonly reason: string
  /** From when on the dependency is no longer down, while it is not known what that means for the dependent. */
  readonly freeSinceMs?: number
}

/** Something that happened in an incident. */
export interface IncidentEvent {
  readonly atMs: number
  readonly kind:
    | 'opened'
    | 'held_back'
    | 'silenced'
    | 'released'
    | 'told'
    | 'not_told'
    | 'acknowledged'
    | 'resolved'
  /** In words: what was seen, why, or what was told. */
  readonly text?: string
  /** Who was told, or could not be. */
  readonly receiver?: string
  /** Who acknowledged. */
  readonly by?: string
}

/** Somebody works on it: no more reminders. */
export interface Acknowledgement {
  readonly atMs: number
  readonly by?: string
  readonly note?: string
}

/** What is known of an alert between two runs. */
export type AlertState =
  | { readonly phase: 'inactive' }
  | ({ readonly phase: 'pending' } & Pending)
  | { readonly phase: 'firing'; readonly incident: Incident }
  /** Filed with the history; the next run begins from `inactive`. */
  | { readonly phase: 'resolved'; readonly incident: Incident }

/** The condition holds, but not yet for long enough. */
export interface Pending {
  readonly sinceMs: number
  /** How long it was seen to hold. */
  readonly heldMs: number
  /** The last run, if it saw the condition hold; undefined if it had no data. */
  readonly heldAtMs?: number
}

/** A notification, and who is owed it. */
export interface Owed {
  readonly receiver: string
  readonly notification: Notification
}

/** Which alerts a silence is for: all that is given must match. */
export interface SilenceMatcher {
  readonly alert?: string
  readonly severity?: Severity
  readonly labels?: Readonly<Record<string, string>>
}

/** Alerts that match are not sent before `untilMs`; a resolve of what was sent already is. */
export interface Silence {
  readonly id: string
  readonly matcher: SilenceMatcher
  readonly createdAtMs: number
  readonly untilMs: number
  readonly reason: string
  readonly by?: string
}

/** What a silence goes by. */
export type Silenceable = Pick<Described, 'alert' | 'severity' | 'labels'>

/** Whether an alert is silenced at `now`. */
export const isSilenced = (alert: Silenceable, silences: readonly Silence[], now: number): boolean =>
  silenceOf(alert, silences, now) !== undefined

/** The silence that keeps back who is told of an alert at `now`. */
export function silenceOf(
  alert: Silenceable,
  silences: readonly Silence[],
  now: number,
): HeldBack | undefined {
  const silence = silences.find(({ untilMs, matcher }) => now < untilMs && matches(matcher, alert))
  return silence && { by: 'silence', reason: `silenced: ${silence.reason}` }
}

/** Whether a matcher is for an alert. */
export function matches(matcher: SilenceMatcher, alert: Silenceable): boolean {
  return (
    (matcher.alert === undefined || matcher.alert === alert.alert) &&
    (matcher.severity === undefined || matcher.severity === alert.severity) &&
    Object.entries(matcher.labels ?? {}).every(([name, value]) => alert.labels[name] === value)
  )
}
