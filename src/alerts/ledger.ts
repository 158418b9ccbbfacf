import { DurableObject } from 'cloudflare:workers'
import { MINUTE_MS, SECOND_MS } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import { Lease } from '../lib/lease.ts'
import type { Result } from '../lib/result.ts'
import { err, ok } from '../lib/result.ts'
import { flushInTime } from '../metrics/flush.ts'
import type { MonitorStatus } from '../monitors/model.ts'
import type { OnJudged } from '../monitors/ports.ts'
import { isFarAhead, timeAfter } from './clock-skew.ts'
import type { CommittedRun } from './commit.ts'
import { commitAcknowledgement, commitJudgement, commitRun, commitWatch } from './commit.ts'
import { attempt, deliverDue } from './delivery.ts'
import type { Detail } from './incident-store.ts'
import { LedgerStore } from './ledger-store.ts'
import type { Incident, Silence, SilenceMatcher } from './model.ts'
import { matches } from './model.ts'
import type { Accepted } from './receiver.ts'
import type { RunInput } from './run.ts'
import { readSignals } from './run.ts'
import type { LedgerSettings } from './settings.ts'
import { alertsOf } from './settings.ts'
import type { AlertsOverview, LedgerStatus } from './status.ts'
import { readOverview, readStatus } from './status.ts'
import { MISSED_AFTER_MS, missedAtMs, SCHEDULER_MISSED } from './watchdog.ts'

/** What came of a run: `partial` where some signals could not be read, `refused` where another was under way. */
export interface TickResult {
  readonly outcome: 'ok' | 'partial' | 'error' | 'refused'
}

/** What to silence, until when and why. */
export interface SilenceRequest {
  readonly matcher: SilenceMatcher
  readonly untilMs: number
  readonly reason: string
  readonly by?: string
}

/** The ledger, as Workers call it. */
export interface AlertLedgerClient {
  tick(scheduledAtMs: number): Promise<TickResult>
  readonly observeMonitors: OnJudged
  status(): Promise<LedgerStatus>
  overview(): Promise<AlertsOverview>
  incidents(sinceMs: number, detail?: Detail): Promise<readonly Incident[]>
  silence(request: SilenceRequest): Promise<Result<SilenceResult>>
  unsilence(id: string): Promise<boolean>
  listSilences(): Promise<readonly SilenceResult[]>
  acknowledge(alert: string, by: Acknowledger): Promise<Incident | undefined>
  test(receiver: string): Promise<Result<Accepted> | undefined>
}

/** A silence, and the alerts that it matches now. */
export interface SilenceResult {
  readonly silence: Silence
  readonly matches: readonly string[]
}

/** Who works on an alert, and what they say. */
export interface Acknowledger {
  readonly by?: string | undefined
  readonly note?: string | undefined
}

/** The most silences that have not ended: the dashboard shows them all on one page. */
const MAX_SILENCES = 100

/** A run that takes longer commits nothing. */
export const LEASE_MS = 50 * SECOND_MS

/**
 * Keeps the state of every alert, and the outbox of what is owed to receivers because of it. Both change together,
 * in one transaction; delivering comes after, from the alarm, until it succeeds or is given up. There is one ledger.
 */
export abstract class AlertLedgerObject<E> extends DurableObject<E> {
  readonly #store: LedgerStore
  readonly #lease = new Lease(LEASE_MS)
  #delivering = false
  /** When the monitors were last judged, and that was committed. A run in the same life writes it down with its own row. */
  #judgedAtMs = 0
  #judgementCommittedMs = 0
  #knownSettings: LedgerSettings | undefined

  constructor(ctx: DurableObjectState, env: E) {
    super(ctx, env)
    this.#store = new LedgerStore(ctx.storage)
    this.#judgedAtMs = this.#store.judgedAtMs()
  }

  /** Asked for once per life of the object. */
  protected abstract settings(): LedgerSettings

