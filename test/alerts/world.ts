import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { SilenceRequest, SilenceResult } from '../../src/alerts/ledger.ts'
import { AlertLedgerObject } from '../../src/alerts/ledger.ts'
import type { Accepted, Notification, Receiver } from '../../src/alerts/receiver.ts'
import type { LedgerSettings } from '../../src/alerts/settings.ts'
import type { MonitorConfig } from '../../src/config/monitors.ts'
import { monitor as monitorSchema } from '../../src/config/monitors.ts'
import type { RuleInput } from '../../src/config/rules.ts'
import { rule } from '../../src/config/rules.ts'
import type { DependencyReport, DependencyState } from '../../src/health/model.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/lib/clock.ts'
import type { Result } from '../../src/lib/result.ts'
import { ok } from '../../src/lib/result.ts'
import type { LogFields } from '../../src/logging/model.ts'
import { createCatalog } from '../../src/metrics/catalog.ts'
import type { Recorder } from '../../src/metrics/model.ts'
import type { MetricsQuery, RouteTotals, SeriesValue } from '../../src/metrics/query.ts'
import type { MonitorStatus } from '../../src/monitors/model.ts'
import { type Evictable, evictable } from '../isolation/eviction.ts'

/** So late that no real alarm comes while a test sets the time. */
export const START_MS = Date.UTC(2200, 0, 1)

export const ACCEPTED: Result<Accepted> = ok({ status: 202, body: 'ok' })

/** A receiver that keeps what it accepts; `answer` decides what it says. */
export class FakeReceiver implements Receiver {
  readonly name: string
  readonly grouping: Receiver['grouping']
  showsAcknowledged = false
  fits: NonNullable<Receiver['fits']> = () => true
  /** One entry for each message, refused ones too. */
  readonly messages: (readonly Notification[])[] = []
  readonly accepted: Notification[] = []
  answer: (notifications: readonly Notification[]) => Result<Accepted> | Promise<Result<Accepted>> = () =>
    ACCEPTED

  constructor(name: string, grouping: Receiver['grouping'] = 'single') {
    this.name = name
    this.grouping = grouping
  }

  async deliver(notifications: readonly [Notification, ...Notification[]]): Promise<Result<Accepted>> {
    this.messages.push(notifications)
    const answer = await this.answer(notifications)
    if (answer.ok) this.accepted.push(...notifications)
    return answer
  }

  /** What was accepted, in short: `firing error-rate`. */
  get told(): string[] {
    return this.accepted.map(({ kind, alert }) => `${kind} ${alert}`)
  }
}

/** Everything around a ledger, set by the test. */
export class World {
  now = START_MS
  rules: RuleInput[] = []
  routes = { critical: ['pager'], warning: ['chat'], info: [] as string[] }
  reminderMs = 4 * HOUR_MS
  receivers: FakeReceiver[] = [new FakeReceiver('pager'), new FakeReceiver('chat', 'shared')]
  /** Totals of the routes, the same for every window; or a failure. */
  requests: () => readonly RouteTotals[] | Promise<never> = () => []
  /** Called before the metrics are read; may reject. */
  readMetrics: () => Promise<void> = async () => {}
  /** Called when a run was committed. */
  onRun: () => void = () => {}
  clock = () => this.now
  random = () => 0.5
  series = new Map<string, SeriesValue>()
  mongodb: DependencyState = { state: 'disabled' }
  redis: DependencyState = { state: 'disabled' }
  monitors: MonitorConfig[] = []
  /** What a rule's monitor was measured to be; may reject. */
  measure: LedgerSettings['monitors']['measure'] = async (questions) => questions.map(() => ({}))
  dependencies: () => Promise<DependencyReport> = async () => ({
    checkedAtMs: this.now,
    mongodb: this.mongodb,
    redis: this.redis,
  })
  flush: () => Promise<void> = async () => {}
  readonly queries: MetricsQuery[] = []
  readonly lines: { level: string; event: string; fields: LogFields | undefined }[] = []
  readonly reported: unknown[] = []
  /** What was recorded: `name{labels}` and the sum, or for gauges the last value. */
  readonly recorded = new Map<string, number>()
  flushes = 0
  /** Why the ledger stays in memory; by default it is evicted between any two calls. */
  staysInMemory: string | undefined
  readonly state: DurableObjectState
  readonly #ledger: Evictable<TestLedger>

  constructor(state: DurableObjectState) {
    this.state = state
    this.#ledger = evictable(() => new TestLedger(state, this), this)
  }

  get ledger(): TestLedger {
    return this.#ledger.object
  }

  receiver(name: string): FakeReceiver {
    return this.receivers.find((each) => each.name === name)!
  }

  /** A new instance over the same storage, with the configuration as it is now: a deployment, or an eviction. */
  restart(): void {
    this.#ledger.evict()
  }

  /** The monitors are judged at the present time, which takes a millisecond. */
  async judge(...statuses: (Partial<MonitorStatus> & { id: string; seen: MonitorStatus['seen'] })[]) {
    const whole = statuses.map((each) => ({ state: each.seen, regions: [], ...each }))
    await this.ledger.observeMonitors(whole, this.clock())
    await this.advance(1)
  }

  /** Adds a silence that the ledger must accept. */
  silence(request: SilenceRequest): SilenceResult {
    const added = this.ledger.silence(request)
    if (!added.ok) throw new Error(added.error.message)
    return added.value
  }

