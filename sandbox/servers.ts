import { FAULT_NAMES, type Fault, type FaultName, HttpFaultSwitch } from './faults.ts'
import type { InboxMessage } from './inbox/messages.ts'
import { type FaultSwitches, startInbox } from './inbox/server.ts'
import { startMongodb } from './mongodb/start.ts'
import { startRedis } from './redis/start.ts'
import type { FindModule } from './stack-frames.ts'
import { startTarget } from './target/server.ts'

/** The same in every sandbox, so that what a former one stored goes on working. */
const ADMIN_TOKEN = 'sandbox-admin-token'
const INGEST_TOKEN = 'sandbox-ingest-token'
const REDIS_TOKEN = 'sandbox-redis-token'
const PAGERDUTY_KEY = 'sandbox0pagerduty0routing0key000'
const WEBHOOK_SECRET = 'sandbox-webhook-secret'
const MONITOR_TOKEN = 'sandbox-monitor-token'
const HEARTBEAT_TOKEN = 'sandbox-heartbeat-token'

/** What to start; everything is optional. */
export interface ServersOptions {
  /** `auto` (default): MONGODB_URI, else `mongod` on PATH, else embedded. */
  readonly mongodb?: 'auto' | 'embedded'
  /** `auto` (default): `redis-server` on PATH, else in memory. */
  readonly redis?: 'auto' | 'memory'
  /** Default: a free one. Taken: `startServers` rejects. */
  readonly inboxPort?: number
  /** Source maps for what Sentry gets. Default: none. */
  readonly findModule?: FindModule
}

/** Everything that the service talks to, on 127.0.0.1. */
export interface Servers {
  /** Which MongoDB and Redis these are, for people. */
  readonly mongodbKind: string
  readonly redisKind: string
  /** What `setFault` can break: all but a MongoDB that no proxy can stand in front of. */
  readonly breakable: readonly FaultName[]
  readonly inboxUrl: string
  /** The variables that point the service here. */
  readonly vars: Readonly<Record<string, string>>
  /** What the inbox has received, oldest first. */
  messages(): readonly InboxMessage[]
  clearMessages(): void
  /** Breaks a server; throws where it cannot be broken. */
  setFault(name: FaultName, fault: Fault): Promise<void>
  clearFault(name: FaultName): Promise<void>
  close(): Promise<void>
}

/** Starts MongoDB, Redis, the target and the inbox; if one of them fails to start, the others are closed. */
export async function startServers(options: ServersOptions = {}): Promise<Servers> {
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const closeOne of closers.splice(0).reverse()) await closeOne()
  }
  try {
    const mongodb = await startMongodb(options.mongodb ?? 'auto', process.env.MONGODB_URI)
    closers.push(mongodb.close)
    const redis = await startRedis(options.redis ?? 'auto', REDIS_TOKEN)
    closers.push(redis.close)
    const target = await startTarget(MONITOR_TOKEN)
    closers.push(target.close)
    const faults: FaultSwitches = {
      target: target.faults,
      mongodb: mongodb.faults,
      redis: redis.faults,
      slack: new HttpFaultSwitch(),
      pagerduty: new HttpFaultSwitch(),
      webhook: new HttpFaultSwitch(),
      sentry: new HttpFaultSwitch(),
      control: new HttpFaultSwitch(),
    }
    const inbox = await startInbox(options.inboxPort ?? 0, faults, options.findModule)
    closers.push(inbox.close)

    return {
      mongodbKind: mongodb.kind,
      redisKind: redis.kind,
      breakable: FAULT_NAMES.filter((name) => faults[name] !== undefined),
      inboxUrl: inbox.url,
      vars: {
        ENVIRONMENT: 'development',
        ADMIN_TOKEN,
        INGEST_TOKEN,
        MONGODB_URI: mongodb.uri,
        UPSTASH_REDIS_REST_URL: redis.url,
        UPSTASH_REDIS_REST_TOKEN: REDIS_TOKEN,
        PAGERDUTY_KEY,
        PAGERDUTY_URL: `${inbox.url}/pagerduty/v2/enqueue`,
        SLACK_WEBHOOK_URL: `${inbox.url}/slack/alerts`,
        SLACK_MONITORING_WEBHOOK_URL: `${inbox.url}/slack/monitoring`,
        WEBHOOK_URL: `${inbox.url}/webhook`,
        WEBHOOK_SECRET,
        API_URL: target.url,
        MONITOR_TOKEN,
        HEARTBEAT_TOKEN,
        CONTROL_URL: `${inbox.url}/control`,
        TRACE_URL: `${inbox.url}/cdn-cgi/trace`,
        SENTRY_DSN: `${inbox.url.replace('://', '://public@')}/sentry/1`,
      },
      messages: () => inbox.messages.list(),
      clearMessages: () => inbox.messages.clear(),
      async setFault(name, fault) {
        const faultSwitch = faults[name]
        if (!faultSwitch) throw new Error(`${name} cannot be broken here: ${mongodb.kind}`)
        await faultSwitch.set(fault)
      },
      clearFault: async (name) => faults[name]?.set(undefined),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
