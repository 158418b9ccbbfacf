import { waitUntil } from 'cloudflare:workers'
import compiledConfig from 'edgewatch:config'
import type { AlertLedgerClient } from './alerts/ledger.ts'
import type { Receiver } from './alerts/receiver.ts'
import type { BusinessMetrics } from './business/effects.ts'
import { declareMetrics, Effects } from './business/effects.ts'
import type { EventQueueClient } from './business/ports.ts'
import { Cache } from './cache/cache.ts'
import type { BusinessConfig } from './config/business.ts'
import { disabledParts, withoutLinks } from './config/disabled.ts'
import type { Environment } from './config/env.ts'
import { readEnvironment } from './config/env.ts'
import type { LoadedConfig } from './config/fill.ts'
import { fillConfig } from './config/fill.ts'
import { LOCATION_HINTS } from './config/locations.ts'
import type { ReceiverConfig } from './config/receivers.ts'
import type { Config } from './config/schema.ts'
import { HealthClient } from './health/client.ts'
import type { Roles } from './health/model.ts'
import type { IncidentBookClient } from './incidents/book.ts'
import { Incidents } from './incidents/client.ts'
import { systemClock } from './lib/clock.ts'
import { newId } from './lib/ids.ts'
import { currentContext, errorContextOf } from './logging/context.ts'
import { createLogger } from './logging/logger.ts'
import type { ErrorReporter, Logger } from './logging/model.ts'
import { noReporter } from './logging/no-reporter.ts'
import { MetricsBuffer } from './metrics/buffer.ts'
import type { Catalog } from './metrics/catalog.ts'
import { createCatalog } from './metrics/catalog.ts'
import type { MetricsStoreNamespace } from './metrics/client.ts'
import { MetricsClient } from './metrics/client.ts'
import type { Metric } from './metrics/model.ts'
import { seriesOfMonitors } from './monitors/metrics.ts'
import type { UptimeMonitorClient } from './monitors/ports.ts'
import type { MongoGateway } from './objects.ts'
import type { ExposedMetrics, PushStoreClient } from './push/client.ts'
import { MetricsWithPushed } from './push/client.ts'
import { StatusReader } from './status/reader.ts'
import { createPagerDutyReceiver } from './vendors/pagerduty/receiver.ts'
import { createSentryReporter } from './vendors/sentry/reporter.ts'
import { createSlackReceiver } from './vendors/slack/receiver.ts'
import { UpstashCacheStore } from './vendors/upstash/redis.ts'
import { createWebhookReceiver } from './vendors/webhook/receiver.ts'

/** Everything that handlers and jobs use, made once per isolate. */
export interface Services extends LoadedConfig {
  readonly env: Env
  readonly environment: Environment
  readonly log: Logger
  readonly errors: ErrorReporter
  readonly catalog: Catalog
  /** The catalog, and the metrics that the configuration declares. */
  readonly everyMetric: Catalog
  readonly metrics: MetricsClient
  /** All that `/metrics` shows and rules can name: Edgewatch's own metrics and the pushed ones. */
  readonly exposed: ExposedMetrics
  readonly recorder: MetricsBuffer
  readonly health: HealthClient
  /** The dependencies that are configured. */
  readonly roles: Roles
  /** Makes a cache for one request or object. */
  readonly cache: () => Cache
  /** Stubs belong to the request that made them, so these make one each time. */
  readonly ledger: () => AlertLedgerClient
  readonly incidents: Incidents
  readonly incidentBook: () => IncidentBookClient
  readonly uptime: () => UptimeMonitorClient
  readonly mongodb: () => Pick<MongoGateway, 'collections'>
  readonly pushed: () => PushStoreClient
  readonly status: StatusReader
  /** Undefined: the configuration has no `business`. */
  readonly business: BusinessServices | undefined
}

/** How the business does. */
interface BusinessServices {
  readonly config: BusinessConfig
  readonly metrics: BusinessMetrics
  readonly effects: Effects
  readonly queue: () => EventQueueClient
  /** Whether MongoDB is configured: events are written to it, and asked of it. */
  readonly asksDatabase: boolean
}

