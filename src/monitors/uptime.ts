import { DurableObject } from 'cloudflare:workers'
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import { newId } from '../lib/ids.ts'
import { Lease } from '../lib/lease.ts'
import { flushInTime } from '../metrics/flush.ts'
import type { Beat } from './heartbeat.ts'
import { afterBeat, beatResult } from './heartbeat.ts'
import { judge } from './judge.ts'
import { listWindows } from './maintenance.ts'
import { answerOf } from './measures.ts'
import type { Memory } from './memory.ts'
import { decodeMemory, encodeMemory, onlyWatched, regionMemory, rememberRegion } from './memory.ts'
import { UPTIME_WINDOW_DAYS } from './metrics.ts'
import type { CheckResult, Maintenance, MonitorStatus, Region } from './model.ts'
import { uptimeRatio } from './model.ts'
import type { KnownControl } from './network.ts'
import { watchControl } from './network.ts'
import type { PackedHistories } from './packed-history.ts'
import { packHistories } from './packed-history.ts'
import type { Asked, Watched } from './plan.ts'
import type {
  BeatKind,
  MonitorMeasures,
  MonitorQuestion,
  MonitorsReport,
  MonitorsTickResult,
} from './ports.ts'
import { CheckRunner } from './run.ts'
import { dueShards, isDue } from './schedule.ts'
import type { Prepared, UptimeSettings } from './settings.ts'
import { prepare } from './settings.ts'
import { MonitorStore } from './store.ts'
import { ToldStore } from './told-store.ts'
import { afterCheck, isFirstFailure, isRecovering } from './verdict.ts'

/** A run waits so long for its checks; what comes later is committed by the next one. */
const WAIT_MS = 45 * SECOND_MS
/** A run that takes longer commits nothing. */
export const LEASE_MS = 55 * SECOND_MS
const TELL_TIMEOUT_MS = 5 * SECOND_MS
/** Uptime over a month changes slowly, and with many monitors there is much to read for it. */
const UPTIME_EVERY_MS = 15 * MINUTE_MS

/**
 * Decides which checks are due, has the regions make them, judges, and keeps the history. There is one. A verdict and
 * what it was made of are stored together; whoever listens is told after that.
 */
export abstract class UptimeMonitorObject<E> extends DurableObject<E> {
  readonly #store: MonitorStore
  readonly #told: ToldStore
  readonly #runner = new CheckRunner()
  readonly #lease = new Lease(LEASE_MS)
  #prepared: Prepared | undefined
  #loadedMemory: Memory | undefined
  #uptimeRecordedAtMs = Number.NEGATIVE_INFINITY

  constructor(ctx: DurableObjectState, env: E) {
    super(ctx, env)
    this.#store = new MonitorStore(ctx.storage)
    this.#told = new ToldStore(ctx.storage.sql)
  }

  /** Asked for once per life of the object. */
  protected abstract settings(): UptimeSettings

  /** One run: makes the checks that are due, judges every monitor, commits, tells. Rejects only for a bug. */
  async tick(scheduledAtMs: number): Promise<MonitorsTickResult> {
    const settings = this.#settings
    const result = await this.#lease.run(settings.clock(), async (isHeld): Promise<MonitorsTickResult> => {
      // What arrived since the last run ended need not wait for the checks of this one.
      if (this.#runner.hasArrived) await this.#conclude(this.#memory.control)
      const [checks, control] = await Promise.all([
        this.#makeChecks(scheduledAtMs),
        watchControl(this.#memory.control, settings),
      ])
      if (!isHeld()) return this.#refuse('the run took too long')
      await this.#conclude(control)
      await flushInTime(settings)
      return { outcome: 'ok', checks }
    })
    return result ?? this.#refuse('another run is under way')
  }

  /**
   * All monitors, judged anew at this moment: a beat, a window that began and a cron that stopped show at once. Whoever
   * listens is told by the next run.
   */
  report(): MonitorsReport {
    const now = this.#settings.clock()
    const { judgedAtMs, control } = this.#memory
    const controlSilentSinceMs = control?.silentSinceMs
    return {
      ...(judgedAtMs !== undefined && { judgedAtMs }),
      ...(controlSilentSinceMs !== undefined && { controlSilentSinceMs }),
      monitors: this.#judge(now),
      maintenance: this.#windows(now),
    }
  }

