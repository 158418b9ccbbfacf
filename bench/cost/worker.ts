// The service as it is deployed, with every call to a Durable Object and every row counted, and with a clock that the
// bench sets: a day passes in seconds.
import service, * as objects from '../../src/index.ts'
import type { UptimeSettings } from '../../src/monitors/settings.ts'
import { uptimeMonitor } from '../../src/services.ts'

/** What was used since the last reset. */
interface Usage {
  /** Calls and alarms, by `Object.method`. */
  readonly calls: Record<string, number>
  /** Time within calls, by class of objects; calls of one object at the same time count once. */
  readonly activeMs: Record<string, number>
  /** Time that runs would have waited for the turn of their last shard; not within `activeMs`. */
  sleptMs: number
  rowsRead: number
  rowsWritten: number
  logLines: number
  logBytes: number
  /** That runs of the monitors alone made. */
  checks: number
}

const unused = (): Usage => ({
  calls: {},
  activeMs: {},
  sleptMs: 0,
  rowsRead: 0,
  rowsWritten: 0,
  logLines: 0,
  logBytes: 0,
  checks: 0,
})
const usage = unused()

// Lines are counted, and only those that tell of a failure are printed.
for (const level of ['debug', 'info', 'log', 'warn'] as const) {
  console[level] = (line: unknown) => {
    usage.logLines += 1
    usage.logBytes += String(line).length
  }
}

let skewMs = 0
const realNow = Date.now
Date.now = () => realNow() + skewMs

const MINUTE_MS = 60_000

/** `metrics.flushSeconds`; waiting for it is what would take a day. */
const FLUSH_MS = 5_000
const realSetTimeout = globalThis.setTimeout
globalThis.setTimeout = ((work: () => void, delayMs?: number) =>
  realSetTimeout(work, delayMs === FLUSH_MS ? 0 : delayMs)) as typeof setTimeout

/** When alarms are due, by class of objects. Only classes of a single object set any. */
const alarms = new Map<string, number>()

/** The bindings of those. */
const SETTING_ALARMS = { AlertLedger: 'ALERT_LEDGER', EventQueue: 'EVENT_QUEUE' } as const
type SettingAlarms = keyof typeof SETTING_ALARMS

/** Whether the shards of a run really wait for their turn. */
let staggers = false
let longestSleepMs = 0

type Row = Record<string, SqlStorageValue>

/** Counts the rows of an object, once its cursors are given to `addRows`. An alarm that is set is billed as a row written. */
function countStorage(storage: DurableObjectStorage, className: string): SqlStorageCursor<Row>[] {
  const { sql } = storage
  const cursors: SqlStorageCursor<Row>[] = []
  const counting: Pick<SqlStorage, 'exec'> = {
    exec(query, ...bindings) {
      const cursor = sql.exec(query, ...bindings)
      if (!query.includes('__miniflare')) cursors.push(cursor) // only the local platform makes those
      return cursor as never
    },
  }
  Object.defineProperties(storage, {
    sql: { value: counting },
    setAlarm: {
      value: async (atMs: number) => {
        usage.rowsWritten++
        if (!(className in SETTING_ALARMS)) throw new Error(`${className} set an alarm, which nobody fires`)
        alarms.set(className, atMs)
      },
    },
    getAlarm: {
      value: async () => {
        usage.rowsRead++
        return alarms.get(className) ?? null
      },
    },
  })
  return cursors
}

/** Objects in memory, by their ids. */
const inMemory = new Map<string, { className: keyof typeof BINDINGS; id: DurableObjectId }>()

const BINDINGS = {
  AlertLedger: 'ALERT_LEDGER',
  EventQueue: 'EVENT_QUEUE',
  HealthMonitor: 'HEALTH_MONITOR',
  IncidentBook: 'INCIDENT_BOOK',
  MetricsStore: 'METRICS_STORE',
  MongoGateway: 'MONGO_GATEWAY',
  PushStore: 'PUSH_STORE',
  RegionProber: 'REGION_PROBER',
  UptimeMonitor: 'UPTIME_MONITOR',
} as const

/** Adds what the statements so far came to. A cursor can be asked only within its object. */
function addRows(cursors: SqlStorageCursor<Row>[]): void {
  for (const { rowsRead, rowsWritten } of cursors.splice(0)) {
    usage.rowsRead += rowsRead
    usage.rowsWritten += rowsWritten
  }
}