const known = new WeakMap<Env, Services>()

/**
 * The services of this isolate.
 * @throws ConfigError for a configuration that can't be used.
 */
export function servicesOf(env: Env): Services {
  const services = known.get(env) ?? createServices(env)
  known.set(env, services)
  return services
}

/** The name of objects of which there is only one. */
const SINGLETON = 'singleton'

/** Where objects are created: near the configured location, or near their first caller. */
function placement(env: Env): DurableObjectNamespaceGetDurableObjectOptions {
  const { location } = servicesOf(env).config.service
  return location === undefined ? {} : { locationHint: LOCATION_HINTS[location] }
}

/** The name of an object that holds no data to lose. Objects never move, so another location needs another object. */
function movable(env: Env, name: string): string {
  const { location } = servicesOf(env).config.service
  return location === undefined ? name : `${name}-${location}`
}

/** The stub of the health monitor. */
export const healthMonitor = (env: Env) =>
  env.HEALTH_MONITOR.getByName(movable(env, SINGLETON), placement(env))

/** The stub of the object that probes MongoDB and counts its documents. */
export const mongoGateway = (env: Env) => env.MONGO_GATEWAY.getByName(movable(env, SINGLETON), placement(env))

/** The stub of the object that writes to MongoDB and queries it: a separate one, because each can have six connections. */
export const mongoWorker = (env: Env) => env.MONGO_GATEWAY.getByName(movable(env, 'worker'), placement(env))

/** The stub of the uptime monitor. */
export const uptimeMonitor = (env: Env): UptimeMonitorClient =>
  env.UPTIME_MONITOR.getByName(SINGLETON, placement(env)) as unknown as UptimeMonitorClient

/** The binding of the metrics stores. */
export const metricsStores = (env: Env): MetricsStoreNamespace => ({
  getByName: (name) => env.METRICS_STORE.getByName(name, placement(env)),
})

const incidentBook = (env: Env): IncidentBookClient => env.INCIDENT_BOOK.getByName(SINGLETON, placement(env))

/** Series per metric: what is configured, and at least what the monitors need. */
export const maxSeriesOf = ({ metrics, monitors }: Config): number =>
  Math.max(metrics.maxSeries, seriesOfMonitors(monitors))

const eventQueue = (env: Env) => env.EVENT_QUEUE.getByName(SINGLETON, placement(env))

const alertLedger = (env: Env) => env.ALERT_LEDGER.getByName(SINGLETON, placement(env))

/** Makes a buffer for counts, to be flushed by who asks for it. */
export function createRecorder({
  config,
  catalog,
  metrics,
  log,
}: Pick<Services, 'config' | 'catalog' | 'metrics' | 'log'>): MetricsBuffer {
  return new MetricsBuffer({
    catalog,
    maxSeries: maxSeriesOf(config),
    flushSeconds: config.metrics.flushSeconds,
    send: (batch) => metrics.send(batch),
    clock: systemClock,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    newId,
    log,
  })
}

/** Makes a reporter of errors, which counts them in `recorder`. */
export function createErrorReporter(
  {
    config,
    env,
    environment,
    catalog,
    log,
  }: Pick<Services, 'config' | 'env' | 'environment' | 'catalog' | 'log'>,
  recorder: MetricsBuffer,
): ErrorReporter {
  if (!config.errors) return noReporter
  return createSentryReporter({
    dsn: config.errors.dsn,
    service: config.service,
    environment: environment.name,
    clock: systemClock,
    log,
    recorder,
    catalog,
    currentContext,
    errorContextOf,
    waitUntil,
    locationLimit: env.ERROR_LIMIT,
  })
}

/** Makes the receiver that a configuration describes. A new kind of receiver is a line here. */
export function createReceiver(config: ReceiverConfig): Receiver {
  switch (config.type) {
    case 'pagerduty':
      return createPagerDutyReceiver(config)
    case 'slack':
      return createSlackReceiver(config)
    case 'webhook':
      return createWebhookReceiver(config)
  }
}

