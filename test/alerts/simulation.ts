import { expect } from 'vitest'
import { DELIVERY_TIMEOUT_MS } from '../../src/alerts/delivery.ts'
import type { TickResult } from '../../src/alerts/ledger.ts'
import { LEASE_MS } from '../../src/alerts/ledger.ts'
import type { Accepted, Notification, Receiver } from '../../src/alerts/receiver.ts'
import { MISSED_AFTER_MS, MONITORS_MISSED, SCHEDULER_MISSED } from '../../src/alerts/watchdog.ts'
import type { RuleInput } from '../../src/config/rules.ts'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/lib/clock.ts'
import type { Result } from '../../src/lib/result.ts'
import { err } from '../../src/lib/result.ts'
import type { Judged, ReferenceRule, Seen } from './reference.ts'
import { isTooOld, Reference } from './reference.ts'
import { VirtualTime } from './virtual-time.ts'
import { ACCEPTED, FakeReceiver, monitor, START_MS, World } from './world.ts'

export const MOODS = [
  'works',
  'works',
  'works',
  'retryable',
  'permanent',
  'hangs',
  'retry-after',
  'crash', // it accepts, and the ledger dies before it hears of it
  'lost answer', // it accepts, and the answer never arrives
  'too large', // it accepts only messages of one notification
  'unsent', // the platform lets nothing out
] as const

type Mood = (typeof MOODS)[number]
type SourceMood = 'works' | 'fails' | 'hangs'

export type Step =
  | {
      do: 'tick'
      afterMs: number
      /** What the rules' signals are from now on; null leaves them. */
      seen: readonly Seen[] | null
      how: 'whole' | 'overlapping' | 'overdue' | 'crash before commit' | 'crash after commit'
    }
  | {
      do: 'judge'
      afterMs: number
      seen: readonly Judged['seen'][]
      maintenance: readonly boolean[]
      /** Whether the monitors were checked since the judgement before. */
      checked: boolean
      /** Whether a run is under way. */
      duringRun: boolean
    }
  | { do: 'toggle monitor'; monitor: number }
  | { do: 'receiver'; receiver: number; mood: Mood }
  | { do: 'source'; source: 'metrics' | 'dependencies'; mood: SourceMood }
  | { do: 'silence'; by: 'alert' | 'severity'; rule: number; forMs: number }
  | { do: 'unsilence' }
  | { do: 'acknowledge'; rule: number }
  | { do: 'evict' }
  | { do: 'toggle rule'; rule: number }
  | { do: 'wait'; ms: number }
  | { do: 'outage'; ms: number }

const ROUTES = { critical: ['pager', 'chat', 'hook'], warning: ['chat'], info: [] }

export const RULES: readonly (ReferenceRule & { source: 'metrics' | 'dependencies' })[] = [
  { id: 'pool', severity: 'critical', forMs: 0, receivers: ROUTES.critical, source: 'dependencies' },
  { id: 'queue', severity: 'critical', forMs: 2 * MINUTE_MS, receivers: ROUTES.critical, source: 'metrics' },
  { id: 'sales', severity: 'warning', forMs: 0, receivers: ROUTES.warning, source: 'metrics' },
]

/** The second one depends on the first. */
export const MONITORS: readonly ReferenceRule[] = [
  { id: 'monitor-api', severity: 'critical', forMs: 0, receivers: ROUTES.critical },
  { id: 'monitor-shop', severity: 'warning', forMs: 0, receivers: ROUTES.warning },
]

/** What can be silenced and acknowledged. */
export const ALERTS: readonly ReferenceRule[] = [...RULES, ...MONITORS]

const monitorOf = ({ id, severity }: ReferenceRule) => monitor(id.replace('monitor-', ''), { severity })

/** The only receiver that can show that an incident is acknowledged. */
const ACKNOWLEDGEABLE = 'pager'

export const RECEIVERS: readonly (readonly [string, Receiver['grouping']])[] = [
  ['pager', 'single'],
  ['chat', 'shared'],
  ['hook', 'single'],
]

