import { connect } from 'cloudflare:sockets'
import { AlertLedgerObject, type TickResult } from './alerts/ledger.ts'
import type { LedgerSettings } from './alerts/settings.ts'
import { EventQueueObject } from './business/queue.ts'
import type { EventQueueSettings } from './business/settings.ts'
import type { HealthMonitorSettings } from './health/monitor.ts'
import { HealthMonitorObject } from './health/monitor.ts'
import type { IncidentBookSettings } from './incidents/book.ts'
import { IncidentBookObject } from './incidents/book.ts'
import { SECOND_MS, systemClock } from './lib/clock.ts'
import { newId } from './lib/ids.ts'
import { runWithContext } from './logging/context.ts'
import type { MetricsBuffer } from './metrics/buffer.ts'
import { MetricsClient, siblingShards } from './metrics/client.ts'
import type { MetricsStoreSettings } from './metrics/store.ts'
import { MetricsStoreObject } from './metrics/store.ts'
import { userAgentOf } from './monitors/http-request.ts'
import { InternalProber } from './monitors/internal-prober.ts'
import { retiredSeries } from './monitors/metrics.ts'
import type { CheckResult } from './monitors/model.ts'
import { controlAnswers } from './monitors/network.ts'
import type { MonitorsTickResult, OnJudged, ProbeRequest } from './monitors/ports.ts'
import type { RegionProberSettings } from './monitors/prober.ts'
import { RegionProberObject } from './monitors/prober.ts'
import { proberStub } from './monitors/regions.ts'
import type { UptimeSettings } from './monitors/settings.ts'
import { UptimeMonitorObject } from './monitors/uptime.ts'
import { PUSH_OUTCOMES, PUSH_PROTOCOLS } from './push/outcomes.ts'
import type { PushStoreSettings } from './push/store.ts'
import { PushStoreObject } from './push/store.ts'
import {
  createErrorReporter,
  createReceiver,
  createRecorder,
  healthMonitor,
  maxSeriesOf,
  metricsStores,
  mongoGateway,
  mongoWorker,
  servicesOf,
  uptimeMonitor,
} from './services.ts'
import type { MongoGatewaySettings } from './vendors/mongodb/gateway.ts'
import { MongoGatewayObject } from './vendors/mongodb/gateway.ts'
import { UpstashProbe } from './vendors/upstash/redis.ts'

// The Durable Objects as they are deployed: each capability's object, with what it needs from outside.

export class MetricsStore extends MetricsStoreObject<Env> {
  protected override settings(): MetricsStoreSettings {
    const { config, everyMetric, log } = servicesOf(this.env)
    return {
      catalog: everyMetric,
      maxSeries: maxSeriesOf(config),
      isRetired: retiredSeries(config.monitors),
      siblings: () => siblingShards(metricsStores(this.env), config.metrics.shards),
      log,
      clock: systemClock,
    }
  }
}

export class HealthMonitor extends HealthMonitorObject<Env> {
  protected override settings(): HealthMonitorSettings {
    const { config, log } = servicesOf(this.env)
    return {
      ...(config.mongodb && { mongodb: { probe: () => mongoGateway(this.env).probe() } }),
      ...(config.redis && { redis: new UpstashProbe({ ...config.redis, clock: systemClock }) }),
      clock: systemClock,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      log,
    }
  }
}

export class MongoGateway extends MongoGatewayObject<Env> {
  protected override settings(): MongoGatewaySettings {
    const { config, log } = servicesOf(this.env)
    if (!config.mongodb) throw new Error('MongoDB is not configured')
    const { uri, database, idle, memoryBytes } = config.mongodb
    return { uri, database, idleMs: idle, memoryBytes, clock: systemClock, log }
  }
}

export class AlertLedger extends AlertLedgerObject<Env> {
  // Each piece of work has an id on its log lines, and the lines before an error go with it to the error tracker.
  override tick(scheduledAtMs: number): Promise<TickResult> {
    return runWithContext({ requestId: newId() }, () => super.tick(scheduledAtMs))
  }

  override alarm(info?: AlarmInvocationInfo): Promise<void> {
    return runWithContext({ requestId: newId() }, () => super.alarm(info))
  }

  override observeMonitors(...judgement: Parameters<OnJudged>): Promise<void> {
    return runWithContext({ requestId: newId() }, () => super.observeMonitors(...judgement))
  }