/** Evicts all objects, as the platform does after 10 idle seconds. */
async function evictAll(env: Env): Promise<void> {
  const objects = [...inMemory.values()]
  inMemory.clear()
  for (const { className, id } of objects) {
    const stub = env[BINDINGS[className]].get(id) as unknown as { evict(): Promise<void> }
    await stub.evict().catch(() => {}) // the call ends with its object
  }
}

/** An object that is idle for this long is evicted. */
const IDLE_MS = 10_000

const NOT_CALLED = new Set(['constructor', 'settings', 'ports'])

type ObjectClass = new (ctx: DurableObjectState, env: Env) => object

/** The object with its calls counted. */
function counted(name: keyof typeof BINDINGS, Base: ObjectClass): ObjectClass {
  class Counted extends Base {
    readonly #ctx: DurableObjectState

    constructor(ctx: DurableObjectState, env: Env) {
      const cursors = countStorage(ctx.storage, name)
      super(ctx, env)
      cursorsOf.set(this, cursors)
      this.#ctx = ctx
      inMemory.set(ctx.id.toString(), { className: name, id: ctx.id })
    }

    /** Stands for the platform, which takes idle objects out of memory. */
    evict(): void {
      this.#ctx.abort('evicted by the bench')
    }

    /** Stands for the platform, which calls the alarm. */
    fireAlarm(): Promise<void> {
      return (this as unknown as { alarm(): Promise<void> }).alarm()
    }
  }
  const cursorsOf = new WeakMap<object, SqlStorageCursor<Row>[]>()
  const activities = new WeakMap<object, { calls: number; sinceMs: number }>()
  for (let from = Base.prototype; from !== Object.prototype; from = Object.getPrototypeOf(from)) {
    for (const method of Object.getOwnPropertyNames(from)) {
      if (NOT_CALLED.has(method) || Object.hasOwn(Counted.prototype, method)) continue
      const original = from[method]
      if (typeof original !== 'function') continue
      Object.defineProperty(Counted.prototype, method, {
        value: async function (this: object, ...args: unknown[]) {
          add(usage.calls, `${name}.${method}`, 1)
          const active = activities.get(this) ?? { calls: 0, sinceMs: 0 }
          activities.set(this, active)
          if (active.calls++ === 0) active.sinceMs = performance.now()
          try {
            return await original.apply(this, args)
          } finally {
            addRows(cursorsOf.get(this)!)
            if (--active.calls === 0) add(usage.activeMs, name, performance.now() - active.sinceMs)
          }
        },
      })
    }
  }
  return Counted
}

function add(totals: Record<string, number>, key: string, amount: number): void {
  totals[key] = (totals[key] ?? 0) + amount
}

class Uptime extends objects.UptimeMonitor {
  protected override settings(): UptimeSettings {
    const settings = super.settings()
    return {
      ...settings,
      async sleep(ms) {
        if (staggers) return settings.sleep(ms)
        longestSleepMs = Math.max(longestSleepMs, ms)
      },
    }
  }
}

export const AlertLedger = counted('AlertLedger', objects.AlertLedger)
export const EventQueue = counted('EventQueue', objects.EventQueue)
export const HealthMonitor = counted('HealthMonitor', objects.HealthMonitor)
export const IncidentBook = counted('IncidentBook', objects.IncidentBook)
export const MetricsStore = counted('MetricsStore', objects.MetricsStore)
export const MongoGateway = counted('MongoGateway', objects.MongoGateway)
export const PushStore = counted('PushStore', objects.PushStore)
export const RegionProber = counted('RegionProber', objects.RegionProber)
export const UptimeMonitor = counted('UptimeMonitor', Uptime)

/**
 * Lets time pass until `lateMs` after the next multiple of `ms`, however long the work took. Alarms come meanwhile, but
 * the ledger's only where the cron runs: without it they would tell of that. Objects that are idle meanwhile are evicted.
 */
async function pass(ms: number, lateMs: number, hasCron: boolean, env: Env): Promise<void> {
  const untilMs = startOf(Date.now(), ms) + ms + lateMs
  for (let next = nextAlarm(hasCron); next && next.atMs <= untilMs; next = nextAlarm(hasCron)) {
    if (next.atMs - Date.now() >= IDLE_MS) await evictAll(env)
    skewMs += Math.max(0, next.atMs - Date.now())
    alarms.delete(next.className)
    const stub = env[SETTING_ALARMS[next.className]].getByName('singleton')
    await (stub as unknown as { fireAlarm(): Promise<void> }).fireAlarm()
  }
  if (untilMs - Date.now() >= IDLE_MS) await evictAll(env)
  skewMs += Math.max(0, untilMs - Date.now())
}