const ruleInput = ({ id, severity, forMs }: ReferenceRule): RuleInput => ({
  id,
  severity,
  signal: id === 'pool' ? 'mongodb_connections_ratio' : { metric: id },
  operator: '>=',
  threshold: 0.9,
  for: `${forMs}ms`,
  summary: `${id}: {value}`,
})

const KINDS = ['firing', 'reminder', 'acknowledged', 'resolved'] as const
type Kind = (typeof KINDS)[number]

const never = <T>(): Promise<T> => new Promise(() => {})

/** A receiver in all its moods, which remembers everything. */
class MoodyReceiver extends FakeReceiver {
  mood: Mood = 'works'
  /** What it took in, in order; with duplicates. */
  readonly took: string[] = []
  /** How often each may have been taken in twice. */
  readonly mayRepeat = new Map<string, number>()
  /** Refused for good. */
  readonly refused = new Set<string>()
  /** Failed when it was old enough to be given up. */
  readonly mayBeGivenUp = new Set<string>()
}

/** Drives a ledger through a story, and a reference beside it. */
export class Simulation {
  readonly time = new VirtualTime(START_MS)
  /** How many acknowledgements were delivered, in all stories. */
  acknowledgements = 0
  #world!: World
  #reference = new Reference()
  #receivers: MoodyReceiver[] = []
  #seen = new Map<string, Seen>()
  #sources: Record<'metrics' | 'dependencies', SourceMood> = { metrics: 'works', dependencies: 'works' }
  #rules = new Set(RULES)
  #monitors = new Set(MONITORS)
  #failedAtMs = START_MS
  /** Alerts and times at which nobody may be told of them. */
  #quiet = new Set<string>()
  #silenceIds: { id: string; index: number }[] = []
  #crashed = false
  #complaints: string[] = []
  /** Set while a run is to be held up before it reads. */
  #gate: Promise<void> | undefined

  /** A new story. */
  begin(state: DurableObjectState, jitter: readonly number[]): void {
    this.time.now = START_MS
    this.time.dropTimers()
    for (const table of ['memo', 'incidents', 'outbox', 'silences']) {
      state.storage.sql.exec(`DELETE FROM ${table}`)
    }
    void state.storage.deleteAlarm()
    this.#reference = new Reference()
    this.#receivers = RECEIVERS.map((each) => this.#createReceiver(...each))
    this.#seen = new Map()
    this.#sources = { metrics: 'works', dependencies: 'works' }
    this.#rules = new Set(RULES)
    this.#monitors = new Set(MONITORS)
    this.#failedAtMs = START_MS
    this.#quiet = new Set()
    this.#silenceIds = []
    this.#crashed = false
    this.#complaints = []
    this.#gate = undefined
    this.attach(state)
    let drawn = 0
    this.#world.random = () => jitter[drawn++ % jitter.length]!
  }

  /** The same story in another instance of the object. */
  attach(state: DurableObjectState): void {
    const random = this.#world?.random
    this.#world = new World(state)
    this.#world.staysInMemory = 'evictions are steps of the story, so that both lives are tested'
    if (random) this.#world.random = random
    this.#world.clock = () => this.time.now
    this.#world.routes = ROUTES
    this.#world.receivers = this.#receivers
    this.#world.dependencies = () => this.#readDependencies()
    this.#world.readMetrics = () => this.#readMetrics()
    this.#world.onRun = () => this.#referenceRun()
    this.#deployRules()
    this.#world.restart()
  }