  protected override settings(): LedgerSettings {
    const services = servicesOf(this.env)
    const { config, environment, catalog, exposed, log } = services
    // Its own buffer: the isolate's is flushed by requests, and an object hands over what it counted itself.
    const recorder = createRecorder(services)
    recorder.set(
      catalog.buildInfo,
      { version: config.service.version, environment: environment.name, deployment: this.env.VERSION.id },
      1,
    )
    // Known series begin at 0: Prometheus sees no increase in one that is born at 1.
    recorder.increment(catalog.flushesFailed, {}, 0)
    for (const { name: receiver } of config.alerts.receivers) {
      for (const outcome of ['delivered', 'retried', 'dead']) {
        recorder.increment(catalog.notifications, { receiver, outcome }, 0)
      }
    }
    for (const protocol of environment.ingestTokens.length > 0 ? PUSH_PROTOCOLS : []) {
      for (const outcome of PUSH_OUTCOMES) recorder.increment(catalog.pushes, { protocol, outcome }, 0)
    }
    return {
      source: {
        service: config.service.name,
        environment: environment.name,
        ...(config.service.url && { url: config.service.url }),
      },
      alerts: config.alerts,
      receivers: config.alerts.receivers.map(createReceiver),
      metrics: exposed,
      dependencies: () => healthMonitor(this.env).report(),
      monitors: {
        configured: config.monitors,
        measure: (questions) => uptimeMonitor(this.env).measure(questions),
      },
      catalog,
      recorder,
      flush: () => flushNow(recorder, this.ctx),
      log,
      errors: createErrorReporter(services, recorder),
      clock: systemClock,
      random: Math.random,
    }
  }
}

/** Hands over an object's counts; a failure is retried while the object lasts. */
async function flushNow(recorder: MetricsBuffer, ctx: DurableObjectState): Promise<void> {
  await recorder.flush()
  recorder.flushLater((work) => ctx.waitUntil(work))
}

export class UptimeMonitor extends UptimeMonitorObject<Env> {
  override tick(scheduledAtMs: number): Promise<MonitorsTickResult> {
    return runWithContext({ requestId: newId() }, () => super.tick(scheduledAtMs))
  }

  protected override settings(): UptimeSettings {
    const services = servicesOf(this.env)
    const { config, catalog, log } = services
    const recorder = createRecorder(services)
    const errors = createErrorReporter(services, recorder)
    const internal = new InternalProber({
      monitors: config.monitors,
      // A loopback binding: a check needs neither DNS nor the front door, and works without `service.url`.
      fetch: (url, init) => this.ctx.exports.default.fetch(url, init),
      serviceUrl: config.service.url ?? 'https://edgewatch.internal',
      userAgent: userAgentOf(config.service.version),
      dependencies: () => healthMonitor(this.env).report(),
      clock: systemClock,
      log,
      errors,
    })
    return {
      monitors: config.monitors,
      maintenance: config.maintenance,
      prober: (region, shard) =>
        region === 'internal' ? internal : proberStub(this.env.REGION_PROBER, region, shard),
      controlAnswers: () => controlAnswers(config.probes.controlUrl, (url, init) => fetch(url, init)),
      onJudged: (...judgement) => services.ledger().observeMonitors(...judgement),
      catalog,
      recorder,
      flush: () => flushNow(recorder, this.ctx),
      log,
      errors,
      clock: systemClock,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    }
  }
}

export class RegionProber extends RegionProberObject<Env> {
  override run(request: ProbeRequest): Promise<readonly CheckResult[]> {
    return runWithContext({ requestId: newId() }, () => super.run(request))
  }

  protected override settings(): RegionProberSettings {
    const services = servicesOf(this.env)
    const { config, log } = services
    const recorder = createRecorder(services)
    return {
      monitors: config.monitors,
      controlUrl: config.probes.controlUrl,
      traceUrl: config.probes.traceUrl,
      userAgent: userAgentOf(config.service.version),
      fetch: (url, init) => fetch(url, init),
      connect,
      clock: systemClock,
      log,
      errors: createErrorReporter(services, recorder),
      flush: () => flushNow(recorder, this.ctx),
    }
  }
}

export class PushStore extends PushStoreObject<Env> {
  protected override settings(): PushStoreSettings {
    const { config, everyMetric } = servicesOf(this.env)
    const { ttl: ttlMs, ...limits } = config.push
    return { catalog: everyMetric, limits, ...(ttlMs !== undefined && { ttlMs }), clock: systemClock }
  }
}

export class IncidentBook extends IncidentBookObject<Env> {
  protected override settings(): IncidentBookSettings {
    return { clock: systemClock }
  }
}

export class EventQueue extends EventQueueObject<Env> {
  // Each piece of work has an id on its log lines, and the lines before an error go with it to the error tracker.
  override alarm(): Promise<void> {
    return runWithContext({ requestId: newId() }, () => super.alarm())
  }

  protected override settings(): EventQueueSettings {
    const services = servicesOf(this.env)
    const { config, catalog, business, log } = services
    if (!business) throw new Error('the configuration has no business')
    const recorder = createRecorder(services)
    // What was sent and not acknowledged must come to the same shard again, also after a restart: the first.
    const metrics = new MetricsClient(metricsStores(this.env), config.metrics.shards, () => 0)
    return {
      ...business,
      catalog,
      database: business.asksDatabase ? () => mongoWorker(this.env) : undefined,
      send: (batch) => metrics.send(batch),
      recorder,
      maxSeries: maxSeriesOf(config),
      gatherMs: config.metrics.flushSeconds * SECOND_MS,
      newId,
      clock: systemClock,
      log,
      errors: createErrorReporter(services, recorder),
    }
  }
}
