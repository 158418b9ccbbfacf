import type { Acknowledgement, AlertState, HeldBack, Incident, Owed, Pending, Seen } from './model.ts'
import type { Notification } from './receiver.ts'
import { withEvent, withHold } from './timeline.ts'

/** What besides what was seen decides a step. */
export interface StepContext {
  readonly now: number
  readonly source: Notification['source']
  /** Who is told of alerts of this severity. */
  readonly receivers: readonly string[]
  /** Receivers that can show acknowledgments. */
  readonly acknowledgeable: readonly string[]
  /** Why nobody is to be told for now; undefined where they are. */
  readonly heldBack: HeldBack | undefined
  /** While an alert fires, it is sent again this often; 0 for never. */
  readonly reminderMs: number
}

/** An alert's next state, and what is owed to whom because of it. */
export interface Step {
  readonly state: AlertState
  readonly owed: readonly Owed[]
}

const INACTIVE: AlertState = { phase: 'inactive' }

/**
 * Moves one alert on by one run.
 *
 * No data changes nothing: what fires goes on firing, for unknown is not resolved; what is pending stays so, but the
 * time around the run without data doesn't count towards `for`.
 */
export function step(state: AlertState, seen: Seen, context: StepContext): Step {
  switch (state.phase) {
    case 'firing':
      return seen.holds === false
        ? resolve(state.incident, context, seen.value)
        : keepFiring(state.incident, seen, context)
    case 'pending':
      if (seen.holds === false) return { state: INACTIVE, owed: [] }
      return advance(wait(state, seen.holds === true, context.now), seen, context)
    default:
      if (!seen.holds) return { state: INACTIVE, owed: [] }
      return advance({ sinceMs: context.now, heldMs: 0, heldAtMs: context.now }, seen, context)
  }
}

/** Ends an incident: whoever was told that it fires is told, held back or not. */
export function resolve(
  incident: Incident,
  context: Pick<StepContext, 'now' | 'source'>,
  value?: string,
): Step {
  const { heldBack, ...rest } = incident
  const ended: Incident = {
    ...rest,
    startedAtMs: Math.min(incident.startedAtMs, context.now),
    ...(heldBack && incident.told.length === 0 && { heldBack }),
    ...(value !== undefined && { value }),
    resolvedAtMs: context.now,
  }
  const resolved = withEvent(ended, { atMs: context.now, kind: 'resolved' })
  return {
    state: { phase: 'resolved', incident: resolved },
    owed: owedTo(incident.told, 'resolved', resolved, context),
  }
}

/** Marks a firing alert as acknowledged, and notifies the receivers that were notified of it and can show it. */
export function acknowledge(
  incident: Incident,
  acknowledged: Acknowledgement,
  context: Pick<StepContext, 'now' | 'source' | 'acknowledgeable'>,
): { readonly incident: Incident; readonly owed: readonly Owed[] } {
  const { note, ...said } = acknowledged
  const event = { ...said, kind: 'acknowledged', ...(note !== undefined && { text: note }) } as const
  const next = withEvent({ ...incident, acknowledged }, event)
  const receivers = next.told.filter((name) => context.acknowledgeable.includes(name))
  return { incident: next, owed: owedTo(receivers, 'acknowledged', next, context) }
}

/** Only time between two runs that both saw the condition hold counts. */
function wait(pending: Pending, holds: boolean, now: number): Pending {
  const { heldMs, heldAtMs } = pending
  const sinceMs = Math.min(pending.sinceMs, now)
  if (!holds) return { sinceMs, heldMs }
  const heldSinceMs = heldAtMs === undefined ? 0 : Math.max(0, now - heldAtMs)
  return { sinceMs, heldMs: heldMs + heldSinceMs, heldAtMs: now }
}

function advance(pending: Pending, seen: Seen, context: StepContext): Step {
  if (!seen.holds || pending.heldMs < seen.forMs) return { state: { phase: 'pending', ...pending }, owed: [] }
  const incident: Incident = {
    dedupKey: `${context.source.service}/${seen.alert}/${context.now}`,
    alert: seen.alert,
    startedAtMs: context.now,
    told: [],
    timeline: [{ atMs: context.now, kind: 'opened', text: seen.summary }],
    ...described(seen),
  }
  return keepFiring(incident, seen, context)
}

/** Tells those who should know and don't, and reminds the others when it is time. */
function keepFiring(incident: Incident, seen: Seen, context: StepContext): Step {
  const { summary, value } = seen.holds === undefined ? incident : seen
  const { now, reminderMs, heldBack } = context
  const known = {
    ...withoutFutureTimes(incident, now),
    ...described({ ...seen, summary, ...(value !== undefined && { value }) }),
  }
  const current = withHold(known, heldBack, now)
  if (heldBack) return { state: { phase: 'firing', incident: current }, owed: [] }

  const untold = context.receivers.filter((name) => !current.told.includes(name))
  const told = context.receivers.filter((name) => current.told.includes(name))
  const remind =
    told.length > 0 &&
    reminderMs > 0 &&
    current.acknowledged === undefined &&
    now - (current.toldAtMs ?? now) >= reminderMs
  const toldAtMs = remind || (current.toldAtMs === undefined && untold.length > 0) ? now : current.toldAtMs

  const next: Incident = {
    ...current,
    told: [...current.told, ...untold],
    ...(toldAtMs !== undefined && { toldAtMs }),
  }
  const acknowledging = current.acknowledged ? context.acknowledgeable : []
  return {
    state: { phase: 'firing', incident: next },
    owed: [
      ...owedTo(untold, 'firing', next, context),
      ...owedTo(
        untold.filter((name) => acknowledging.includes(name)),
        'acknowledged',
        next,
        context,
      ),
      ...owedTo(remind ? told : [], 'reminder', next, context),
    ],
  }
}

/** A clock that was ahead may have stored times in the future, and reminders would wait for them. */
function withoutFutureTimes(incident: Incident, now: number): Incident {
  const { startedAtMs, toldAtMs } = incident
  return {
    ...incident,
    startedAtMs: Math.min(startedAtMs, now),
    ...(toldAtMs !== undefined && { toldAtMs: Math.min(toldAtMs, now) }),
  }
}

function described(seen: Seen) {
  const { severity, labels, condition, summary, runbook, value, monitor } = seen
  return {
    severity,
    labels,
    condition,
    summary,
    ...(runbook !== undefined && { runbook }),
    ...(value !== undefined && { value }),
    ...(monitor !== undefined && { monitor }),
  }
}

function owedTo(
  receivers: readonly string[],
  kind: Exclude<Notification['kind'], 'test'>,
  incident: Incident,
  { source, now }: Pick<StepContext, 'source' | 'now'>,
): Owed[] {
  if (receivers.length === 0) return []
  const { dedupKey, alert, severity, summary, condition, labels, runbook, value } = incident
  const notification: Notification = {
    kind,
    dedupKey,
    alert,
    severity,
    summary,
    condition,
    labels,
    startedAtMs: incident.startedAtMs,
    ...(incident.resolvedAtMs !== undefined && { resolvedAtMs: incident.resolvedAtMs }),
    ...(runbook !== undefined && { runbook }),
    ...(value !== undefined && { value }),
    createdAtMs: now,
    source,
  }
  return receivers.map((receiver) => ({ receiver, notification }))
}
