import type { Catalog } from '../../src/metrics/catalog.ts'
import { type DeclaredMetrics, declaredPanels } from './declared-panels.ts'
import type { PanelSpec } from './panel-spec.ts'
import { cacheHitRatio, errorRatio, JOB, latency, STEP } from './promql.ts'

/** Panels under a heading. */
export interface RowSpec {
  readonly title: string
  readonly panels: readonly PanelSpec[]
}

const ROUTE = `${JOB},route=~"$route"`

/** Everything that the dashboard shows: Edgewatch's own metrics, and those that the configuration declares. */
export function rows(catalog: Catalog, declared: DeclaredMetrics): readonly RowSpec[] {
  return [
    { title: 'Traffic', panels: trafficPanels(catalog) },
    { title: 'Latency and error budget', panels: budgetPanels(catalog) },
    { title: 'Monitors', panels: monitorPanels(catalog) },
    { title: 'Dependencies', panels: dependencyPanels(catalog) },
    { title: 'Alerts, scheduler and delivery', panels: alertPanels(catalog) },
    { title: 'Business', panels: [...declaredPanels(declared), ...eventPanels(catalog)] },
    { title: 'Pushed metrics', panels: pushPanels(catalog) },
  ]
}

/** The four panels of the reference document. */
const trafficPanels = (catalog: Catalog): readonly PanelSpec[] => [
  {
    title: 'Request Rate',
    description: 'Requests a second, by route.',
    unit: 'reqps',
    kind: 'timeseries',
    queries: [
      { expr: `sum by (route) (rate(${catalog.requests.name}{${ROUTE}}[${STEP}]))`, legend: '{{route}}' },
    ],
  },
  {
    title: 'Error Rate',
    description: 'The share of requests that were answered with 5xx.',
    unit: 'percentunit',
    kind: 'timeseries',
    queries: [{ expr: errorRatio(catalog, ROUTE, STEP), legend: '5xx' }],
  },
  {
    title: 'P95 Latency',
    description: '95 % of requests are answered within this time.',
    unit: 's',
    kind: 'timeseries',
    queries: [{ expr: latency(catalog, 0.95, ROUTE, STEP), legend: 'p95' }],
  },
  {
    title: 'Cache Hit Rate',
    description: 'The share of reads that found something in the cache.',
    unit: 'percentunit',
    kind: 'timeseries',
    queries: [{ expr: cacheHitRatio(catalog, JOB, STEP), legend: 'hits' }],
  },
]

const budgetPanels = (catalog: Catalog): readonly PanelSpec[] => [
  ...[0.5, 0.95, 0.99].map(
    (quantile): PanelSpec => ({
      title: `P${quantile * 100} Latency by Route`,
      description: `${quantile * 100} % of a route's requests are answered within this time.`,
      unit: 's',
      kind: 'timeseries',
      queries: [{ expr: latency(catalog, quantile, ROUTE, STEP, ['route']), legend: '{{route}}' }],
    }),
  ),
  {
    title: 'Slow Requests',
    description: 'Requests slower than observe.slowMs, a second.',
    unit: 'reqps',
    kind: 'timeseries',
    queries: [
      {
        expr: `sum(rate(${catalog.slowRequests.name}{${ROUTE}}[${STEP}])) or 0 * sum(rate(${catalog.requests.name}{${ROUTE}}[${STEP}]))`,
        legend: 'slow',
      },
    ],
  },
  {
    title: 'Error Budget Left',
    description:
      'What is left of the failures that the objective allows, over the time range shown. Below 0 it is missed.',
    unit: 'percentunit',
    kind: 'stat',
    queries: [{ expr: `1 - (${errorRatio(catalog, JOB, '$__range')}) / (1 - $slo)`, legend: 'budget' }],
  },
  {
    title: 'Error Budget Burn Rate',
    description:
      'How many times faster than allowed the budget is being used, over the last hour. 1 uses it up exactly.',
    unit: 'short',
    kind: 'timeseries',
    queries: [{ expr: `(${errorRatio(catalog, JOB, '1h')}) / (1 - $slo)`, legend: 'burn rate' }],
  },
]

const dependencyPanels = (catalog: Catalog): readonly PanelSpec[] => [
  {
    title: 'Dependencies Up',
    description: 'Whether a dependency answered the last probe.',
    unit: 'bool_on_off',
    kind: 'stat',
    queries: [
      { expr: `min by (dependency) (${catalog.dependencyUp.name}{${JOB}})`, legend: '{{dependency}}' },
    ],
  },
  {
    title: 'Dependency Latency',
    description: 'How long the last successful probe took.',
    unit: 's',
    kind: 'timeseries',
    queries: [
      { expr: `max by (dependency) (${catalog.dependencyLatency.name}{${JOB}})`, legend: '{{dependency}}' },
    ],
  },
]