  /** Of these monitors, in their order; those that are not configured are left out. */
  history(ids: readonly string[]): PackedHistories {
    const configured = ids.filter((id) => this.#find(id))
    return packHistories(this.#store.history(configured, this.#settings.clock()))
  }

  /** Every check of a monitor in this time, oldest first; at most 7 days back. */
  checks(id: string, fromMs: number, toMs: number): CheckResult[] {
    return this.#find(id) ? this.#store.checks(id, fromMs, toMs) : []
  }

  /** Answers alert rules. */
  measure(questions: readonly MonitorQuestion[]): MonitorMeasures[] {
    const now = this.#settings.clock()
    const statuses = new Map(this.#judge(now).map((status) => [status.id, status]))
    return questions.map((question) => {
      const status = statuses.get(question.monitor)
      return status ? answerOf(question, status, this.#store, now) : {}
    })
  }

  /** Takes what a job says. False where there is no such heartbeat. */
  beat(id: string, kind: BeatKind): boolean {
    if (this.#find(id)?.kind !== 'telling') return false
    this.#told.saveBeat(id, afterBeat(this.#beats.get(id), kind, this.#settings.clock()))
    return true
  }

  /** Keeps a maintenance window. */
  announce(window: Omit<Maintenance, 'id'>): Maintenance {
    const announced = { ...window, id: newId() }
    this.#told.announce(announced, this.#settings.clock())
    return announced
  }

  /** Withdraws an announced window; whether there was one. */
  withdraw(id: string): boolean {
    return this.#told.withdraw(id)
  }

  get #settings(): Prepared {
    this.#prepared ??= prepare(this.settings())
    return this.#prepared
  }

  get #memory(): Memory {
    this.#loadedMemory ??= decodeMemory(this.#store.memory())
    return this.#loadedMemory
  }

  get #beats(): ReadonlyMap<string, Beat> {
    return this.#told.beats()
  }

  #find(id: string): Watched | undefined {
    return this.#settings.plan.find((each) => each.id === id)
  }

  #windows(now: number): Maintenance[] {
    return listWindows(this.#settings.schedules, this.#told.announced(now), now)
  }

  /** Hands out what is due, and waits for it. Returns how many checks that is. */
  async #makeChecks(scheduledAtMs: number): Promise<number> {
    const settings = this.#settings
    const memory = this.#memory
    const asked = new Map(settings.plan.filter(isAsked).map((monitor) => [monitor.id, monitor]))
    const shards = dueShards([...asked.values()], ({ id, intervalMs }, region) => {
      const { view, askedAtMs } = regionMemory(memory, id, region)
      // The next run after a first good check asks again, however long the interval is.
      const soonMs = isRecovering(view) ? MINUTE_MS : intervalMs
      return (
        !this.#runner.isUnderWay(id, region) && isDue({ id, intervalMs: soonMs }, scheduledAtMs, askedAtMs)
      )
    })
    for (const { region, monitors } of shards) {
      for (const id of monitors) {
        rememberRegion(memory, id, region, {
          ...regionMemory(memory, id, region),
          askedAtMs: scheduledAtMs,
        })
      }
    }
    const termsOf = (id: string, region: Region) => {
      const { timeoutMs, canRepeat } = asked.get(id)!
      return { timeoutMs, recheck: canRepeat && isFirstFailure(regionMemory(memory, id, region).view) }
    }
    await within(WAIT_MS, this.#runner.start(shards, termsOf, settings))
    return shards.reduce((sum, { monitors }) => sum + monitors.length, 0)
  }

  /** Takes what arrived, judges, commits, tells and counts. */
  async #conclude(control: KnownControl | undefined): Promise<void> {
    const { statuses, results, judgedAtMs, orderMs } = this.#commit(control)
    await this.#tell(statuses, orderMs)
    this.#record(statuses, results, judgedAtMs)
  }

