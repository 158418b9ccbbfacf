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
  /** That runs of the monitors alone made. */
  checks: number
}

const unused = (): Usage => ({ calls: {}, activeMs: {}, sleptMs: 0, rowsRead: 0, rowsWritten: 0, checks: 0 })
const usage = unused()
let cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = []

let skewMs = 0
const realNow = Date.now
Date.now = () => realNow() + skewMs

const MINUTE_MS = 60_000

/** `metrics.flushSeconds`; waiting for it is what would take a day. */
const FLUSH_MS = 5_000
const realSetTimeout = globalThis.setTimeout
globalThis.setTimeout = ((work: () => void, delayMs?: number) =>
  realSetTimeout(work, delayMs === FLUSH_MS ? 0 : delayMs)) as typeof setTimeout

/** Of the ledger, which alone sets one here. */
let alarmAtMs: number | undefined

/** Whether the shards of a run really wait for their turn. */
let staggers = false
let longestSleepMs = 0

/** Counts the rows of an object. An alarm that is set is billed as a row written. */
function countStorage(storage: DurableObjectStorage): void {
  const { sql } = storage
  const counting: Pick<SqlStorage, 'exec'> = {
    exec(query, ...bindings) {
      const cursor = sql.exec(query, ...bindings)
      cursors.push(cursor)
      return cursor as never
    },
  }
  Object.defineProperties(storage, {
    sql: { value: counting },
    setAlarm: {
      value: async (atMs: number) => {
        usage.rowsWritten++
        alarmAtMs = atMs
      },
    },
    getAlarm: {
      value: async () => {
        usage.rowsRead++
        return alarmAtMs ?? null
      },
    },
  })
}

const NOT_CALLED = new Set(['constructor', 'settings', 'ports'])

type ObjectClass = new (ctx: DurableObjectState, env: Env) => object

/** The object with its calls counted. */
function counted(name: string, Base: ObjectClass): ObjectClass {
  class Counted extends Base {
    constructor(ctx: DurableObjectState, env: Env) {
      countStorage(ctx.storage)
      super(ctx, env)
    }

    /** Stands for the platform, which calls the alarm. */
    fireAlarm(): Promise<void> {
      return (this as unknown as { alarm(): Promise<void> }).alarm()
    }
  }
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
 * Lets time pass until `lateMs` after the next multiple of `ms`, however long the work took, and alarms come where the
 * cron runs; without it they would tell of that.
 */
async function pass(ms: number, lateMs: number, hasCron: boolean, env: Env): Promise<void> {
  const untilMs = startOf(Date.now(), ms) + ms + lateMs
  while (hasCron && alarmAtMs !== undefined && alarmAtMs <= untilMs) {
    skewMs += Math.max(0, alarmAtMs - Date.now())
    alarmAtMs = undefined
    const ledger = env.ALERT_LEDGER.getByName('singleton') as unknown as { fireAlarm(): Promise<void> }
    await ledger.fireAlarm()
  }
  skewMs += Math.max(0, untilMs - Date.now())
}

/** Sends requests, and waits for what they do in the background. */
async function send(paths: readonly string[], env: Env): Promise<void> {
  const background: Promise<unknown>[] = []
  const ctx = { waitUntil: (work: Promise<unknown>) => background.push(work), passThroughOnException() {} }
  for (const path of paths) {
    const response = await service.fetch(requestOf(path, env), env, ctx as unknown as ExecutionContext)
    await response.arrayBuffer()
    if (response.status !== (path === '/nowhere' || path === '/favicon.ico' ? 404 : 200)) {
      throw new Error(`${path} was answered with ${response.status}`)
    }
  }
  await Promise.all(background)
}

/** As a browser, or a job, asks. */
function requestOf(path: string, env: Env): Request {
  const url = `https://bench.example${path}`
  if (!path.startsWith('/heartbeat/')) return new Request(url, { headers: { accept: 'application/json' } })
  const { HEARTBEAT_TOKEN } = env as unknown as { readonly HEARTBEAT_TOKEN: string }
  return new Request(url, { method: 'POST', headers: { authorization: `Bearer ${HEARTBEAT_TOKEN}` } })
}

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
    cursors = []
    staggers = searchParams.has('staggers')
    const cron = searchParams.get('cron')
    const everyMs = Number(searchParams.get('everyMs'))
    for (let time = 0; time < Number(searchParams.get('times')); time++) {
      if (cron) await runCron(cron, env)
      await send(searchParams.getAll('path'), env)
      // A cron is not punctual. Where it comes later each time, alarms that were set at a run come before a run, which
      // is what costs more.
      await pass(everyMs, ((time * everyMs) / 60) % (everyMs / 2), cron === 'all', env)
      for (const { rowsRead, rowsWritten } of cursors.splice(0)) {
        usage.rowsRead += rowsRead
        usage.rowsWritten += rowsWritten
      }
    }
    return Response.json(usage)
  },
}
