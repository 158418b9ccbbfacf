import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import * as z from 'zod'
import { declareMetrics, Effects } from '../../src/business/effects.ts'
import type { BusinessEvent } from '../../src/business/events.ts'
import { eventSchemaOf, isMistake, readEvent } from '../../src/business/events.ts'
import type { BusinessDatabase, EventQueueClient } from '../../src/business/ports.ts'
import type { EventQueueSettings } from '../../src/business/settings.ts'
import { business } from '../../src/config/business.ts'
import { EventQueue } from '../../src/index.ts'
import { noReporter } from '../../src/logging/no-reporter.ts'
import type { Batch } from '../../src/metrics/batch.ts'
import type { Metric } from '../../src/metrics/model.ts'
import { evict, evictingStub, type Residence } from '../isolation/eviction.ts'
import { catalog, createWorld as createMetricsWorld } from '../metrics/harness.ts'

/** Far ahead, so that alarms come only when the test lets them. */
const NOON = Date.UTC(2090, 7, 3, 12, 10, 5)

/** Metrics of an ESG platform, as the documents have them. */
export const config = business.parse({
  metrics: [
    {
      name: 'analysis_by_framework_total',
      type: 'counter',
      help: 'Analyses by framework.',
      labels: { framework: ['CSRD', 'GRI'], user_tier: ['free', 'starter', 'growth', 'enterprise'] },
    },
    {
      name: 'metrics_extracted_count',
      type: 'histogram',
      help: 'Metrics extracted.',
      buckets: [0, 5, 10, 20, 50, 100, 200],
    },
    {
      name: 'subscription_revenue_usd',
      type: 'gauge',
      help: 'Revenue.',
      labels: { tier: ['starter', 'growth', 'enterprise'] },
      query: 'monthly_revenue',
    },
    {
      name: 'customers',
      type: 'gauge',
      help: 'Customers.',
      labels: { tier: ['starter', 'growth', 'enterprise'] },
      query: 'customers',
    },
    {
      name: 'daily_active_users',
      type: 'gauge',
      help: 'Users.',
      labels: { day: ['today', 'yesterday'] },
      query: 'daily_active_users',
    },
    {
      name: 'framework_coverage_percent',
      type: 'gauge',
      help: 'Coverage.',
      labels: { framework: ['CSRD', 'GRI'] },
      query: 'framework_coverage',
    },
    { name: 'signups_total', type: 'counter', help: 'Signups.' },
    { name: 'load', type: 'gauge', help: 'Load.', labels: { host: ['a', 'b'] } },
  ],
  events: {
    analysis_completed: [
      { metric: 'analysis_by_framework_total' },
      { metric: 'metrics_extracted_count', value: 'metrics_extracted' },
    ],
  },
})

export const metrics = declareMetrics(config, 'esg')
const effects = new Effects(config, metrics, catalog, 'esg')

const eventSchema = eventSchemaOf(z)

/** An event as the queue gets it. */
function event(sent: object, now = NOON): BusinessEvent {
  const read = readEvent(sent, eventSchema, now, config)
  if (isMistake(read)) throw new Error(`${read.field}: ${read.reason}`)
  return read
}

/** What a test may change while the queue runs. */
export interface QueueWorld extends Residence {
  now: number
  maxBacklog: number
  database: BusinessDatabase | undefined
  /** What becomes of a hand-over; by default it arrives. */
  send: (batch: Batch, deliver: (batch: Batch) => Promise<void>) => Promise<void>
}

let queues = 0

/** A queue with a metrics store of their own, in the settings of the test. */
export function createWorld(initial: Partial<QueueWorld> = {}) {
  const declared = Object.fromEntries([...metrics.values()].map(({ metric }) => [metric.name, metric]))
  const store = createMetricsWorld({
    catalog: { ...catalog, ...declared } as typeof catalog & Readonly<Record<string, Metric>>,
  })
  const world: QueueWorld = {
    now: NOON,
    maxBacklog: config.maxBacklog,
    database: undefined,
    send: (batch, deliver) => deliver(batch),
    ...initial,
  }
  const client = store.client()
  const clock = () => world.now
  let ids = 0
  vi.spyOn(
    EventQueue.prototype as unknown as { settings(): EventQueueSettings },
    'settings',
  ).mockImplementation(() => ({
    get config() {
      return { ...config, maxBacklog: world.maxBacklog }
    },
    metrics,
    effects,
    catalog,
    get database() {
      const { database } = world
      return database && (() => database)
    },
    send: (batch) => world.send(batch, (each) => client.send(each)),
    recorder: store.buffer(),
    maxSeries: 1000,
    gatherMs: 5_000,
    newId: () => `made-${queues}-${++ids}`,
    clock,
    log: store.log,
    errors: noReporter,
  }))
  const stub = env.EVENT_QUEUE.getByName(`queue-${++queues}`)
  const queue = evictingStub(stub, world) as unknown as EventQueueClient
  return {
    world,
    log: store.log,
    stub,
    queue,
    accept: (...events: object[]) => queue.accept(events.map((each) => event(each, world.now))),
    /** Lets the alarm come, if one is set; whether it was. */
    async alarm() {
      if (world.staysInMemory === undefined) await evict(stub)
      return await runDurableObjectAlarm(stub)
    },
    alarmAt: () => runInDurableObject(stub, (_, state) => state.storage.getAlarm()),
    evict: () => evict(stub),
    /** Counts the rows that `work` makes the queue write, alarms included. */
    async rowsWritten(work: () => Promise<unknown>): Promise<number> {
      world.staysInMemory ??= 'the rows are counted within the object'
      let rows = 0
      await runInDurableObject(stub, (_, { storage }) => {
        const exec = storage.sql.exec.bind(storage.sql)
        vi.spyOn(storage.sql, 'exec').mockImplementation((query, ...bindings) => {
          const cursor = exec(query, ...bindings)
          if (!query.startsWith('SELECT')) rows += cursor.rowsWritten
          return cursor as never
        })
        const setAlarm = storage.setAlarm.bind(storage)
        vi.spyOn(storage, 'setAlarm').mockImplementation((...args) => {
          rows += 1
          return setAlarm(...args)
        })
      })
      await work()
      return rows
    },
    text: store.text,
    /** The value of a series as `/metrics` shows it. */
    async sample(series: string): Promise<number | undefined> {
      const line = (await store.text()).split('\n').find((each) => each.startsWith(`${series} `))
      return line === undefined ? undefined : Number(line.slice(series.length + 1))
    },
  }
}
