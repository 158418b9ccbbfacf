import { DAY_MS, HOUR_MS } from '../../src/lib/clock.ts'

/** A rule as the reference knows it. */
export interface ReferenceRule {
  readonly id: string
  readonly severity: 'critical' | 'warning'
  readonly forMs: number
  readonly receivers: readonly string[]
}

export type Seen = 'high' | 'low' | 'none'

/** What a judgement says of a monitor. */
export interface Judged {
  readonly seen: 'up' | 'down' | 'unknown'
  readonly maintenance: boolean
  /** What it depends on is down. */
  readonly blocked: boolean
  /** When it last failed a check. */
  readonly failedAtMs: number
}

interface ReferenceIncident {
  readonly rule: ReferenceRule
  readonly key: string
  readonly told: Set<string>
  readonly firstToldMs: Map<string, number>
  lastToldMs: number | undefined
  reminders: number
  acknowledged: boolean
  /** When `pager` was first owed the news that it is acknowledged, and how often it was. */
  acknowledgedMs: number | undefined
  acknowledgements: number
  resolvedMs: number | undefined
  /** Of a monitor: what kept it back when it was last judged. */
  hold?: 'maintenance' | 'dependency' | 'silence' | undefined
  /** Since when what it depends on is no longer down, where that is what kept it back. */
  freeSinceMs?: number | undefined
}

/**
 * What should happen, said as plainly as possible: the whole past of each rule is kept and looked at anew at each
 * run, nothing is stored, nothing is sent.
 */
export class Reference {
  readonly incidents: ReferenceIncident[] = []
  readonly runsMs: number[] = []
  readonly silences: { alert?: string; severity?: string; fromMs: number; untilMs: number }[] = []
  readonly #past = new Map<string, { atMs: number; seen: Seen }[]>()

  /** @param monitors those that are configured: what is of neither of both is resolved */
  run(
    atMs: number,
    rules: readonly ReferenceRule[],
    monitors: readonly ReferenceRule[],
    seen: (rule: ReferenceRule) => Seen,
  ): void {
    const alerts = [...rules, ...monitors]
    this.runsMs.push(atMs)
    for (const rule of rules) this.#evaluate(rule, atMs, seen(rule))
    for (const { rule } of this.incidents.filter((each) => each.resolvedMs === undefined)) {
      if (!alerts.some(({ id }) => id === rule.id)) this.open(rule.id)!.resolvedMs = atMs
    }
    for (const id of this.#past.keys()) if (!rules.some((rule) => rule.id === id)) this.#past.delete(id)
  }

  judge(atMs: number, monitor: ReferenceRule, judged: Judged): void {
    let incident = this.open(monitor.id)
    if (incident && judged.seen === 'up') incident.resolvedMs = atMs
    if (!incident && judged.seen === 'down' && !judged.maintenance) incident = this.#begin(monitor, atMs)
    if (!incident || incident.resolvedMs !== undefined) return
    if (this.#mayTell(incident, judged, atMs)) this.#tell(incident, atMs)
  }

  #mayTell(incident: ReferenceIncident, judged: Judged, atMs: number): boolean {
    const { id, severity } = incident.rule
    if (judged.maintenance) {
      incident.hold = 'maintenance'
      return false
    }
    if (judged.blocked) {
      incident.hold = 'dependency'
      incident.freeSinceMs = undefined
      return false
    }
    if (incident.hold === 'dependency' && incident.told.size === 0) {
      incident.freeSinceMs ??= atMs
      if (judged.seen === 'unknown' || judged.failedAtMs <= incident.freeSinceMs) return false
    }
    if (judged.seen === 'unknown' && incident.hold) return false
    incident.hold = this.isSilenced(id, severity, atMs) ? 'silence' : undefined
    return incident.hold === undefined
  }

  open(id: string): ReferenceIncident | undefined {
    return this.incidents.find((each) => each.rule.id === id && each.resolvedMs === undefined)
  }

  isSilenced(alert: string, severity: string, atMs: number): boolean {
    return this.silences.some(
      (each) =>
        (each.alert ?? alert) === alert &&
        (each.severity ?? severity) === severity &&
        each.fromMs <= atMs &&
        atMs < each.untilMs,
    )
  }

  acknowledge(id: string, atMs: number): void {
    const incident = this.open(id)
    if (!incident) return
    incident.acknowledged = true
    if (incident.told.size > 0) this.#oweAcknowledgement(incident, atMs)
  }

  #oweAcknowledgement(incident: ReferenceIncident, atMs: number): void {
    incident.acknowledgedMs ??= atMs
    incident.acknowledgements += 1
  }

  /** When a notification came to be; undefined for a reminder. */
  createdMs(key: string, kind: string, receiver: string): number | undefined {
    const incident = this.incidents.find((each) => each.key === key)
    if (kind === 'resolved') return incident?.resolvedMs
    if (kind === 'acknowledged') return incident?.acknowledgedMs
    return kind === 'firing' ? incident?.firstToldMs.get(receiver) : undefined
  }

  #evaluate(rule: ReferenceRule, atMs: number, seen: Seen): void {
    const past = [...(this.#past.get(rule.id) ?? []), { atMs, seen }]
    const calm = past.findLastIndex((each) => each.seen === 'low')
    const recent = past.slice(calm + 1)
    this.#past.set(rule.id, recent)

    let incident = this.open(rule.id)
    if (incident && seen === 'low') incident.resolvedMs = atMs
    if (!incident && seen === 'high' && held(recent) >= rule.forMs) incident = this.#begin(rule, atMs)
    if (!incident || incident.resolvedMs !== undefined) return
    if (!this.isSilenced(rule.id, rule.severity, atMs)) this.#tell(incident, atMs)
  }

  #begin(rule: ReferenceRule, atMs: number): ReferenceIncident {
    const incident: ReferenceIncident = {
      rule,
      key: `shop/${rule.id}/${atMs}`,
      told: new Set(),
      firstToldMs: new Map(),
      lastToldMs: undefined,
      reminders: 0,
      acknowledged: false,
      acknowledgedMs: undefined,
      acknowledgements: 0,
      resolvedMs: undefined,
    }
    this.incidents.push(incident)
    return incident
  }

  #tell(incident: ReferenceIncident, atMs: number): void {
    if (incident.lastToldMs === undefined) {
      incident.lastToldMs = atMs
      for (const receiver of incident.rule.receivers) {
        incident.told.add(receiver)
        incident.firstToldMs.set(receiver, atMs)
      }
      if (incident.acknowledged) this.#oweAcknowledgement(incident, atMs)
    } else if (!incident.acknowledged && atMs - incident.lastToldMs >= 4 * HOUR_MS) {
      incident.lastToldMs = atMs
      incident.reminders += 1
    }
  }
}

/** How long the condition was seen to hold: between neighbouring runs that both saw it. */
function held(past: readonly { atMs: number; seen: Seen }[]): number {
  let totalMs = 0
  past.forEach(({ atMs, seen }, index) => {
    const before = past[index - 1]
    if (seen === 'high' && before?.seen === 'high') totalMs += atMs - before.atMs
  })
  return totalMs
}

/** Whether a failure now may be the last of a notification. */
export const isTooOld = (createdMs: number | undefined, atMs: number): boolean =>
  createdMs === undefined || atMs - createdMs >= DAY_MS