function nextAlarm(hasCron: boolean): { className: SettingAlarms; atMs: number } | undefined {
  const [first] = [...alarms]
    .filter(([className]) => hasCron || className !== 'AlertLedger')
    .sort(([, a], [, b]) => a - b)
  return first && { className: first[0] as SettingAlarms, atMs: first[1] }
}

/** Sends requests, and waits for what they do in the background. */
async function send(paths: readonly string[], env: Env): Promise<void> {
  const background: Promise<unknown>[] = []
  const ctx = { waitUntil: (work: Promise<unknown>) => background.push(work), passThroughOnException() {} }
  for (const path of paths) {
    const response = await service.fetch(requestOf(path, env), env, ctx as unknown as ExecutionContext)
    await response.arrayBuffer()
    const isMissing = path === '/nowhere' || path === '/favicon.ico'
    if (isMissing ? response.status !== 404 : !response.ok) {
      throw new Error(`${path} was answered with ${response.status}`)
    }
  }
  await Promise.all(background)
}

/** As a browser asks, or as a program sends. */
function requestOf(path: string, env: Env): Request {
  const tokens = env as unknown as Readonly<
    Record<'ADMIN_TOKEN' | 'HEARTBEAT_TOKEN' | 'INGEST_TOKEN', string>
  >
  const url = new URL(path, 'https://bench.example')
  const sent = (method: string, token: string, body?: string) =>
    new Request(url, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body }),
    })
  if (path.startsWith('/heartbeat/')) return sent('POST', tokens.HEARTBEAT_TOKEN)
  if (path.startsWith('/admin/')) return sent('POST', tokens.ADMIN_TOKEN)
  if (url.pathname === '/events')
    return sent('POST', tokens.INGEST_TOKEN, eventsOf(Number(url.searchParams.get('count'))))
  if (path.startsWith('/metrics/job/')) return sent('PUT', tokens.INGEST_TOKEN, series(100))
  const scraper = url.pathname === '/metrics' && { authorization: `Bearer ${tokens.ADMIN_TOKEN}` }
  return new Request(url, { headers: { accept: 'application/json', ...scraper } })
}

let events = 0

/** A call of `/events`, each event with an id of its own. */
function eventsOf(count: number): string {
  const made = Array.from({ length: count }, () => {
    const own = { id: `event-${++events}`, user_id: `user-${events % 100}` }
    return { type: 'analysis_completed', ...own, framework: 'CSRD', metrics_extracted: events % 50 }
  })
  return JSON.stringify({ events: made })
}

/** A push of a gauge of so many series. */
const series = (count: number): string =>
  Array.from({ length: count }, (_, index) => `bench_size{shelf="${index}"} ${index}\n`).join('')

const startOf = (atMs: number, ms: number): number => Math.floor(atMs / ms) * ms

/** Runs what the cron runs: all of it, or only the monitors. */
async function runCron(what: string, env: Env): Promise<void> {
  const scheduledTime = startOf(Date.now(), MINUTE_MS)
  if (what === 'all') {
    await service.scheduled({ scheduledTime, cron: '* * * * *', noRetry() {} } as ScheduledController)
  } else {
    usage.checks += (await uptimeMonitor(env).tick(scheduledTime)).checks
  }
  usage.sleptMs += longestSleepMs
  longestSleepMs = 0
}

export default {
  /**
   * `/bench?cron=all&path=…&path=…&everyMs=…&times=…`: so many times runs the cron and sends the requests, then lets
   * time pass. `cron=monitors` runs the monitors alone; with `staggers` their shards really wait for their turn. Answers
   * with the usage.
   */
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname !== '/bench') return new Response()
    Object.assign(usage, unused())
    staggers = searchParams.has('staggers')
    const cron = searchParams.get('cron')
    const everyMs = Number(searchParams.get('everyMs'))
    for (let time = 0; time < Number(searchParams.get('times')); time++) {
      if (cron) await runCron(cron, env)
      await send(searchParams.getAll('path'), env)
      // A cron is not punctual. Where it comes later each time, alarms that were set at a run come before a run, which
      // is what costs more.
      await pass(everyMs, ((time * everyMs) / 60) % (everyMs / 2), cron === 'all', env)
    }
    return Response.json(usage)
  },
}
