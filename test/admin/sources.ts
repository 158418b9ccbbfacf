import { Hono } from 'hono'
import written from '../../edgewatch.config.ts'
import type { PageSources } from '../../src/admin/pages/page-kit.tsx'
import type { SilenceResult } from '../../src/alerts/ledger.ts'
import type { Incident } from '../../src/alerts/model.ts'
import type { AlertsOverview } from '../../src/alerts/status.ts'
import type { BusinessOverview } from '../../src/business/ports.ts'
import { describeConfig } from '../../src/config/fill.ts'
import { compileConfig, loadConfig } from '../../src/config/load.ts'
import type { Facts } from '../../src/health/model.ts'
import type { IncidentBookClient } from '../../src/incidents/book.ts'
import type { MissingPart } from '../../src/incidents/client.ts'
import type { IncidentRecord } from '../../src/incidents/model.ts'
import { incidentRoutes } from '../../src/incidents/routes.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/lib/clock.ts'
import type { Result } from '../../src/lib/result.ts'
import { err, ok } from '../../src/lib/result.ts'
import { Secret } from '../../src/lib/secret.ts'
import { createCatalog, DURATION_BOUNDS_SECONDS } from '../../src/metrics/catalog.ts'
import type { MetricsQuery, RouteTotals } from '../../src/metrics/query.ts'
import { packHistories } from '../../src/monitors/packed-history.ts'
import type { MonitorsReport, UptimeMonitorClient } from '../../src/monitors/ports.ts'
import { monitorRoutes } from '../../src/monitors/routes.ts'
import type { GroupSummary } from '../../src/push/store.ts'
import { silentLogger } from '../health/silent-logger.ts'
import { START_MS } from './dashboard.ts'

const VARIABLES = {
  MONGODB_URI: 'mongodb://db.test/shop',
  UPSTASH_REDIS_REST_URL: 'https://redis.test',
  UPSTASH_REDIS_REST_TOKEN: 'redis-secret',
  API_URL: 'https://api.test',
  GRAFANA_URL: 'https://grafana.test/d/1',
}

/** Requests of a route: all of them in the bucket up to 25 ms. */
export const totals = (route: string, requests: number, errors = 0): RouteTotals => ({
  route,
  requests,
  errors,
  durationSumSeconds: requests * 0.02,
  durationBuckets: Array.from({ length: DURATION_BOUNDS_SECONDS.length + 1 }, (_, index) =>
    index === 2 ? requests : 0,
  ),
})

const GOOD: Facts = {
  dependencies: {
    checkedAtMs: START_MS - 5000,
    mongodb: {
      state: 'up',
      details: {
        latencyMs: 4,
        connections: { current: 12, available: 88 },
        memory: { usedBytes: 300 * 1024 ** 2, totalBytes: 1024 ** 3 },
        disk: { usedBytes: 1024 ** 3, totalBytes: 10 * 1024 ** 3 },
      },
    },
    redis: { state: 'up', details: { latencyMs: 2, memory: { usedBytes: 2048 } } },
  },
  scheduler: { lastRunAtMs: START_MS - 30_000, pendingNotifications: 0, deadNotifications: 0 },
}

const NOTIFICATION = {
  kind: 'firing',
  dedupKey: 'shop/error-rate/1',
  alert: 'error-rate',
  severity: 'critical',
  summary: 'High error rate: 7 %',
  startedAtMs: START_MS - HOUR_MS,
  condition: 'error_ratio > 0.05 over 5m',
  labels: {},
  source: { service: 'shop', environment: 'test' },
} as const

const RESOLVED: Incident = {
  ...NOTIFICATION,
  alert: 'redis-down',
  severity: 'warning',
  summary: 'Redis is down',
  dedupKey: 'shop/redis-down/1',
  resolvedAtMs: START_MS - HOUR_MS + 5 * MINUTE_MS,
  told: ['slack-alerts'],
  timeline: [],
}

const INCIDENT: IncidentRecord = {
  id: 'incident-1',
  source: 'monitor',
  title: 'API is down',
  severity: 'critical',
  stage: 'resolved',
  monitors: ['api'],
  startedAtMs: START_MS - HOUR_MS,
  resolvedAtMs: START_MS - HOUR_MS + 5 * MINUTE_MS,
  alert: 'monitor-api',
  summary: 'API is down: status 500',
  timeline: [
    { atMs: START_MS - HOUR_MS, kind: 'opened', text: 'status 500' },
    { atMs: START_MS - HOUR_MS, kind: 'told', receiver: 'pager', text: 'that it fires' },
    { atMs: START_MS - HOUR_MS, kind: 'update', stage: 'identified', text: 'a bad deploy', by: 'kim' },
  ],
}

const POSTED = { severity: 'warning', startedAtMs: START_MS } as const