  /** Takes what arrived, judges, and stores both. */
  #commit(control: KnownControl | undefined): {
    readonly statuses: readonly MonitorStatus[]
    readonly results: readonly CheckResult[]
    readonly judgedAtMs: number
    readonly orderMs: number
  } {
    try {
      const memory = this.#memory
      const now = this.#settings.clock()
      const orderMs = Math.max(now, (memory.orderMs ?? 0) + 1)
      const results = this.#takeResults(memory)
      const statuses = this.#judge(now)
      this.#loadedMemory = {
        judgedAtMs: now,
        orderMs,
        ...(control && { control }),
        monitors: onlyWatched(memory.monitors, this.#settings.plan),
      }
      this.#store.save({
        atMs: orderMs,
        results,
        states: new Map(statuses.map(({ id, state }) => [id, state])),
        memory: encodeMemory(this.#loadedMemory),
      })
      return { statuses, results, judgedAtMs: now, orderMs }
    } catch (error) {
      this.#loadedMemory = undefined // it may be ahead of the disk: it is read again
      throw error
    }
  }

  #takeResults(memory: Memory): CheckResult[] {
    const results: CheckResult[] = []
    const arrived = Map.groupBy(this.#runner.take(), ({ monitor }) => monitor)
    const beats = this.#beats
    for (const monitor of this.#settings.plan) {
      const { id } = monitor
      const told =
        monitor.kind === 'asked'
          ? arrived.get(id)
          : beatResult(id, beats.get(id), regionMemory(memory, id, 'internal').view.last?.atMs)
      for (const result of [told ?? []].flat()) {
        results.push(result)
        const { view, ...rest } = regionMemory(memory, id, result.region)
        const patience = monitor.kind === 'asked' ? monitor : { failures: 1, recoveries: 1 }
        rememberRegion(memory, id, result.region, {
          ...rest,
          // A prober never moves, but may not know its data center yet.
          ...(result.colo !== undefined && { colo: result.colo }),
          view: afterCheck(view, result, patience),
        })
      }
    }
    return results
  }

  /** Judges at `now`, and remembers since when each state holds. */
  #judge(now: number): MonitorStatus[] {
    const memory = this.#memory
    const evidence = { memory, beats: this.#beats, windows: this.#windows(now) }
    const statuses = judge(this.#settings.plan, evidence, now)
    for (const { id, state, sinceMs } of statuses) {
      const regions = memory.monitors.get(id)?.regions ?? new Map()
      memory.monitors.set(id, { state, ...(sinceMs !== undefined && { sinceMs }), regions })
    }
    return statuses
  }

  async #tell(statuses: readonly MonitorStatus[], atMs: number): Promise<void> {
    const { onJudged, log } = this.#settings
    try {
      const told = await within(TELL_TIMEOUT_MS, onJudged(statuses, atMs))
      if (!told.ok) log.error('verdicts_not_told', { reason: told.error.message })
    } catch (error) {
      log.error('verdicts_not_told', { error })
    }
  }

  #record(statuses: readonly MonitorStatus[], results: readonly CheckResult[], atMs: number): void {
    const { metrics } = this.#settings
    metrics.recordRun(statuses, results, atMs)
    if (Math.abs(atMs - this.#uptimeRecordedAtMs) < UPTIME_EVERY_MS) return
    this.#uptimeRecordedAtMs = atMs
    const firstDate = new Date(atMs - (UPTIME_WINDOW_DAYS - 1) * DAY_MS).toISOString().slice(0, 10)
    for (const { id, days } of this.#store.history(
      statuses.map((status) => status.id),
      atMs,
    )) {
      metrics.recordUptime(id, uptimeRatio(days.filter(({ date }) => date >= firstDate)))
    }
  }

  #refuse(reason: string): MonitorsTickResult {
    this.#settings.log.warn('monitors_refused', { reason })
    return { outcome: 'refused', checks: 0 }
  }
}

const isAsked = (monitor: Watched): monitor is Asked => monitor.kind === 'asked'