  get #settings(): LedgerSettings {
    this.#knownSettings ??= this.settings()
    return this.#knownSettings
  }

  /** One run: reads the signals, evaluates the rules, commits what follows. Rejects only for a bug. */
  async tick(scheduledAtMs: number): Promise<TickResult> {
    const settings = this.#settings
    const result = await this.#lease.run(settings.clock(), async (isHeld): Promise<TickResult> => {
      const input = await readSignals(scheduledAtMs, settings)
      if (!isHeld()) return this.#refuse('the run took too long')
      const run = commitRun(input, this.#judgedAtMs, this.#store, settings)
      // Not awaited before: the alarm is part of what the transaction just wrote.
      if (run.owed > 0) void this.ctx.storage.setAlarm(settings.clock())
      else await this.#arm()
      this.#record(input, run)
      await flushInTime(settings)
      return { outcome: input.outcome }
    })
    return result ?? this.#refuse('another run is under way')
  }

  /**
   * Takes note of a judgement of the monitors: what is down fires, what is up is resolved. One that is older than
   * what is known is passed over. A judgement in which nothing changes writes at most its time, and that only where no run
   * in the same life of the object does.
   */
  async observeMonitors(statuses: readonly MonitorStatus[], judgedAtMs: number): Promise<void> {
    const settings = this.#settings
    const clockMs = settings.clock()
    if (judgedAtMs < this.#judgedAtMs && !isFarAhead(this.#judgedAtMs, clockMs)) return
    const now = timeAfter(this.#judgementCommittedMs, clockMs)
    const owed = commitJudgement(statuses, judgedAtMs, now, this.#store, settings)
    this.#judgedAtMs = Math.min(judgedAtMs, now)
    this.#judgementCommittedMs = now
    if (owed > 0) await this.ctx.storage.setAlarm(settings.clock())
  }

  /** The state in short. Costs a few rows read. */
  status(): LedgerStatus {
    return readStatus(this.#store, this.#settings)
  }

  /** The state with its history. */
  overview(): AlertsOverview {
    return readOverview(this.#store, this.#settings)
  }

  /** Open incidents, and those that were resolved since; the latest first. */
  incidents(sinceMs: number, detail: Detail = 'whole'): Incident[] {
    const { incidents } = this.#store
    const resolved = incidents.resolvedSince(sinceMs, undefined, detail)
    return [...incidents.open(detail).values(), ...resolved].sort((a, b) => b.startedAtMs - a.startedAtMs)
  }

  /** Adds a silence and returns the alerts that it matches now. Refused if too many have not ended. */
  silence(request: SilenceRequest): Result<SilenceResult> {
    const now = this.#settings.clock()
    if (this.#store.silences(now).length >= MAX_SILENCES) {
      const message = `there are already ${MAX_SILENCES} silences, the maximum: end one, or silence several alerts at once by severity or labels`
      return err({ message, retryable: false })
    }
    const silence: Silence = { id: newId(), createdAtMs: now, ...request }
    this.#store.transaction(() => {
      this.#store.deleteEndedSilences(now)
      this.#store.saveSilence(silence)
    })
    return ok(this.#withMatches(silence))
  }

  #withMatches(silence: Silence): SilenceResult {
    const matched = alertsOf(this.#settings).filter((alert) => matches(silence.matcher, alert))
    return { silence, matches: matched.map(({ alert }) => alert) }
  }

  /** Ends a silence; whether there was one. What still fires is sent by the next run. */
  unsilence(id: string): boolean {
    return this.#store.deleteSilence(id)
  }

  /** The silences that have not ended. */
  listSilences(): SilenceResult[] {
    return this.#store.silences(this.#settings.clock()).map((each) => this.#withMatches(each))
  }

  /** Stops the reminders of a firing alert and its escalation at the receivers; undefined if it doesn't fire. */
  acknowledge(alert: string, { by, note }: Acknowledger): Incident | undefined {
    const said = { ...(by !== undefined && { by }), ...(note !== undefined && { note }) }
    const committed = commitAcknowledgement(alert, said, this.#store, this.#settings)
    if (committed && committed.owed > 0) void this.ctx.storage.setAlarm(this.#settings.clock())
    return committed?.incident
  }

  /** Sends a test to a receiver, once, and tells what it answered; undefined where there is no such receiver. */
  async test(receiver: string): Promise<Result<Accepted> | undefined> {
    const settings = this.#settings
    const found = settings.receivers.find(({ name }) => name === receiver)
    if (!found) return undefined
    const now = settings.clock()
    const notification = {
      kind: 'test',
      dedupKey: `${settings.source.service}/test/${now}`,
      alert: 'test',
      severity: 'info',
      summary: `A test from ${settings.source.service}: nothing is wrong`,
      startedAtMs: now,
      condition: 'somebody asked for a test',
      labels: {},
      source: settings.source,
    } as const
    return await attempt(found, [notification], settings)
  }

  /**
   * Delivers what is due, and notices a cron that stopped. The platform calls it at least once for each time it was
   * set for, and never twice at once. It always sets the next one, so that no failure ends the chain.
   */
  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    const settings = this.#settings
    if (this.#delivering) return
    this.#delivering = true
    let notBeforeMs = 0
    try {
      // An alarm that is late itself was held up by what held the cron up: the platform, or a machine that slept.
      if (info && settings.clock() - info.scheduledTime >= MINUTE_MS) this.#store.saveWokeAt(settings.clock())
      this.#watch()
      const { attempts, outcomes, isOver } = await deliverDue(this.#store, settings)
      // The next alarm, an invocation of its own, continues at once, unless this one achieved nothing.
      if (isOver && outcomes === 0) notBeforeMs = settings.clock() + MINUTE_MS
      if (attempts > 0) {
        settings.recorder.set(settings.catalog.notificationsPending, {}, this.#store.outbox.pendingCount())
        await flushInTime(settings)
      }
    } catch (error) {
      notBeforeMs = settings.clock() + MINUTE_MS // a bug must not spin
      settings.log.error('alarm_failed', { error })
      settings.errors.report(error, { tags: { object: 'AlertLedger' } })
    } finally {
      this.#delivering = false
      await this.#arm(notBeforeMs)
    }
  }

  #watch(): void {
    const settings = this.#settings
    const begun = commitWatch(this.#store, settings)
    if (!begun) return
    settings.log.error('scheduler_missed', { value: begun.value })
    settings.errors.report(new Error('The scheduler stopped'), { tags: { object: 'AlertLedger' } })
  }

  /** Sees to it that the alarm comes in time. It may come early, which costs less than moving it at each run. */
  async #arm(notBeforeMs = 0): Promise<void> {
    const wantedMs = this.#nextWakeMs()
    if (wantedMs === undefined) return
    const atMs = Math.max(wantedMs, notBeforeMs)
    const setMs = await this.ctx.storage.getAlarm()
    if (setMs === null || atMs < setMs) await this.ctx.storage.setAlarm(atMs)
  }

  #nextWakeMs(): number | undefined {
    const now = this.#settings.clock()
    const deliverMs = this.#store.outbox.nextAttemptMs() ?? Number.POSITIVE_INFINITY
    const lastRun = this.#store.lastRun()
    const missedMs = lastRun ? missedAtMs(lastRun.atMs, this.#store.wokeAtMs()) : Number.POSITIVE_INFINITY
    // It may have come to be missed while notifications were delivered; once that is known, only reminders remain.
    const known = missedMs <= now && this.#store.incidents.open().has(SCHEDULER_MISSED)
    const watchMs = known ? now + MISSED_AFTER_MS : missedMs
    const nextMs = Math.max(now, Math.min(deliverMs, watchMs))
    return Number.isFinite(nextMs) ? nextMs : undefined
  }

  #refuse(reason: string): TickResult {
    const { log, recorder, catalog } = this.#settings
    log.warn('tick_refused', { reason })
    recorder.increment(catalog.ticks, { outcome: 'refused' })
    return { outcome: 'refused' }
  }

  #record({ startedMs, outcome, dependencies }: RunInput, { atMs, firing }: CommittedRun): void {
    const { recorder, catalog } = this.#settings
    recorder.increment(catalog.ticks, { outcome })
    recorder.set(catalog.tickDuration, {}, Math.max(0, atMs - startedMs) / 1000)
    if (outcome !== 'error') recorder.set(catalog.tickLastSuccess, {}, atMs / 1000)
    for (const severity of ['critical', 'warning', 'info'] as const) {
      const count = firing.filter((incident) => incident.severity === severity).length
      recorder.set(catalog.alertsFiring, { severity }, count)
    }
    for (const dependency of ['mongodb', 'redis'] as const) {
      const state = dependencies?.[dependency]
      if (!state || state.state === 'disabled' || state.state === 'unknown') continue
      recorder.set(catalog.dependencyUp, { dependency }, state.state === 'up' ? 1 : 0)
      if (state.state !== 'up') continue
      recorder.set(catalog.dependencyLatency, { dependency }, state.details.latencyMs / 1000)
    }
    recorder.set(catalog.notificationsPending, {}, this.#store.outbox.pendingCount())
  }
}