const DAY = { up: DAY_MS * 0.995, degraded: 0, down: DAY_MS * 0.005, unknown: 0, maintenance: 0 }

const MONITORS: MonitorsReport = {
  judgedAtMs: START_MS - 20_000,
  monitors: [
    {
      id: 'api-health',
      state: 'down',
      seen: 'down',
      sinceMs: START_MS - 5 * MINUTE_MS,
      reason: 'status 500, expected 2xx',
      regions: [
        {
          region: 'us-east',
          state: 'down',
          colo: 'IAD',
          last: { atMs: START_MS, outcome: 'failed', latencyMs: 87 },
        },
        { region: 'eu-west', state: 'unknown' },
      ],
    },
  ],
  maintenance: [
    {
      id: 'window-1',
      title: 'Database upgrade',
      monitors: [],
      fromMs: START_MS - HOUR_MS,
      toMs: START_MS + HOUR_MS,
    },
  ],
}

const GROUP: GroupSummary = {
  labels: { instance: 'db-1', job: 'nightly' },
  pushedAtMs: START_MS - HOUR_MS,
  failedAtMs: START_MS - MINUTE_MS,
  metrics: [{ name: 'backup_bytes', type: 'gauge', help: '', samples: 2 }],
}

const BUSINESS: BusinessOverview = {
  report: {
    askedAtMs: START_MS - HOUR_MS,
    days: [
      { date: '2026-11-20', dau: 41 },
      { date: '2026-11-21', dau: 17 },
    ],
    tiers: [{ tier: 'growth', customers: 3, mrr: 597 }],
    revenue: [
      { date: '2026-11-20', mrr: 398 },
      { date: '2026-11-21', mrr: 597 },
    ],
    frameworks: [{ framework: 'GRI', usage_count: 12, avg_coverage: 61.5 }],
  },
  backlog: 4,
  maxBacklog: 10_000,
}

/** An alert that fires, one that was resolved, a silence, and one notification of each state. */
export const BUSY: AlertsOverview = {
  active: [
    {
      alert: 'error-rate',
      state: 'firing',
      severity: 'critical',
      summary: 'High error rate: 7 %',
      sinceMs: START_MS - HOUR_MS,
      value: '7 %',
      silenced: false,
      told: ['pager'],
      dedupKey: 'shop/error-rate/1',
    },
  ],
  rules: [
    {
      rule: 'error-rate',
      severity: 'critical',
      condition: 'error_ratio > 0.05',
      state: 'firing',
      value: '7 %',
    },
    { rule: 'jobs-stuck', severity: 'warning', condition: 'jobs{state="stuck"} > 0', state: 'no_data' },
  ],
  notifications: { pending: 1, dead: 1 },
  scheduler: { lastRunAtMs: START_MS - 30_000, lastOutcome: 'ok', lagSeconds: 0 },
  resolved: [RESOLVED],
  outbox: {
    pending: [
      {
        id: 3,
        run: 1,
        receiver: 'webhook',
        notification: NOTIFICATION,
        createdAtMs: START_MS,
        nextAttemptAtMs: START_MS + 30_000,
        attempts: 2,
        lastError: 'answered 500',
      },
    ],
    dead: [
      {
        receiver: 'slack-alerts',
        notification: NOTIFICATION,
        createdAtMs: START_MS,
        settledAtMs: START_MS,
        attempts: 9,
        state: 'dead',
        lastError: 'answered 404',
      },
    ],
    delivered: [
      {
        receiver: 'pager',
        notification: NOTIFICATION,
        createdAtMs: START_MS,
        settledAtMs: START_MS,
        attempts: 1,
        state: 'delivered',
      },
    ],
  },
  silences: [
    {
      id: 'silence-1',
      matcher: { alert: 'redis-memory' },
      createdAtMs: START_MS,
      untilMs: START_MS + HOUR_MS,
      reason: 'upgrade',
      by: 'kim',
    },
  ],
}

/** What is asked of the fakes, and what they say; a test changes what it is about. */
export class FakeSources {
  facts: Facts = GOOD
  alerts: AlertsOverview = BUSY
  /** In each window. */
  totals: readonly RouteTotals[] = [totals('/orders', 600, 6), totals('/health', 1000)]
  cacheCounts: readonly number[] = [3, 1, 0, 1, 0, 0, 0]
  incidents: readonly IncidentRecord[] = [INCIDENT]
  missingIncidents: readonly MissingPart[] = []
  monitors: MonitorsReport = MONITORS
  groups: readonly GroupSummary[] = [GROUP]
  business: BusinessOverview | undefined = BUSINESS
  ingestTokens = ['ingest-secret']
  collections = [{ name: 'orders', documents: 1234 }]
  /** Parts that fail. */
  readonly broken = new Set<'metrics' | 'ledger' | 'mongodb'>()
  readonly queries: MetricsQuery[] = []
  silenceAnswer: Result<SilenceResult> = ok({ silence: BUSY.silences[0]!, matches: [] })
  readonly acts: unknown[] = []
  /** Why nothing more can be written of incidents; undefined where it can. */
  refusal: string | undefined
  variables: Record<string, string> = VARIABLES
  config: unknown = written