function createServices(env: Env): Services {
  const loaded = fillConfig(compiledConfig, env as unknown as Record<string, unknown>)
  const environment = readEnvironment(env as unknown as Record<string, unknown>)
  const { config } = loaded
  const { service } = config
  const log = createLogger({
    level: environment.logLevel,
    format: environment.logFormat,
    everyLine: { service: service.name, version: service.version, environment: environment.name },
  })
  if (environment.ignored.length > 0) log.warn('variables_ignored', { names: environment.ignored })
  const disabled = disabledParts(loaded, environment)
  const lacking = withoutLinks(disabled)
  if (lacking.length > 0) {
    log.warn('parts_disabled', {
      parts: lacking.map(({ part }) => part),
      missing: [...new Set(lacking.flatMap(({ missing }) => missing))],
    })
  }
  const catalog = createCatalog(config.metrics.namespace)
  const business = config.business && createBusiness(config.business, loaded, catalog, () => eventQueue(env))
  const declared = [...(business?.metrics.values() ?? [])].map(({ metric }) => [metric.name, metric])
  const everyMetric = { ...catalog, ...Object.fromEntries(declared) }
  const metrics = new MetricsClient(metricsStores(env), config.metrics.shards, Math.random)
  const pushed = () => env.PUSH_STORE.getByName(SINGLETON, placement(env))
  // What the push store holds it tells itself.
  const { pushedGroups: _groups, pushedSamples: _samples, ...kept } = everyMetric
  const ownNames = Object.values<Metric>(kept).map(({ name }) => name)
  const recorder = createRecorder({ config, catalog, metrics, log })
  const errors = createErrorReporter({ config, env, environment, catalog, log }, recorder)
  const ledger = () => alertLedger(env)
  const roles: Roles = {
    ...(config.mongodb && { mongodb: config.mongodb.role }),
    ...(config.redis && { redis: config.redis.role }),
  }
  const health = new HealthClient({
    roles,
    monitor: () => healthMonitor(env),
    schedulerReport: async () => {
      const { scheduler, notifications } = await ledger().status()
      return {
        ...(scheduler.lastRunAtMs !== undefined && { lastRunAtMs: scheduler.lastRunAtMs }),
        pendingNotifications: notifications.pending,
        deadNotifications: notifications.dead,
      }
    },
    clock: systemClock,
    log,
  })
  const store = config.redis && new UpstashCacheStore(config.redis)
  const incidents = new Incidents({ ledger, book: () => incidentBook(env), log })

  return {
    ...loaded,
    disabled,
    env,
    environment,
    log,
    errors,
    catalog,
    everyMetric,
    metrics,
    // Without a token nothing can be pushed, and nobody is asked for it.
    exposed: environment.ingestTokens.length > 0 ? new MetricsWithPushed(metrics, ownNames, pushed) : metrics,
    recorder,
    health,
    roles,
    cache: () =>
      new Cache({
        store,
        prefix: `edgewatch:${service.name}:${environment.name}:`,
        recorder,
        operations: catalog.cacheOperations,
        log,
      }),
    ledger,
    incidents,
    incidentBook: () => incidentBook(env),
    uptime: () => uptimeMonitor(env),
    mongodb: () => mongoGateway(env),
    pushed,
    status: new StatusReader({
      config,
      uptime: () => uptimeMonitor(env),
      incidents,
      clock: systemClock,
      log,
    }),
    business,
  }
}

function createBusiness(
  business: BusinessConfig,
  { config }: LoadedConfig,
  catalog: Catalog,
  queue: () => EventQueueClient,
): BusinessServices {
  const { namespace } = config.metrics
  const metrics = declareMetrics(business, namespace)
  return {
    config: business,
    metrics,
    effects: new Effects(business, metrics, catalog, namespace),
    queue,
    asksDatabase: config.mongodb !== undefined,
  }
}
