import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { loadConfig } from '../../src/config/load.ts'
import type { ConfigInput } from '../../src/config/schema.ts'
import { MINUTE_MS } from '../../src/lib/clock.ts'
import type { LogFields } from '../../src/logging/model.ts'
import { createCatalog } from '../../src/metrics/catalog.ts'
import type { Recorder } from '../../src/metrics/model.ts'
import type { CheckResult, MonitorStatus, Region } from '../../src/monitors/model.ts'
import type { ProbeRequest } from '../../src/monitors/ports.ts'
import type { UptimeSettings } from '../../src/monitors/settings.ts'
import { UptimeMonitorObject } from '../../src/monitors/uptime.ts'
import { type Evictable, evictable } from '../isolation/eviction.ts'

type Monitors = NonNullable<ConfigInput['monitors']>
type Windows = NonNullable<ConfigInput['maintenance']>
type Answer = Pick<CheckResult, 'outcome' | 'latencyMs' | 'reason' | 'colo'>

/** A Monday at noon, UTC. */
export const START_MS = Date.UTC(2200, 0, 6, 12)

export const UP: Answer = { outcome: 'up', latencyMs: 40 }
export const SLOW: Answer = {
  outcome: 'slow',
  latencyMs: 900,
  reason: 'took 900 ms, expected at most 500 ms',
}
export const FAILED: Answer = { outcome: 'failed', reason: 'status 500, expected 2xx' }
export const UNKNOWN: Answer = { outcome: 'unknown', reason: 'no network' }

/** Everything around an uptime monitor, set by the test. */
export class World {
  now = START_MS
  monitors: Monitors = []
  maintenance: Windows = []
  /** What a check comes to; by default it is up. */
  answer: (monitor: string, region: Region) => Answer = () => UP
  /** Called before a prober answers; may reject, or wait. */
  onProbe: (region: Region, shard: number) => Promise<void> = async () => {}
  onJudged: (statuses: readonly MonitorStatus[], atMs: number) => Promise<void> = async () => {}
  /** Whether the control URL answers. */
  control = true
  readonly probes: (ProbeRequest & { readonly shard: number })[] = []
  readonly sleeps: number[] = []
  readonly told: (readonly MonitorStatus[])[] = []
  readonly lines: { level: string; event: string; fields: LogFields | undefined }[] = []
  readonly reported: unknown[] = []
  /** What was recorded: `name{labels}` and the sum, or for gauges the last value. */
  readonly recorded = new Map<string, number>()
  /** How often something was recorded since the test last set it to 0. */
  recordings = 0
  flushes = 0
  /** Why the monitor stays in memory; by default it is evicted between any two calls. */
  staysInMemory: string | undefined
  readonly state: DurableObjectState
  readonly #uptime: Evictable<TestUptime>

  constructor(state: DurableObjectState) {
    this.state = state
    this.#uptime = evictable(() => new TestUptime(state, this), this)
  }

  get uptime(): TestUptime {
    return this.#uptime.object
  }

  /** A new instance over the same storage, with the configuration as it is now: a deployment, or an eviction. */
  restart(): void {
    this.#uptime.evict()
  }

  configure(monitors: Monitors, maintenance: Windows = this.maintenance): void {
    this.monitors = monitors
    this.maintenance = maintenance
    this.restart()
  }

  tick(scheduledAtMs = this.now) {
    return this.uptime.tick(scheduledAtMs)
  }

  /** A run a minute from now. */
  async nextTick() {
    this.now += MINUTE_MS
    return await this.tick()
  }

  status(id: string): MonitorStatus {
    return this.uptime.report().monitors.find((each) => each.id === id)!
  }

  /** The checks that were asked for since the last call, as `region/monitor`. */
  takeAsked(): string[] {
    return this.probes
      .splice(0)
      .flatMap(({ region, monitors }) => monitors.map((monitor) => `${region}/${monitor}`))
      .sort()
  }

  settings(): UptimeSettings {
    const { config } = loadConfig({ monitors: this.monitors, maintenance: this.maintenance }, {})
    const line = (level: string) => (event: string, fields?: LogFields) => {
      this.lines.push({ level, event, fields })
    }
    const record = (name: string, labels: object, change: (before: number) => number) => {
      const key = name + JSON.stringify(labels)
      this.recordings += 1
      this.recorded.set(key, change(this.recorded.get(key) ?? 0))
    }
    const recorder: Recorder = {
      increment: (metric, labels, by = 1) => record(metric.name, labels, (before) => before + by),
      set: (metric, labels, value) => record(metric.name, labels, () => value),
      observe: (metric, labels) => record(metric.name, labels, (before) => before + 1),
    }
    return {
      monitors: config.monitors,
      maintenance: config.maintenance,
      prober: (region, shard) => ({
        run: async (request) => {
          this.probes.push({ ...request, shard })
          await this.onProbe(region, shard)
          return request.monitors.map((monitor) => ({
            monitor,
            region,
            atMs: this.now,
            ...this.answer(monitor, region),
          }))
        },
      }),
      controlAnswers: async () => this.control,
      onJudged: async (statuses, atMs) => {
        this.told.push(statuses)
        await this.onJudged(statuses, atMs)
      },
      catalog: createCatalog('shop'),
      recorder,
      flush: async () => {
        this.flushes += 1
      },
      log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
      errors: { report: (error) => void this.reported.push(error), checkIn: () => undefined },
      clock: () => this.now,
      sleep: async (ms) => void this.sleeps.push(ms),
    }
  }
}

class TestUptime extends UptimeMonitorObject<unknown> {
  readonly #world: World

  constructor(state: DurableObjectState, world: World) {
    super(state, {})
    this.#world = world
  }

  protected override settings(): UptimeSettings {
    return this.#world.settings()
  }
}

/** Runs a test within a new Durable Object. */
export async function inWorld(test: (world: World) => Promise<void>): Promise<void> {
  const stub = env.UPTIME_MONITOR.getByName(crypto.randomUUID())
  await runInDurableObject(stub, (_instance, state) => test(new World(state)))
}

/** A monitor that is seen from one region, decided by one check. */
export const PLAIN = {
  name: 'Shop',
  url: 'https://shop.example/',
  locations: ['eu-west'],
  failures: 1,
  recoveries: 1,
} as const satisfies Monitors[number]