  of(clock: () => number): PageSources {
    const fail = (part: 'metrics' | 'ledger' | 'mongodb') => {
      if (this.broken.has(part)) throw new Error('a stack trace of the platform')
    }
    return {
      ...loadConfig(this.config, this.variables),
      environment: { name: 'test', ingestTokens: this.ingestTokens.map((token) => new Secret(token)) },
      metrics: {
        read: async (query) => {
          fail('metrics')
          this.queries.push(query)
          return {
            windows: query.windows.map(() => this.totals),
            series: query.series.map((_, index) => ({
              type: 'counter',
              value: this.cacheCounts[index] ?? 0,
            })),
          }
        },
      },
      catalog: createCatalog('shop'),
      health: { read: async () => this.facts },
      roles: { mongodb: 'critical', redis: 'optional' },
      mongodb: () => ({
        collections: async () => {
          if (this.broken.has('mongodb')) {
            return { ok: false, error: { message: 'connection refused', retryable: true } }
          }
          return ok({ collections: this.collections, totalDocuments: 1234 })
        },
      }),
      ledger: () => ({
        status: async () => {
          fail('ledger')
          return this.alerts
        },
        overview: async () => {
          fail('ledger')
          return this.alerts
        },
        acknowledge: async (alert, by) => {
          this.acts.push({ acknowledge: alert, ...by })
          return this.alerts.active.some((each) => each.alert === alert) ? RESOLVED : undefined
        },
        silence: async (request) => {
          this.acts.push({ silence: request })
          return this.silenceAnswer
        },
        unsilence: async (id) => {
          this.acts.push({ unsilence: id })
          return id === 'silence-1'
        },
      }),
      incidents: {
        read: async (_, detail = 'whole') => ({
          incidents: this.incidents.map((each) => (detail === 'whole' ? each : { ...each, timeline: [] })),
          missing: this.missingIncidents,
        }),
      },
      api: this.#api(clock),
      uptime: () => ({
        report: async () => this.monitors,
        history: async (ids) =>
          packHistories(
            ids.map((id) => ({
              id,
              days: [
                { date: '2026-11-20', ...DAY },
                { date: '2026-11-21', ...DAY },
              ],
              latency: [
                { atMs: START_MS - 30 * MINUTE_MS },
                { atMs: START_MS - 15 * MINUTE_MS, p50Ms: 80, p95Ms: 120 },
              ],
            })),
          ),
      }),
      pushed: () => ({
        list: async () => this.groups,
        remove: async (labels) => {
          this.acts.push({ remove: labels })
          return labels.job === 'nightly'
        },
      }),
      business: this.business && {
        queue: () => ({
          overview: async () => this.business!,
          refresh: async () => {
            this.acts.push('refresh')
            return this.business!
          },
        }),
        asksDatabase: true,
      },
      cache: () => ({ getOrCompute: (_key, _ttl, compute) => compute() }),
      described: () => describeConfig(compileConfig(this.config), this.variables),
      log: silentLogger,
      clock,
    }
  }

  /** The real routes, of which the book and the monitors are fakes. */
  #api(clock: () => number) {
    const { monitors } = loadConfig(this.config, this.variables).config
    const written = async (act: object) => {
      this.acts.push(act)
      return this.refusal === undefined
        ? ok({ id: 'incident-2', title: 'Slow search', updates: [], posted: POSTED })
        : err({ message: this.refusal, retryable: false })
    }
    const book = {
      post: (post: object) => written({ post }),
      addUpdate: (id: string, update: object) => written({ id, update }),
      amend: (id: string, amendment: object) => written({ id, amendment }),
      withdraw: async (id: string) => {
        this.acts.push({ withdrawIncident: id })
        return id === 'incident-2'
      },
    }
    const uptime = {
      report: async () => this.monitors,
      announce: async (window: object) => {
        this.acts.push({ announce: window })
        return { id: 'window-1', ...window }
      },
      withdraw: async (id: string) => {
        this.acts.push({ withdraw: id })
        return id === 'window-1'
      },
    }
    return new Hono()
      .route(
        '/',
        incidentRoutes({
          incidents: { read: async () => ({ incidents: this.incidents, missing: [] }) },
          book: () => book as unknown as IncidentBookClient,
          monitors,
          clock,
        }),
      )
      .route('/', monitorRoutes({ monitors, uptime: () => uptime as unknown as UptimeMonitorClient, clock }))
  }
}
