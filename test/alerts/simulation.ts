import { expect } from 'vitest'
import { DELIVERY_TIMEOUT_MS } from '../../src/alerts/delivery.ts'
import { LEASE_MS } from '../../src/alerts/ledger.ts'
import type { Accepted, Notification, Receiver } from '../../src/alerts/receiver.ts'
import { MISSED_AFTER_MS, SCHEDULER_MISSED } from '../../src/alerts/watchdog.ts'
import type { RuleInput } from '../../src/config/rules.ts'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/lib/clock.ts'
import type { Result } from '../../src/lib/result.ts'
import { err } from '../../src/lib/result.ts'
import type { ReferenceRule, Seen } from './reference.ts'
import { isTooOld, Reference } from './reference.ts'
import { VirtualTime } from './virtual-time.ts'
import { ACCEPTED, FakeReceiver, START_MS, World } from './world.ts'

export const MOODS = [
  'works',
  'works',
  'retryable',
  'permanent',
  'hangs',
  'retry-after',
  'crash', // it accepts, and the ledger dies before it hears of it
  'lost answer', // it accepts, and the answer never arrives
] as const

type Mood = (typeof MOODS)[number]
type SourceMood = 'works' | 'fails' | 'hangs'

export type Step =
  | { do: 'signal'; rule: number; seen: Seen }
  | {
      do: 'tick'
      afterMs: number
      how: 'whole' | 'overlapping' | 'overdue' | 'crash before commit' | 'crash after commit'
    }
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
  #world!: World
  #reference = new Reference()
  #receivers: MoodyReceiver[] = []
  #seen = new Map<string, Seen>()
  #sources: Record<'metrics' | 'dependencies', SourceMood> = { metrics: 'works', dependencies: 'works' }
  #rules = new Set(RULES)
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
      state.storage.sql.exec(`DROP TABLE IF EXISTS ${table}`)
    }
    void state.storage.deleteAlarm()
    this.#reference = new Reference()
    this.#receivers = RECEIVERS.map((each) => this.#createReceiver(...each))
    this.#seen = new Map()
    this.#sources = { metrics: 'works', dependencies: 'works' }
    this.#rules = new Set(RULES)
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
      case 'signal':
        this.#seen.set(RULES[step.rule]!.id, step.seen)
        return
      case 'source':
        this.#sources[step.source] = step.mood
        return
      case 'receiver':
        this.#receivers[step.receiver]!.mood = step.mood
        return
      case 'tick':
        await this.#pass(step.afterMs)
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
      case 'silence': {
        const { id, severity } = RULES[step.rule]!
        const matcher = step.by === 'alert' ? { alert: id } : { severity }
        const untilMs = this.time.now + step.forMs
        const { silence } = ledger.silence({ matcher, untilMs, reason: 'test' })
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
        const open = this.#reference.open(RULES[step.rule]!.id)
        const answer = ledger.acknowledge(RULES[step.rule]!.id, {})
        expect(answer?.dedupKey).toBe(open?.key)
        if (open) open.acknowledged = true
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
    await this.#tick('whole')
    this.time.now += 2 * HOUR_MS // beyond every backoff
    await this.#pass(0)
    await this.#tick('whole')
    await this.#pass(0)
    this.#verify()
  }

  #verify(): void {
    const { active, notifications } = this.#world.ledger.status()
    expect(this.#complaints).toEqual([])
    expect(active).toEqual([])
    expect(notifications.pending).toBe(0)
    for (const receiver of this.#receivers) {
      const mine = this.#reference.incidents.filter(({ told }) => told.has(receiver.name))
      const known = new Set<string>()
      for (const { key, reminders } of mine) {
        for (const kind of ['firing', 'resolved']) this.#verifyDelivered(receiver, `${kind} ${key}`)
        expect(countOf(receiver.took, `reminder ${key}`)).toBeLessThanOrEqual(
          reminders + (receiver.mayRepeat.get(`reminder ${key}`) ?? 0),
        )
        for (const kind of ['firing', 'reminder', 'resolved']) known.add(`${kind} ${key}`)
        verifyOrder(receiver, key)
      }
      const rest = receiver.took.filter((id) => !known.has(id))
      expect(rest.filter((id) => !id.includes(`/${SCHEDULER_MISSED}/`))).toEqual([])
      this.#verifyWatchdog(receiver, rest)
    }
    this.#verifyDead()
  }

  #verifyDelivered(receiver: MoodyReceiver, id: string): void {
    const times = countOf(receiver.took, id)
    const mayBeMissing = receiver.refused.has(id) || receiver.mayBeGivenUp.has(id)
    if (!mayBeMissing) expect(times, `${receiver.name}: ${id}`).toBeGreaterThanOrEqual(1)
    expect(times, `${receiver.name}: ${id}`).toBeLessThanOrEqual(1 + (receiver.mayRepeat.get(id) ?? 0))
  }

  /** A pause of the runs is told of once and ended once; there is no alert where there was no pause. */
  #verifyWatchdog(receiver: MoodyReceiver, took: readonly string[]): void {
    const { runsMs } = this.#reference
    const keys = new Set(took.map((id) => id.split(' ')[1]!))
    for (const key of keys) {
      this.#verifyDelivered(receiver, `firing ${key}`)
      this.#verifyDelivered(receiver, `resolved ${key}`)
      verifyOrder(receiver, key)
    }
    const startsMs = [...keys].map((key) => Number(key.split('/').at(-1)))
    const inPauses = runsMs.map((fromMs, index) => {
      const toMs = runsMs[index + 1] ?? this.time.now
      const within = startsMs.filter((atMs) => atMs >= fromMs + MISSED_AFTER_MS && atMs <= toMs)
      const isLong = toMs - fromMs >= MISSED_AFTER_MS + MINUTE_MS
      const silenced = this.#reference.silences.some(({ severity }) => severity === 'critical')
      const lost = [...receiver.refused, ...receiver.mayBeGivenUp].some((id) => id.includes(SCHEDULER_MISSED))
      expect(within.length).toBeLessThanOrEqual(1)
      if (isLong && !silenced && !lost) expect(within.length).toBe(1)
      return within.length
    })
    expect(inPauses.reduce((a, b) => a + b, 0)).toBe(keys.size)
  }

  #verifyDead(): void {
    const { dead } = this.#world.ledger.overview().outbox
    const deadIds = dead.map((each) => `${each.receiver} ${idOf(each.notification)}`)
    for (const receiver of this.#receivers) {
      for (const id of receiver.refused) expect(deadIds).toContain(`${receiver.name} ${id}`)
      const reasons = new Set([...receiver.refused, ...receiver.mayBeGivenUp])
      for (const id of deadIds.filter((each) => each.startsWith(receiver.name))) {
        expect(reasons).toContain(id.slice(receiver.name.length + 1))
      }
    }
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
      expect(this.#crashed).toBe(true)
      return this.#recover()
    }
    if (how === 'whole') {
      const result = await this.time.settle(world.tick())
      expect(result?.value.outcome).not.toBe('refused')
      return
    }
    const gate = Promise.withResolvers<void>()
    this.#gate = gate.promise
    const first = world.tick()
    this.#gate = undefined
    if (how === 'overlapping') {
      expect(await this.time.settle(world.tick())).toEqual({ value: { outcome: 'refused' } })
      gate.resolve()
      expect((await this.time.settle(first))?.value.outcome).not.toBe('refused')
    } else {
      this.time.now += LEASE_MS
      expect((await this.time.settle(world.tick()))?.value.outcome).not.toBe('refused')
      gate.resolve()
      expect(await this.time.settle(first)).toEqual({ value: { outcome: 'refused' } })
    }
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
  }

  #referenceRun(): void {
    this.#reference.run(this.time.now, [...this.#rules], (rule) => {
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
    receiver.answer = (notifications) => this.#answer(receiver, notifications)
    return receiver
  }

  /** What must never be sent. Thrown here, it would be taken for a receiver's failure. */
  #complain(receiver: MoodyReceiver, notifications: readonly Notification[]): void {
    if (receiver.grouping === 'single' && notifications.length > 1) this.#complaints.push('shared')
    for (const each of notifications) {
      if (receiver.refused.has(idOf(each))) this.#complaints.push(`${idOf(each)} was refused before`)
      const endMs = this.#reference.createdMs(each.dedupKey, 'resolved', receiver.name)
      if (each.kind === 'resolved' && each.alert !== SCHEDULER_MISSED && each.resolvedAtMs !== endMs) {
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

const idOf = ({ kind, dedupKey }: Notification) => `${kind} ${dedupKey}`

const countOf = (ids: readonly string[], id: string) => ids.filter((each) => each === id).length

/** Firing comes before its reminders, and these before resolved. */
function verifyOrder(receiver: MoodyReceiver, key: string): void {
  const ranks = receiver.took
    .filter((id) => id.endsWith(` ${key}`))
    .map((id) => ['firing', 'reminder', 'resolved'].indexOf(id.split(' ')[0]!))
  expect(ranks, `${receiver.name}: ${key}`).toEqual([...ranks].sort())
}