  async perform(step: Step): Promise<void> {
    const { ledger } = this.#world
    switch (step.do) {
      case 'source':
        this.#sources[step.source] = step.mood
        return
      case 'receiver':
        this.#receivers[step.receiver]!.mood = step.mood
        return
      case 'tick':
        await this.#pass(step.afterMs)
        step.seen?.forEach((seen, index) => {
          this.#seen.set(RULES[index]!.id, seen)
        })
        return this.#tick(step.how)
      case 'wait':
        return this.#pass(step.ms)
      case 'outage':
        this.time.now += step.ms
        return this.#pass(0)
      case 'evict':
        return this.#restart()
      case 'toggle rule': {
        const rule = RULES[step.rule]!
        if (!this.#rules.delete(rule)) this.#rules.add(rule)
        this.#deployRules()
        return this.#restart()
      }
      case 'toggle monitor': {
        const toggled = MONITORS[step.monitor]!
        if (!this.#monitors.delete(toggled)) this.#monitors.add(toggled)
        this.#deployRules()
        return this.#restart()
      }
      case 'judge':
        await this.#pass(step.afterMs)
        return this.#judge(step)
      case 'silence': {
        const { id, severity } = ALERTS[step.rule]!
        const matcher = step.by === 'alert' ? { alert: id } : { severity }
        const untilMs = this.time.now + step.forMs
        const { silence } = this.#world.silence({ matcher, untilMs, reason: 'test' })
        const index = this.#reference.silences.push({ ...matcher, fromMs: this.time.now, untilMs }) - 1
        this.#silenceIds.push({ id: silence.id, index })
        return
      }
      case 'unsilence': {
        const first = this.#silenceIds.shift()
        if (!first) return
        ledger.unsilence(first.id)
        const silence = this.#reference.silences[first.index]!
        silence.untilMs = Math.min(silence.untilMs, this.time.now)
        return
      }
      case 'acknowledge': {
        const { id } = ALERTS[step.rule]!
        const open = this.#reference.open(id)
        const answer = ledger.acknowledge(id, {})
        this.#require(answer?.dedupKey === open?.key, 'another incident was acknowledged')
        this.#reference.acknowledge(id, this.time.now)
        return
      }
    }
  }

  /** Everything heals, time passes, and the receivers must have been told all that they should. */
  async end(): Promise<void> {
    for (const receiver of this.#receivers) receiver.mood = 'works'
    for (const { id } of RULES) this.#seen.set(id, 'low')
    this.#sources = { metrics: 'works', dependencies: 'works' }
    await this.#pass(MINUTE_MS)
    await this.#judge({ seen: ['up', 'up'], maintenance: [false, false], checked: true, duringRun: false })
    await this.#tick('whole')
    this.time.now += 2 * HOUR_MS // beyond every backoff
    await this.#pass(0)
    await this.#tick('whole')
    await this.#pass(0)
    this.#verify()
  }

  /** Complaints rather than expectations: these are dear, and there are many. */
  #verify(): void {
    const { active, notifications } = this.#world.ledger.status()
    for (const { alert } of active) this.#complaints.push(`${alert} is still active`)
    if (notifications.pending > 0) this.#complaints.push(`${notifications.pending} still wait`)
    for (const receiver of this.#receivers) {
      const known = new Set<string>()
      for (const { key, reminders, acknowledgements, told } of this.#reference.incidents) {
        if (!told.has(receiver.name)) continue
        this.#verifyIncident(receiver, key, reminders, receiver.showsAcknowledged ? acknowledgements : 0)
        for (const kind of KINDS) known.add(`${kind} ${key}`)
      }
      const rest = receiver.took.filter((id) => !known.has(id))
      for (const id of rest) {
        if (!isWatchdog(id.split('/')[1]!)) this.#complaints.push(`${receiver.name} was told ${id}`)
      }
      this.#verifyWatchdog(
        receiver,
        rest.filter((id) => id.includes(SCHEDULER_MISSED)),
      )
      for (const key of new Set(rest.map((id) => id.split(' ')[1]!))) {
        this.#verifyIncident(receiver, key, Number.POSITIVE_INFINITY, 0)
      }
    }
    this.#verifyDead()
    this.#verifyTimelines()
    expect(this.#complaints).toEqual([])
  }

  /** Fired and resolved once over, in order; again only where the ledger could not know of the first time. */
  #verifyIncident(receiver: MoodyReceiver, key: string, reminders: number, acknowledgements: number): void {
    for (const [kind, most] of [
      ['firing', 1],
      ['reminder', reminders],
      ['acknowledged', acknowledgements],
      ['resolved', 1],
    ] as const) {
      const id = `${kind} ${key}`
      const times = receiver.took.filter((each) => each === id).length
      if (kind === 'acknowledged') this.acknowledgements += times
      const mayBeMissing = kind === 'reminder' || receiver.refused.has(id) || receiver.mayBeGivenUp.has(id)
      const least = mayBeMissing ? 0 : Math.min(1, most)
      if (times < least || times > most + (receiver.mayRepeat.get(id) ?? 0)) {
        this.#complaints.push(`${receiver.name} was told ${times} times: ${id}`)
      }
    }
    const ranks = receiver.took
      .filter((id) => id.endsWith(` ${key}`))
      .map((id) => KINDS.indexOf(id.split(' ')[0] as Kind))
    if (ranks.some((rank, index) => rank < (ranks[index - 1] ?? 0))) {
      this.#complaints.push(`${receiver.name} was told of ${key} in another order`)
    }
  }

  /** A pause of the runs is told of once and ended once; there is no alert where there was no pause. */
  #verifyWatchdog(receiver: MoodyReceiver, took: readonly string[]): void {
    const { runsMs, silences } = this.#reference
    const keys = [...new Set(took.map((id) => id.split(' ')[1]!))]
    const unheard = [...receiver.refused, ...receiver.mayBeGivenUp].some((id) =>
      id.includes(SCHEDULER_MISSED),
    )
    const mayBeMissing = unheard || silences.some(({ severity }) => severity === 'critical')
    const startsMs = keys.map((key) => Number(key.split('/').at(-1)))
    let inPauses = 0
    runsMs.forEach((fromMs, index) => {
      const toMs = runsMs[index + 1] ?? this.time.now
      const inPause = startsMs.filter((atMs) => atMs >= fromMs + MISSED_AFTER_MS && atMs <= toMs).length
      // While a run is under way, up to its lease and its time limits, no alarm comes in this simulation.
      const least = toMs - fromMs >= MISSED_AFTER_MS + 2 * MINUTE_MS && !mayBeMissing ? 1 : 0
      if (inPause < least || inPause > 1) {
        this.#complaints.push(`${receiver.name} was told of ${inPause} pauses from ${fromMs} to ${toMs}`)
      }
      inPauses += inPause
    })
    if (inPauses !== keys.length) this.#complaints.push(`${receiver.name} was told of pauses that were none`)
  }

