import { counter, gauge, histogram } from './model.ts'

/** Upper bounds of request durations, in seconds: Prometheus's defaults. */
export const DURATION_BOUNDS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

/** Every metric that Edgewatch itself keeps. `namespace` starts their names; what is about Edgewatch keeps its own. */
export function createCatalog(namespace: string) {
  return {
    requests: counter({
      name: `${namespace}_api_requests_total`,
      help: 'Requests answered.',
      labels: ['method', 'route', 'status'],
    }),
    requestDuration: histogram({
      name: `${namespace}_api_request_duration_seconds`,
      help: 'Time from a request to its answer.',
      labels: ['method', 'route'],
      bounds: DURATION_BOUNDS_SECONDS,
    }),
    slowRequests: counter({
      name: `${namespace}_api_slow_requests_total`,
      help: 'Requests slower than observe.slowMs.',
      labels: ['method', 'route'],
    }),
    cacheOperations: counter({
      name: `${namespace}_cache_operations_total`,
      help: 'Cache operations, by what came of them.',
      labels: ['operation', 'status'],
    }),
    dependencyUp: gauge({
      name: `${namespace}_dependency_up`,
      help: 'Whether a dependency answered the last probe: 1 or 0.',
      labels: ['dependency'],
    }),
    dependencyLatency: gauge({
      name: `${namespace}_dependency_latency_seconds`,
      help: 'How long the last successful probe of a dependency took.',
      labels: ['dependency'],
    }),
    tickDuration: gauge({
      name: 'edgewatch_tick_duration_seconds',
      help: 'How long the last cron run took.',
    }),
    tickLastSuccess: gauge({
      name: 'edgewatch_tick_last_success_timestamp_seconds',
      help: 'When a cron run last succeeded, in seconds since the epoch.',
    }),
    ticks: counter({
      name: 'edgewatch_ticks_total',
      help: 'Cron runs, by what came of them: ok, partial or error as some or all signals could not be read, or refused because another was under way.',
      labels: ['outcome'],
    }),
    alertsFiring: gauge({
      name: 'edgewatch_alerts_firing',
      help: 'Alerts that are firing, by severity.',
      labels: ['severity'],
    }),
    notifications: counter({
      name: 'edgewatch_notifications_total',
      help: 'Attempts to deliver a notification, by receiver and outcome: delivered, retried or dead.',
      labels: ['receiver', 'outcome'],
    }),
    notificationsPending: gauge({
      name: 'edgewatch_notifications_pending',
      help: 'Notifications that wait to be delivered.',
    }),
    events: counter({
      name: 'edgewatch_events_total',
      help: 'Events sent to /events, by what came of them: accepted, duplicate, rejected, or turned_away as too many wait.',
      labels: ['type', 'outcome'],
    }),
    eventsBacklog: gauge({
      name: 'edgewatch_events_backlog',
      help: 'Events that wait to be counted or to be written to MongoDB.',
    }),
    documentsRefused: counter({
      name: 'edgewatch_events_refused_total',
      help: 'Documents made of events that MongoDB refuses for good.',
    }),
    businessAsked: gauge({
      name: 'edgewatch_business_queries_last_success_timestamp_seconds',
      help: 'When MongoDB last answered the business queries, in seconds since the epoch.',
    }),
    pushes: counter({
      name: 'edgewatch_pushes_total',
      help: 'Pushes and exports, by what came of them: accepted, partial, failed, or why they were refused.',
      labels: ['protocol', 'outcome'],
    }),
    otlpPoints: counter({
      name: 'edgewatch_otlp_points_total',
      help: 'Data points that came by OTLP, by what came of them: accepted, rejected, or repeated as they were sent before.',
      labels: ['outcome'],
    }),
    pushedGroups: gauge({
      name: 'edgewatch_pushed_groups',
      help: 'Groups of pushed metrics that are kept.',
    }),
    pushedSamples: gauge({
      name: 'edgewatch_pushed_samples',
      help: 'Samples of pushed metrics that are kept, two push times of each group included; push.maxSeries is the limit.',
    }),
    errorsReported: counter({
      name: 'edgewatch_errors_total',
      help: 'Errors, by whether they were sent to the error tracker or only counted.',
      labels: ['outcome'],
    }),
    seriesDropped: counter({
      name: 'edgewatch_series_dropped_total',
      help: 'Updates whose label values became "other", because their metric has metrics.maxSeries series.',
      labels: ['metric'],
    }),
    flushesFailed: counter({
      name: 'edgewatch_metrics_flushes_failed_total',
      help: 'Hand-overs of counts to the store that failed and were tried again.',
    }),
    buildInfo: gauge({
      name: 'edgewatch_build_info',
      help: 'Always 1; the labels tell what is deployed.',
      labels: ['version', 'environment', 'deployment'],
    }),
    monitorUp: gauge({
      name: 'edgewatch_monitor_up',
      help: 'What the checks of a monitor say: 1 up or degraded, 0 down, NaN where nobody knows.',
      labels: ['monitor'],
    }),
    monitorState: gauge({
      name: 'edgewatch_monitor_state',
      help: '1 for the state that a monitor is in: up, degraded, down, unknown or maintenance; 0 for the others.',
      labels: ['monitor', 'state'],
    }),
    monitorRegionUp: gauge({
      name: 'edgewatch_monitor_region_up',
      help: 'What one region says of a monitor: 1 up or degraded, 0 down, NaN where it does not know.',
      labels: ['monitor', 'region'],
    }),
    monitorChecks: counter({
      name: 'edgewatch_monitor_checks_total',
      help: 'Checks of monitors, by what came of them: up, slow, failed, or unknown as the check itself failed.',
      labels: ['monitor', 'region', 'outcome'],
    }),
    monitorLatency: histogram({
      name: 'edgewatch_monitor_latency_seconds',
      help: 'Time of a check from its connection to the end of the answer.',
      labels: ['monitor', 'region'],
      bounds: DURATION_BOUNDS_SECONDS,
    }),
    monitorUptimeRatio: gauge({
      name: 'edgewatch_monitor_uptime_ratio',
      help: 'Up and degraded time as a share of the measured time; NaN where none was measured.',
      labels: ['monitor', 'window'],
    }),
    monitorsLastRun: gauge({
      name: 'edgewatch_monitors_last_run_timestamp_seconds',
      help: 'When the monitors were last judged, in seconds since the epoch.',
    }),
  } as const
}

/** See `createCatalog`. */
export type Catalog = ReturnType<typeof createCatalog>