const alertPanels = (catalog: Catalog): readonly PanelSpec[] => [
  {
    title: 'Alerts Firing',
    description: 'Alerts that fire now, by severity.',
    unit: 'short',
    kind: 'stat',
    queries: [{ expr: `max by (severity) (${catalog.alertsFiring.name}{${JOB}})`, legend: '{{severity}}' }],
  },
  {
    title: 'Notifications',
    description: 'Attempts to deliver a notification, by receiver and outcome.',
    unit: 'ops',
    kind: 'timeseries',
    queries: [
      {
        expr: `sum by (receiver, outcome) (rate(${catalog.notifications.name}{${JOB}}[${STEP}]))`,
        legend: '{{receiver}} {{outcome}}',
      },
    ],
  },
  {
    title: 'Notifications Waiting',
    description: 'Notifications that wait to be delivered.',
    unit: 'short',
    kind: 'timeseries',
    queries: [{ expr: `max(${catalog.notificationsPending.name}{${JOB}})`, legend: 'waiting' }],
  },
  {
    title: 'Last Successful Cron Run',
    description: 'How long ago; more than some minutes means that nobody checks.',
    unit: 's',
    kind: 'stat',
    queries: [{ expr: `time() - max(${catalog.tickLastSuccess.name}{${JOB}})`, legend: 'ago' }],
  },
  {
    title: 'Cron Runs',
    description: 'Runs by what came of them.',
    unit: 'ops',
    kind: 'timeseries',
    queries: [
      { expr: `sum by (outcome) (rate(${catalog.ticks.name}{${JOB}}[${STEP}]))`, legend: '{{outcome}}' },
    ],
  },
  {
    title: 'Cron Run Duration',
    description: 'How long the last run took.',
    unit: 's',
    kind: 'timeseries',
    queries: [{ expr: `max(${catalog.tickDuration.name}{${JOB}})`, legend: 'duration' }],
  },
]

const monitorPanels = (catalog: Catalog): readonly PanelSpec[] => [
  {
    title: 'Monitors Up',
    description: 'Whether more than half of the locations find it up; nothing where it is unknown.',
    unit: 'bool_on_off',
    kind: 'stat',
    queries: [{ expr: `max by (monitor) (${catalog.monitorUp.name}{${JOB}})`, legend: '{{monitor}}' }],
  },
  {
    title: 'Monitor Uptime, 30 Days',
    description: 'Up and degraded time as a share of the time that was measured.',
    unit: 'percentunit',
    kind: 'stat',
    queries: [
      {
        expr: `max by (monitor) (${catalog.monitorUptimeRatio.name}{${JOB},window="30d"})`,
        legend: '{{monitor}}',
      },
    ],
  },
  {
    title: 'Monitor Latency, P95',
    description: '95 % of the checks from a region took at most this time.',
    unit: 's',
    kind: 'timeseries',
    queries: [
      {
        expr: `histogram_quantile(0.95, sum by (le, monitor, region) (rate(${catalog.monitorLatency.name}_bucket{${JOB}}[$__range])))`,
        legend: '{{monitor}} {{region}}',
      },
    ],
  },
  {
    title: 'Checks',
    description: 'Checks by what came of them. Unknown ones failed on our side.',
    unit: 'ops',
    kind: 'timeseries',
    queries: [
      {
        expr: `sum by (outcome) (rate(${catalog.monitorChecks.name}{${JOB}}[${STEP}]))`,
        legend: '{{outcome}}',
      },
    ],
  },
  {
    title: 'Last Judgement',
    description:
      'How long ago the monitors were last judged; more than some minutes means that nobody watches.',
    unit: 's',
    kind: 'stat',
    queries: [{ expr: `time() - max(${catalog.monitorsLastRun.name}{${JOB}})`, legend: 'ago' }],
  },
]

const eventPanels = (catalog: Catalog): readonly PanelSpec[] => [
  {
    title: 'Events',
    description: 'Events that applications sent, by what came of them.',
    unit: 'ops',
    kind: 'timeseries',
    queries: [
      {
        expr: `sum by (type, outcome) (rate(${catalog.events.name}{${JOB}}[${STEP}]))`,
        legend: '{{type}} {{outcome}}',
      },
    ],
  },
  {
    title: 'Events Waiting for MongoDB',
    description: 'Events that are counted and not yet written.',
    unit: 'short',
    kind: 'timeseries',
    queries: [{ expr: `max(${catalog.eventsBacklog.name}{${JOB}})`, legend: 'waiting' }],
  },
]

const pushPanels = (catalog: Catalog): readonly PanelSpec[] => [
  {
    title: 'Pushes',
    description: 'Pushes and exports of metrics, by what came of them; whatever is not accepted was refused.',
    unit: 'ops',
    kind: 'timeseries',
    queries: [
      {
        expr: `sum by (protocol, outcome) (rate(${catalog.pushes.name}{${JOB}}[${STEP}]))`,
        legend: '{{protocol}} {{outcome}}',
      },
    ],
  },
  {
    title: 'OTLP Data Points',
    description: 'Data points by what came of them. Repeated ones had been added before.',
    unit: 'ops',
    kind: 'timeseries',
    queries: [
      {
        expr: `sum by (outcome) (rate(${catalog.otlpPoints.name}{${JOB}}[${STEP}]))`,
        legend: '{{outcome}}',
      },
    ],
  },
  {
    title: 'Pushed Samples',
    description: 'Samples that are kept, of all groups; push.maxSeries limits them.',
    unit: 'short',
    kind: 'timeseries',
    queries: [
      { expr: `max(${catalog.pushedSamples.name}{${JOB}})`, legend: 'samples' },
      { expr: `max(${catalog.pushedGroups.name}{${JOB}})`, legend: 'groups' },
    ],
  },
  {
    title: 'Last Push',
    description: 'How long ago a job last pushed its metrics.',
    unit: 's',
    kind: 'table',
    queries: [{ expr: 'time() - max by (job) (push_time_seconds)', legend: '{{job}}' }],
  },
]
