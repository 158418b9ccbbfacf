import * as z from 'zod'
import { business } from './business.ts'
import { link } from './links.ts'
import { location } from './location-schemas.ts'
import { maintenance } from './maintenance.ts'
import { checkMetrics } from './metric-names.ts'
import type { MonitorConfig } from './monitors.ts'
import { monitor } from './monitors.ts'
import { checkNames, looseNames } from './names.ts'
import { push } from './push.ts'
import { receiver } from './receivers.ts'
import { rule } from './rules.ts'
import { statusPage } from './status.ts'
import { durationMs, fetchedUrl, secretText, secretUrl, slug, urlText, whenUnset } from './text.ts'

/** Critical: without it we are down. Optional: without it we are degraded. */
const role = z.enum(['critical', 'optional'])

const service = z.strictObject({
  /** Shown to people, and the `source` of alerts. */
  name: z.string().min(1).max(100).default('Edgewatch'),
  /** The version of what is deployed, for `/health` and Sentry. */
  version: z.string().min(1).max(100).default('1.0.0'),
  /** Where this service is reached; alerts link to it. */
  url: urlText.optional(),
  /**
   * Where its Durable Objects are created, such as `eu-west`: best near the database. By default near their first
   * caller, which may be the cron. Those that hold data stay where they are.
   */
  location: location.optional(),
})

const observe = z.strictObject({
  /** A request that takes longer is logged as `slow_request` and counted. Milliseconds. */
  slowMs: z.number().int().positive().default(1000),
  /** Larger request bodies are refused with 413. Bytes. */
  maxBodyBytes: z
    .number()
    .int()
    .positive()
    .default(1024 * 1024),
})

const metrics = z.strictObject({
  /**
   * Lets everybody read `/metrics` and `/metrics/cache`, business and pushed metrics included. The series of private
   * monitors still need a token.
   */
  public: z.boolean().default(false),
  /** What the names of the metrics start with; `esg` gives `esg_api_requests_total`. */
  namespace: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/, { error: 'lower-case letters, digits and _' })
    .default('edgewatch'),
  /** How often an isolate hands its counts over while there is traffic. Seconds; 20 at most, or the platform ends it first. */
  flushSeconds: z.number().min(0.05).max(20).default(5),
  /** Label sets per metric; beyond it label values become `other`. */
  maxSeries: z.number().int().min(1).max(10_000).default(1000),
  /** Durable Objects that share the writes. One takes some hundred isolates; never lower it later. */
  shards: z.number().int().min(1).max(32).default(1),
})

const health = z.strictObject({
  /** Who sees messages and numbers in `/health/detailed`: holders of the admin token, or everybody. */
  details: z.enum(['admin', 'always']).default('admin'),
})

const mongodb = z.strictObject({
  role: role.default('critical'),
  uri: secretText,
  /** The database that the numbers are of; by default the one that the URI names. */
  database: z.string().min(1).optional(),
  /** Unused for this long, the connections are closed: an open socket keeps the object billed. */
  idle: durationMs.prefault('2s'),
  /** The server's memory in bytes, where it doesn't tell itself (hosted plans don't). */
  memoryBytes: z.number().int().positive().optional(),
  whenUnset,
})

const redis = z.strictObject({
  role: role.default('optional'),
  /** Upstash's REST endpoint. */
  url: secretUrl,
  token: secretText,
  /** The plan's memory in bytes, where the server doesn't tell `maxmemory`. */
  memoryBytes: z.number().int().positive().optional(),
  whenUnset,
})

const errors = z.strictObject({
  dsn: secretText,
  whenUnset,
})

const alerts = z.strictObject({
  rules: z.array(rule).default([]),
  receivers: z
    .array(receiver.optional()) // undefined where it is switched off
    .transform((receivers) => receivers.filter((each) => each !== undefined))
    .prefault([]),
  /** Who is told of which severity: names of receivers. */
  routes: z
    .strictObject({
      critical: z.array(slug).default([]),
      warning: z.array(slug).default([]),
      info: z.array(slug).default([]),
    })
    .prefault({}),
  /** While an alert fires, it is sent again this often; `0s` for never. */
  reminder: durationMs.prefault('4h'),
  /** A notification that can't be delivered for this long is dead. */
  giveUpAfter: durationMs.prefault('24h'),
})

/** Where checks are made from, whatever they check. */
const probes = z.strictObject({
  /**
   * Asked when a monitor gives no answer at all: without an answer from here either, the location has no network, and
   * nothing is known of the monitor. It must be outside Cloudflare: a host inside would answer without any network.
   */
  controlUrl: fetchedUrl.default('https://www.gstatic.com/generate_204'),
  /** Tells a prober which of Cloudflare's data centers it runs in, by a line such as `colo=FRA`. */
  traceUrl: fetchedUrl.default('https://www.cloudflare.com/cdn-cgi/trace'),
})

/** All that a deployer may set. Unknown keys are mistakes. */
export const configSchema = z
  .strictObject({
    service: service.prefault({}),
    observe: observe.prefault({}),
    metrics: metrics.prefault({}),
    push: push.prefault({}),
    health: health.prefault({}),
    mongodb: mongodb.optional(),
    redis: redis.optional(),
    /** Sentry. */
    errors: errors.optional(),
    alerts: alerts.prefault({}),
    monitors: z
      .array(monitor.optional()) // undefined where it is switched off
      .transform((monitors) => monitors.filter((each) => each !== undefined))
      .prefault([]),
    maintenance: z
      .array(maintenance.optional())
      .transform((windows) => windows.filter((each) => each !== undefined))
      .prefault([]),
    probes: probes.prefault({}),
    status: statusPage.prefault({}),
    /** Dashboards elsewhere, to which the admin dashboard leads. */
    links: z
      .array(link.optional())
      .transform((links) => links.filter((each) => each !== undefined))
      .prefault([]),
    business: business.optional(),
  })
  // Also when the shape has mistakes of its own, so that all are told at once.
  .superRefine((config, context) => checkNames(looseNames.parse(config), context), { when: () => true })
  .superRefine(checkMetrics, { when: () => true })
  .transform((config) => ({
    ...config,
    monitors: withDependencyIds(config.monitors),
    alerts: withMonitorIds(config.alerts, config.monitors),
  }))

/** The configuration, checked, with its secrets wrapped. */
export type Config = z.infer<typeof configSchema>

/** What `edgewatch.config.ts` holds. */
export type ConfigInput = z.input<typeof configSchema>

/** Monitors may be written by name; ids are what the rest of the program goes by. */
const idOf = (written: string, monitors: readonly MonitorConfig[]): string | undefined =>
  monitors.find(({ id, name }) => id === written || name === written)?.id

function withDependencyIds(monitors: readonly MonitorConfig[]): MonitorConfig[] {
  return monitors.map((each) => ({
    ...each,
    dependsOn: each.dependsOn.map((written) => idOf(written, monitors)).filter((id) => id !== undefined),
  }))
}

function withMonitorIds(
  written: z.infer<typeof alerts>,
  monitors: readonly MonitorConfig[],
): z.infer<typeof alerts> {
  const rules = written.rules.map(({ monitor: named, ...each }) => {
    const id = named === undefined ? undefined : idOf(named, monitors)
    return { ...each, ...(id !== undefined && { monitor: id }) }
  })
  return { ...written, rules }
}