  /** A run at the present time. */
  tick(scheduledAtMs = this.clock()) {
    return this.ledger.tick(scheduledAtMs)
  }

  /** Runs a minute from now, and everything that is due on the way. */
  async nextTick() {
    await this.advance(MINUTE_MS)
    const result = await this.tick()
    await this.runAlarms()
    return result
  }

  /** Lets time pass; alarms come when they are due. */
  async advance(ms: number): Promise<void> {
    const endMs = this.now + ms
    for (;;) {
      const dueMs = await this.state.storage.getAlarm()
      if (dueMs === null || dueMs > endMs) break
      this.now = Math.max(this.now, dueMs)
      await this.alarm()
    }
    this.now = endMs
  }

  /** Runs the alarm as often as it is due now. */
  async runAlarms(): Promise<void> {
    await this.advance(0)
  }

  async alarm(info?: AlarmInvocationInfo): Promise<void> {
    await this.state.storage.deleteAlarm()
    await this.ledger.alarm(info)
  }

  settings(): LedgerSettings {
    const line = (level: string) => (event: string, fields?: LogFields) => {
      this.lines.push({ level, event, fields })
    }
    const record = (name: string, labels: object, change: (before: number) => number) => {
      const key = name + JSON.stringify(labels)
      this.recorded.set(key, change(this.recorded.get(key) ?? 0))
    }
    const recorder: Recorder = {
      increment: (metric, labels, by = 1) => {
        record(metric.name, labels, (before) => before + by)
        if (metric.name === 'edgewatch_ticks_total' && JSON.stringify(labels) !== '{"outcome":"refused"}') {
          this.onRun()
        }
      },
      set: (metric, labels, value) => record(metric.name, labels, () => value),
      observe: () => {},
    }
    return {
      source: { service: 'shop', environment: 'test', url: 'https://shop.example' },
      alerts: {
        rules: this.rules.map((each) => rule.parse(each)),
        routes: this.routes,
        reminder: this.reminderMs,
        giveUpAfter: DAY_MS,
      },
      receivers: this.receivers,
      metrics: {
        read: async (query) => {
          this.queries.push(query)
          await this.readMetrics()
          const routes = await this.requests()
          return {
            windows: query.windows.map(() => routes),
            series: query.series.map(({ metric }) => this.series.get(metric)),
          }
        },
      },
      dependencies: () => this.dependencies(),
      monitors: { configured: this.monitors, measure: (questions) => this.measure(questions) },
      catalog: createCatalog('shop'),
      recorder,
      flush: async () => {
        this.flushes += 1
        await this.flush()
      },
      log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
      errors: { report: (error) => void this.reported.push(error), checkIn: () => undefined },
      clock: () => this.clock(),
      random: () => this.random(),
    }
  }
}

class TestLedger extends AlertLedgerObject<unknown> {
  readonly #world: World

  constructor(state: DurableObjectState, world: World) {
    super(state, {})
    this.#world = world
  }

  protected override settings(): LedgerSettings {
    return this.#world.settings()
  }
}

/** Runs a test within a new Durable Object. */
export async function inWorld(test: (world: World) => Promise<void>): Promise<void> {
  const stub = env.ALERT_LEDGER.getByName(crypto.randomUUID())
  await runInDurableObject(stub, (_instance, state) => test(new World(state)))
}

/** Rows that a piece of work writes to the ledger's tables, its indexes and its alarm. */
export async function rowsWritten(world: World, work: () => Promise<unknown>): Promise<number> {
  const { sql } = world.state.storage
  const storage = world.state.storage as { setAlarm: DurableObjectStorage['setAlarm'] }
  const exec = sql.exec.bind(sql)
  const setAlarm = storage.setAlarm.bind(storage)
  let rows = 0
  Object.assign(sql, {
    exec: (statement: string, ...values: SqlStorageValue[]) => {
      const cursor = exec(statement, ...values)
      const result = cursor.toArray()
      rows += cursor.rowsWritten
      return { toArray: () => result }
    },
  })
  storage.setAlarm = (atMs) => {
    rows += 1
    return setAlarm(atMs)
  }
  await work()
  return rows
}

/** Requests of one route, so many of them failed. */
export const requests = (count: number, errors = 0, route = '/'): RouteTotals => ({
  route,
  requests: count,
  errors,
  durationSumSeconds: count * 0.01,
  durationBuckets: [0, count, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
})

/** A monitor that is checked from two places. */
export const monitor = (name: string, more: object = {}): MonitorConfig =>
  monitorSchema.parse({
    name,
    ...('type' in more ? {} : { type: 'tcp', host: 'a.example', port: 1 }),
    ...more,
  })

export const UP: DependencyState = { state: 'up', details: { latencyMs: 4 } }
export const DOWN: DependencyState = { state: 'down', message: 'timed out' }

export const MONGODB_DOWN: RuleInput = {
  id: 'mongodb-down',
  signal: 'mongodb_up',
  operator: '==',
  threshold: 0,
  severity: 'critical',
  summary: 'MongoDB is down',
}

export const ERROR_RATE: RuleInput = {
  id: 'error-rate',
  signal: 'error_ratio',
  operator: '>',
  threshold: 0.05,
  severity: 'critical',
  summary: '{value} of requests fail',
}