  /** What was refused is shown as dead, and nothing is without a reason. */
  #verifyDead(): void {
    const { dead } = this.#world.ledger.overview().outbox
    const deadIds = new Set(dead.map((each) => `${each.receiver} ${idOf(each.notification)}`))
    for (const { name, refused, mayBeGivenUp } of this.#receivers) {
      for (const id of refused) {
        if (!deadIds.delete(`${name} ${id}`))
          this.#complaints.push(`${id} is not dead, but ${name} refused it`)
      }
      for (const id of mayBeGivenUp) deadIds.delete(`${name} ${id}`)
    }
    for (const id of deadIds) this.#complaints.push(`dead without a reason: ${id}`)
  }

  /** The timelines say what was told as it was told, and are bounded. */
  #verifyTimelines(): void {
    for (const { dedupKey, timeline, told } of this.#world.ledger.incidents(0)) {
      const kinds = timeline.map(({ kind }) => kind)
      if (kinds[0] !== 'opened' || kinds.indexOf('resolved') < 0) {
        this.#complaints.push(`the timeline of ${dedupKey}: ${kinds}`)
      }
      const heard = new Set(timeline.filter(({ kind }) => /told/.test(kind)).map(({ receiver }) => receiver))
      if (timeline.length < 100 && told.some((receiver) => !heard.has(receiver))) {
        this.#complaints.push(`the timeline of ${dedupKey} leaves out who was told`)
      }
    }
  }

  #require(holds: boolean, what: string): void {
    if (!holds) this.#complaints.push(what)
  }

  async #tick(how: (Step & { do: 'tick' })['how']): Promise<void> {
    const world = this.#world
    if (how === 'crash before commit' || how === 'crash after commit') {
      const crash = <T>() => {
        this.#crashed = true
        return never<T>()
      }
      if (how === 'crash before commit') world.dependencies = crash
      else world.flush = crash
      await this.#settle(world.tick())
      world.dependencies = () => this.#readDependencies()
      world.flush = async () => {}
      return this.#recover()
    }
    if (how === 'whole') {
      this.#require(await this.#runs(world.tick()), 'a run was refused')
      return
    }
    const gate = Promise.withResolvers<void>()
    this.#gate = gate.promise
    const first = world.tick()
    this.#gate = undefined
    if (how === 'overlapping') {
      this.#require(!(await this.#runs(world.tick())), 'two runs overlapped')
      gate.resolve()
      this.#require(await this.#runs(first), 'a run was refused')
    } else {
      this.time.now += LEASE_MS
      this.#require(await this.#runs(world.tick()), 'a run waited for one that hung')
      gate.resolve()
      this.#require(!(await this.#runs(first)), 'a late run committed')
    }
  }

  async #judge(step: Omit<Step & { do: 'judge' }, 'do' | 'afterMs'>): Promise<void> {
    const { ledger } = this.#world
    const atMs = this.time.now
    if (step.checked) this.#failedAtMs = atMs
    const [apiSeen] = step.seen
    const statuses = MONITORS.map((each, index) => {
      const seen = step.seen[index]!
      const maintenance = step.maintenance[index]!
      const blocked = index > 0 && apiSeen === 'down'
      if (maintenance || blocked) this.#quiet.add(`${each.id} ${atMs}`)
      if (this.#monitors.has(each)) {
        this.#reference.judge(atMs, each, { seen, maintenance, blocked, failedAtMs: this.#failedAtMs })
      }
      return {
        id: each.id.replace('monitor-', ''),
        seen,
        state: maintenance ? ('maintenance' as const) : seen,
        ...(blocked && { blockedBy: 'api' }),
        regions: [
          { region: 'asia', state: seen, last: { atMs: this.#failedAtMs, outcome: 'failed' } } as const,
        ],
      }
    })
    if (!step.duringRun) return ledger.observeMonitors(statuses, atMs)
    const gate = Promise.withResolvers<void>()
    this.#gate = gate.promise
    const run = this.#world.tick()
    this.#gate = undefined
    await ledger.observeMonitors(statuses, atMs)
    gate.resolve()
    this.#require(await this.#runs(run), 'a run was refused')
  }

  /** Whether a run was let through. */
  async #runs(tick: Promise<TickResult>): Promise<boolean> {
    return (await this.time.settle(tick))?.value.outcome !== 'refused'
  }

  /** Lets time pass, with the alarm coming when it is due. */
  async #pass(ms: number): Promise<void> {
    const { storage } = this.#world.state
    const endMs = this.time.now + ms
    for (let alarms = 0; ; alarms++) {
      if (alarms > 5_000) throw new Error('the alarm never rests')
      const dueMs = await storage.getAlarm()
      if (dueMs === null || dueMs > endMs || this.time.now > endMs) break
      this.time.now = Math.max(this.time.now, dueMs)
      await storage.deleteAlarm()
      if (await this.#settle(this.#world.ledger.alarm())) continue
      this.#recover()
      // The platform tries an alarm again that did not come to its end.
      const setMs = await storage.getAlarm()
      const againMs = this.time.now + 2 * SECOND_MS
      if (setMs === null || setMs > againMs) await storage.setAlarm(againMs)
    }
    this.time.now = Math.max(this.time.now, endMs)
  }

  #settle<T>(promise: Promise<T>) {
    return this.time.settle(promise, () => this.#crashed)
  }

  #recover(): void {
    this.#crashed = false
    this.#restart()
  }

  #restart(): void {
    this.time.dropTimers()
    this.#world.restart()
  }

  #deployRules(): void {
    this.#world.rules = [...this.#rules].map(ruleInput)
    this.#world.monitors = [...this.#monitors].map(monitorOf)
  }

  #referenceRun(): void {
    this.#reference.run(this.time.now, [...this.#rules], [...this.#monitors], (rule) => {
      const { source } = RULES.find(({ id }) => id === rule.id)!
      return this.#sources[source] === 'works' ? (this.#seen.get(rule.id) ?? 'none') : 'none'
    })
  }

  async #readDependencies() {
    await this.#gate
    await this.#passSource('dependencies')
    const seen = this.#seen.get('pool') ?? 'none'
    const connections = seen === 'high' ? { current: 95, available: 5 } : { current: 5, available: 95 }
    return {
      checkedAtMs: this.time.now,
      mongodb: { state: 'up', details: { latencyMs: 1, ...(seen !== 'none' && { connections }) } } as const,
      redis: { state: 'disabled' } as const,
    }
  }

  async #readMetrics() {
    await this.#passSource('metrics')
    for (const id of ['queue', 'sales']) {
      const seen = this.#seen.get(id) ?? 'none'
      this.#world.series.delete(id)
      if (seen !== 'none') this.#world.series.set(id, { type: 'gauge', value: seen === 'high' ? 1 : 0 })
    }
  }

  async #passSource(source: 'metrics' | 'dependencies'): Promise<void> {
    if (this.#sources[source] === 'fails') throw new Error('away')
    if (this.#sources[source] === 'hangs') await never()
  }

  #createReceiver(name: string, grouping: Receiver['grouping']): MoodyReceiver {
    const receiver = new MoodyReceiver(name, grouping)
    receiver.fits = (notifications) => notifications.length <= 2
    receiver.showsAcknowledged = name === ACKNOWLEDGEABLE
    receiver.answer = (notifications) => this.#answer(receiver, notifications)
    return receiver
  }

  /** What must never be sent. Thrown here, it would be taken for a receiver's failure. */
  #complain(receiver: MoodyReceiver, notifications: readonly Notification[]): void {
    if (receiver.grouping === 'single' && notifications.length > 1) this.#complaints.push('shared')
    for (const each of notifications) {
      if (!['reminder', 'acknowledged'].includes(each.kind) && receiver.refused.has(idOf(each)))
        this.#complaints.push(`${idOf(each)} was refused before`)
      const endMs = this.#reference.createdMs(each.dedupKey, 'resolved', receiver.name)
      if (
        ['firing', 'reminder'].includes(each.kind) &&
        this.#quiet.has(`${each.alert} ${each.createdAtMs}`)
      ) {
        this.#complaints.push(`${idOf(each)} was told in maintenance, or while what it depends on was down`)
      }
      if (each.kind === 'resolved' && !isWatchdog(each.alert) && each.resolvedAtMs !== endMs) {
        this.#complaints.push(`${idOf(each)} ended at ${endMs}`)
      }
    }
  }

  #answer(
    receiver: MoodyReceiver,
    notifications: readonly Notification[],
  ): Result<Accepted> | Promise<Result<Accepted>> {
    const ids = notifications.map(idOf)
    this.#complain(receiver, notifications)
    const take = () => receiver.took.push(...ids)
    const takeUnheard = () => {
      take()
      for (const id of ids) receiver.mayRepeat.set(id, (receiver.mayRepeat.get(id) ?? 0) + 1)
    }
    const failAt = (atMs: number) => {
      for (const each of notifications) {
        const createdMs = this.#reference.createdMs(each.dedupKey, each.kind, receiver.name)
        if (isTooOld(createdMs, atMs)) receiver.mayBeGivenUp.add(idOf(each))
      }
    }
    switch (receiver.mood) {
      case 'unsent':
        return err({ message: 'too many requests in one invocation', retryable: true, unsent: true })
      case 'too large':
        if (notifications.length > 1) return err({ message: 'refused', retryable: false, tooLarge: true })
        take()
        return ACCEPTED
      case 'works':
        take()
        return ACCEPTED
      case 'retryable':
        failAt(this.time.now)
        return err({ message: 'answered 503', retryable: true })
      case 'retry-after':
        failAt(this.time.now)
        return err({ message: 'answered 429', retryable: true, retryAfterMs: 90 * SECOND_MS })
      case 'permanent':
        for (const id of ids) receiver.refused.add(id)
        return err({ message: 'answered 400', retryable: false })
      case 'hangs':
        failAt(this.time.now + DELIVERY_TIMEOUT_MS)
        return never()
      case 'lost answer':
        takeUnheard()
        failAt(this.time.now + DELIVERY_TIMEOUT_MS)
        return never()
      case 'crash':
        takeUnheard()
        receiver.mood = 'works'
        this.#crashed = true
        return never()
    }
  }
}

const isWatchdog = (alert: string) => [SCHEDULER_MISSED, MONITORS_MISSED].includes(alert)

const idOf = ({ kind, dedupKey }: Notification) => `${kind} ${dedupKey}`
