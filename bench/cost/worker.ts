// The service as it is deployed, with every call to a Durable Object and every row counted, and with a clock that the
// bench sets: a day passes in seconds.
import service, * as objects from '../../src/index.ts'

/** What was used since the last reset. */
interface Usage {
  /** Calls and alarms, by `Object.method`. */
  readonly calls: Record<string, number>
  /** Time within calls, by object; calls at the same time count once. */
  readonly activeMs: Record<string, number>
  rowsRead: number
  rowsWritten: number
}

const usage: Usage = { calls: {}, activeMs: {}, rowsRead: 0, rowsWritten: 0 }
let cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = []

let skewMs = 0
const realNow = Date.now
Date.now = () => realNow() + skewMs

/** `metrics.flushSeconds`; waiting for it is what would take a day. */
const FLUSH_MS = 5_000
const realSetTimeout = globalThis.setTimeout
globalThis.setTimeout = ((work: () => void, delayMs?: number) =>
  realSetTimeout(work, delayMs === FLUSH_MS ? 0 : delayMs)) as typeof setTimeout

let alarmAtMs: number | undefined

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
  let active = 0
  let activeSinceMs = 0
  for (let from = Base.prototype; from !== Object.prototype; from = Object.getPrototypeOf(from)) {
    for (const method of Object.getOwnPropertyNames(from)) {
      if (NOT_CALLED.has(method) || Object.hasOwn(Counted.prototype, method)) continue
      const original = from[method]
      if (typeof original !== 'function') continue
      Object.defineProperty(Counted.prototype, method, {
        value: async function (this: object, ...args: unknown[]) {
          add(usage.calls, `${name}.${method}`, 1)
          if (active++ === 0) activeSinceMs = performance.now()
          try {
            return await original.apply(this, args)
          } finally {
            if (--active === 0) add(usage.activeMs, name, performance.now() - activeSinceMs)
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

export const AlertLedger = counted('AlertLedger', objects.AlertLedger)
export const HealthMonitor = counted('HealthMonitor', objects.HealthMonitor)
export const MetricsStore = counted('MetricsStore', objects.MetricsStore)
export const MongoGateway = counted('MongoGateway', objects.MongoGateway)

/** Lets time pass, and alarms come where the cron runs; without it they would tell of that. */
async function pass(ms: number, hasCron: boolean, env: Env): Promise<void> {
  const untilMs = Date.now() + ms
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
    const request = new Request(`https://bench.example${path}`, { headers: { accept: 'application/json' } })
    await (await service.fetch(request, env, ctx as unknown as ExecutionContext)).arrayBuffer()
  }
  await Promise.all(background)
}

export default {
  /**
   * `/bench?cron=1&path=…&path=…&everyMs=…&times=…`: so many times runs the cron and sends the requests, then lets time
   * pass. Answers with the usage.
   */
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname !== '/bench') return new Response()
    Object.assign(usage, { calls: {}, activeMs: {}, rowsRead: 0, rowsWritten: 0 })
    cursors = []
    for (let time = 0; time < Number(searchParams.get('times')); time++) {
      if (searchParams.has('cron')) {
        const controller = { scheduledTime: Date.now(), cron: '* * * * *', noRetry() {} }
        await service.scheduled(controller as ScheduledController)
      }
      await send(searchParams.getAll('path'), env)
      await pass(Number(searchParams.get('everyMs')), searchParams.has('cron'), env)
      for (const { rowsRead, rowsWritten } of cursors.splice(0)) {
        usage.rowsRead += rowsRead
        usage.rowsWritten += rowsWritten
      }
    }
    return Response.json(usage)
  },
}
