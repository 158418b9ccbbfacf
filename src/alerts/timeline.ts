import type { HeldBack, Incident, IncidentEvent } from './model.ts'
import type { Notification } from './receiver.ts'

/** A longer timeline loses what followed its beginning: an incident is one row, however long it lasts. */
const MAX_EVENTS = 100

/** The incident with one more thing that happened. */
export function withEvent(incident: Incident, event: IncidentEvent): Incident {
  const [opened, ...rest] = [...incident.timeline, event]
  return { ...incident, timeline: [opened!, ...rest.slice(1 - MAX_EVENTS)] }
}

/** The incident with what keeps back who is told of it, if anything does; only a change is an event. */
export function withHold(incident: Incident, hold: HeldBack | undefined, now: number): Incident {
  const { heldBack: before, ...free } = incident
  if (!hold) return before ? withEvent(free, { atMs: now, kind: 'released' }) : incident
  const held = { ...incident, heldBack: hold }
  if (before?.reason === hold.reason) return held
  const kind = hold.by === 'silence' ? 'silenced' : 'held_back'
  return withEvent(held, { atMs: now, kind, text: hold.reason })
}

const TOLD = {
  firing: 'that it fires',
  reminder: 'that it still fires',
  acknowledged: 'that it is acknowledged',
  resolved: 'that it is resolved',
  test: 'that this is a test',
} as const

/** The incident with what came of a notification; of the reminders to a receiver the last one is kept. */
export function withDelivery(
  incident: Incident,
  { receiver, notification }: { readonly receiver: string; readonly notification: Notification },
  atMs: number,
  deadBecause?: string,
): Incident {
  const { kind } = notification
  const isOldReminder = (event: IncidentEvent) =>
    kind === 'reminder' && event.receiver === receiver && event.text?.startsWith(TOLD.reminder)
  const timeline = incident.timeline.filter((event) => !isOldReminder(event))
  return withEvent(
    { ...incident, timeline },
    deadBecause === undefined
      ? { atMs, kind: 'told', receiver, text: TOLD[kind] }
      : { atMs, kind: 'not_told', receiver, text: `${TOLD[kind]}: ${deadBecause}` },
  )
}
