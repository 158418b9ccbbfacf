import { defineConfig } from './src/config/load.ts'

const TIERS = ['free', 'starter', 'growth', 'enterprise']
const PAYING_TIERS = TIERS.slice(1)
const FRAMEWORKS = ['CSRD', 'GRI', 'SASB', 'TCFD', 'CDP']

/**
 * What Edgewatch watches and whom it tells. `${NAME}` is filled in from the environment (`wrangler secret put NAME`);
 * never write a secret here. A part with `whenUnset: 'disable'` is off until its secrets are set.
 */
export default defineConfig({
  service: {
    name: 'Edgewatch',
    version: '1.0.0',
    url: '${SERVICE_URL:-}', // without it, alerts have no link to the dashboard
  },

  // `esg` here gives the metrics the names that dashboards of the ESG platform use.
  metrics: { namespace: 'edgewatch' },

  mongodb: { uri: '${MONGODB_URI}', role: 'critical', whenUnset: 'disable' },
  redis: {
    url: '${UPSTASH_REDIS_REST_URL}',
    token: '${UPSTASH_REDIS_REST_TOKEN}',
    role: 'optional',
    whenUnset: 'disable',
  },
  errors: { dsn: '${SENTRY_DSN}', whenUnset: 'disable' },

  monitors: [
    {
      name: 'API health',
      url: '${API_URL}/health',
      interval: 60,
      locations: ['us-east', 'eu-west'],
      whenUnset: 'disable',
    },
    {
      name: 'Analysis endpoint',
      url: '${API_URL}/analyze',
      method: 'POST',
      headers: { Authorization: 'Bearer ${MONITOR_TOKEN}' },
      body: { text: 'Test ESG analysis', quick_mode: true },
      interval: 300,
      timeout: 30,
      expect: { status: ['2xx'], json: [{ path: '$.status', equals: 'done' }], maxLatencyMs: 2000 },
      whenUnset: 'disable',
    },
    {
      // Down when the job has not said that it is done for 25 hours: POST /heartbeat/nightly-backup
      name: 'Nightly backup',
      type: 'heartbeat',
      every: 86_400,
      grace: 3600,
      labels: { job: '${BACKUP_JOB}' },
      whenUnset: 'disable',
    },
  ],
  // The sandbox has no internet, so there they are its own servers.
  probes: {
    controlUrl: '${CONTROL_URL:-https://www.gstatic.com/generate_204}',
    traceUrl: '${TRACE_URL:-https://www.cloudflare.com/cdn-cgi/trace}',
  },

  // What applications tell at /events, and what is asked of MongoDB each hour. An event with a label value that isn't
  // listed here is refused.
  business: {
    metrics: [
      {
        name: 'analysis_by_framework_total',
        type: 'counter',
        help: 'Analyses by framework.',
        labels: { framework: FRAMEWORKS, user_tier: TIERS },
      },
      {
        name: 'metrics_extracted_count',
        type: 'histogram',
        help: 'Number of metrics extracted per analysis.',
        buckets: [0, 5, 10, 20, 50, 100, 200],
      },
      {
        name: 'subscription_revenue_usd',
        type: 'gauge',
        help: 'Monthly recurring revenue.',
        labels: { tier: PAYING_TIERS },
        query: 'monthly_revenue',
      },
      {
        name: 'customers',
        type: 'gauge',
        help: 'Customers by tier.',
        labels: { tier: PAYING_TIERS },
        query: 'customers',
      },
      {
        name: 'daily_active_users',
        type: 'gauge',
        help: 'Users active today so far, and yesterday.',
        labels: { day: ['today', 'yesterday'] },
        query: 'daily_active_users',
      },
      {
        name: 'framework_usage',
        type: 'gauge',
        help: 'Uses of a framework in the last 7 days.',
        labels: { framework: FRAMEWORKS },
        query: 'framework_usage',
      },
      {
        name: 'framework_coverage_percent',
        type: 'gauge',
        help: 'How much of a framework was covered on average in the last 7 days.',
        labels: { framework: FRAMEWORKS },
        query: 'framework_coverage',
      },
    ],
    events: {
      analysis_completed: [
        { metric: 'analysis_by_framework_total' },
        { metric: 'metrics_extracted_count', value: 'metrics_extracted' },
      ],
    },
    prices: { free: 0, starter: 49, growth: 199, enterprise: 999 },
  },

  alerts: {
    rules: [
      {
        id: 'mongodb-down',
        signal: 'mongodb_up',
        operator: '==',
        threshold: 0,
        severity: 'critical',
        summary: 'MongoDB is down',
      },
      {
        id: 'redis-down',
        signal: 'redis_up',
        operator: '==',
        threshold: 0,
        for: '2m',
        severity: 'warning',
        summary: 'Redis is down',
      },
      {
        id: 'mongodb-connections',
        signal: 'mongodb_connections_ratio',
        operator: '>=',
        threshold: 0.9,
        severity: 'warning',
        summary: 'MongoDB connection pool high: {value} used',
      },
      {
        id: 'error-rate',
        signal: 'error_ratio',
        operator: '>',
        threshold: 0.05,
        over: '5m',
        severity: 'critical',
        summary: 'High error rate detected: {value} of requests fail',
      },
      {
        id: 'mongodb-memory',
        signal: 'mongodb_memory_ratio',
        operator: '>',
        threshold: 0.85,
        severity: 'warning',
        summary: 'High memory usage: MongoDB uses {value}',
      },
      {
        id: 'redis-memory',
        signal: 'redis_memory_ratio',
        operator: '>',
        threshold: 0.85,
        severity: 'warning',
        summary: 'High memory usage: Redis uses {value}',
      },
      {
        id: 'slow-p95',
        signal: 'latency_p95_ms',
        operator: '>',
        threshold: 1000,
        over: '5m',
        for: '5m',
        severity: 'warning',
        summary: '95 % of requests take up to {value}',
      },
      {
        id: 'events-backlog',
        signal: { metric: 'edgewatch_events_backlog' },
        operator: '>',
        threshold: 0,
        for: '10m',
        severity: 'warning',
        summary: '{value} events wait to be written to MongoDB',
      },
    ],
    receivers: [
      {
        name: 'pagerduty',
        type: 'pagerduty',
        routingKey: '${PAGERDUTY_KEY}',
        // PagerDuty's EU region has another host; the sandbox its own.
        url: '${PAGERDUTY_URL:-https://events.pagerduty.com/v2/enqueue}',
        whenUnset: 'disable',
      },
      { name: 'slack-alerts', type: 'slack', webhookUrl: '${SLACK_WEBHOOK_URL}', whenUnset: 'disable' },
      {
        name: 'slack-monitoring',
        type: 'slack',
        webhookUrl: '${SLACK_MONITORING_WEBHOOK_URL}',
        whenUnset: 'disable',
      },
      {
        name: 'webhook',
        type: 'webhook',
        url: '${WEBHOOK_URL}',
        secret: '${WEBHOOK_SECRET}',
        whenUnset: 'disable',
      },
    ],
    routes: {
      critical: ['pagerduty', 'slack-alerts', 'webhook'],
      warning: ['slack-alerts', 'webhook'],
      info: ['slack-monitoring', 'webhook'],
    },
  },

  // What the admin dashboard leads to.
  links: [
    { name: 'Grafana', url: '${GRAFANA_URL}', whenUnset: 'disable' },
    { name: 'Sentry', url: '${SENTRY_URL}', whenUnset: 'disable' },
    { name: 'Datadog', url: '${DATADOG_URL}', whenUnset: 'disable' },
    { name: 'Status page', url: '${STATUS_PAGE_URL}', whenUnset: 'disable' },
  ],
})
