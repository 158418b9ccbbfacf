import { QueryBuilder, RuleBuilder, RuleGroupBuilder } from '@grafana/grafana-foundation-sdk/alerting'
import { TypeThresholdBuilder } from '@grafana/grafana-foundation-sdk/expr'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import type { Rule } from '../../src/config/rules.ts'
import { formatDuration } from '../../src/lib/duration.ts'
import type { Catalog } from '../../src/metrics/catalog.ts'
import { cacheHitRatio, errorRatio, latency } from './promql.ts'

/** An alert in PromQL: it fires where `expr operator threshold` has held for some time. */
interface AlertSpec {
  readonly uid: string
  readonly title: string
  readonly expr: string
  readonly operator: Rule['operator']
  readonly threshold: number
  readonly for: string
  readonly severity: string
  readonly summary: string
  readonly runbook?: string
}

/** The file that Grafana provisions alert rules from. */
export function buildAlerts(catalog: Catalog, rules: readonly Rule[]): object {
  const group = new RuleGroupBuilder('edgewatch').folderUid('edgewatch').interval(60)
  for (const alert of [...watchdogs(catalog), ...rules.flatMap((rule) => toAlert(catalog, rule))]) {
    group.withRule(buildRule(alert))
  }
  const { title, folderUid, interval, rules: built = [] } = group.build()
  return {
    apiVersion: 1,
    groups: [
      {
        orgId: 1,
        name: title,
        folder: folderUid,
        interval: `${interval}s`,
        // What the file has in common with the API, which the builders are for.
        rules: built.map(({ orgID: _org, folderUID: _folder, ruleGroup: _group, ...rule }) => rule),
      },
    ],
  }
}

/** What Edgewatch can't tell of itself: that it is gone, or that nobody can be told. */
const watchdogs = (catalog: Catalog): readonly AlertSpec[] => [
  {
    uid: 'edgewatch-gone',
    title: 'Edgewatch can not be scraped',
    expr: `absent(${catalog.buildInfo.name})`,
    operator: '>',
    threshold: 0,
    for: '5m',
    severity: 'critical',
    summary: 'Prometheus has no metrics of Edgewatch',
  },
  {
    uid: 'edgewatch-scheduler-missed',
    title: 'The scheduler stopped',
    expr: `time() - max(${catalog.tickLastSuccess.name})`,
    operator: '>',
    threshold: 300,
    for: '0s',
    severity: 'critical',
    summary: 'No cron run of Edgewatch succeeded for 5 minutes',
  },
  {
    uid: 'edgewatch-notifications-dead',
    title: 'A notification could not be delivered',
    expr: `sum(increase(${catalog.notifications.name}{outcome="dead"}[15m]))`,
    operator: '>',
    threshold: 0,
    for: '0s',
    severity: 'critical',
    summary: 'Edgewatch gave up on a notification',
  },
]

/** A rule of the configuration in PromQL; nothing for signals that are no metrics, such as the share of used memory. */
function toAlert(catalog: Catalog, rule: Rule): AlertSpec[] {
  const expr = expressionOf(catalog, rule)
  if (expr === undefined) return []
  return [
    {
      uid: `edgewatch-${rule.id}`.slice(0, 40), // Grafana's limit
      title: rule.id,
      expr: withEnoughRequests(catalog, rule, expr),
      operator: rule.operator,
      threshold: rule.threshold,
      for: formatDuration(rule.for).replaceAll(' ', ''),
      severity: rule.severity,
      summary: rule.summary
        .replaceAll('{value}', measured(rule))
        .replaceAll('{threshold}', String(rule.threshold)),
      ...(rule.runbook !== undefined && { runbook: rule.runbook }),
    },
  ]
}

const windowOf = ({ over }: Rule): string => formatDuration(over).replaceAll(' ', '')
const routeOf = ({ route }: Rule): string =>
  route === undefined ? 'route!=""' : `route=${JSON.stringify(route)}`

/** Gives nothing, which is no alert, where fewer requests came than the rule wants. */
function withEnoughRequests(catalog: Catalog, rule: Rule, expr: string): string {
  if (rule.minRequests === undefined) return expr
  const requests = `sum(increase(${catalog.requests.name}{${routeOf(rule)}}[${windowOf(rule)}]))`
  return `(${expr}) and on() (${requests} >= ${rule.minRequests})`
}

function expressionOf(catalog: Catalog, rule: Rule): string | undefined {
  const window = windowOf(rule)
  const route = routeOf(rule)
  if (typeof rule.signal !== 'string') return metricExpression(catalog, rule.signal, window)
  const [, quantile] = /^latency_p(\d+)_ms$/.exec(rule.signal) ?? []
  if (quantile !== undefined) return `1000 * ${latency(catalog, Number(quantile) / 100, route, window)}`
  const [, dependency] = /^(mongodb|redis)_up$/.exec(rule.signal) ?? []
  if (dependency !== undefined) return `min(${catalog.dependencyUp.name}{dependency="${dependency}"})`
  switch (rule.signal) {
    case 'request_rate':
      return `sum(rate(${catalog.requests.name}{${route}}[${window}]))`
    case 'error_ratio':
      return errorRatio(catalog, route, window)
    case 'cache_hit_ratio':
      return cacheHitRatio(catalog, 'operation!=""', window)
    default:
      return undefined
  }
}

/** The same as a rule on a metric measures: of a gauge its value, of a counter its increase per second. */
function metricExpression(
  catalog: Catalog,
  { metric, labels }: Exclude<Rule['signal'], string>,
  window: string,
): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  const known = Object.values(catalog).find(({ name }) => name === metric)
  const type = known?.type ?? (metric.endsWith('_total') ? 'counter' : 'gauge')
  const name = type === 'histogram' ? `${metric}_count` : metric
  const selector = `${name}{${pairs.join(',')}}`
  return type === 'gauge' ? `sum(${selector})` : `sum(rate(${selector}[${window}]))`
}

const EVALUATORS = { '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte', '==': 'eq', '!=': 'ne' } as const

/** How Grafana writes what was measured. */
const measured = ({ signal }: Rule): string =>
  typeof signal === 'string' && signal.endsWith('_ratio')
    ? '{{ humanizePercentage $values.A.Value }}'
    : '{{ humanize $values.A.Value }}'

/** Grafana's name of a Prometheus data source that was provisioned; change it where yours has another uid. */
const DATASOURCE_UID = 'prometheus'
const QUERY_RANGE_SECONDS = 3600

function buildRule(alert: AlertSpec): RuleBuilder {
  return new RuleBuilder(alert.title)
    .uid(alert.uid)
    .condition('B')
    .withQuery(
      new QueryBuilder('A')
        .datasourceUid(DATASOURCE_UID)
        .relativeTimeRange({ from: QUERY_RANGE_SECONDS, to: 0 })
        .model(new DataqueryBuilder().expr(alert.expr).instant().refId('A')),
    )
    .withQuery(
      new QueryBuilder('B')
        .datasourceUid('__expr__')
        .relativeTimeRange({ from: 0, to: 0 })
        .model(
          new TypeThresholdBuilder()
            .refId('B')
            .expression('A')
            .conditions([{ evaluator: { type: EVALUATORS[alert.operator], params: [alert.threshold] } }]),
        ),
    )
    .noDataState('OK')
    .execErrState('Error')
    .forDuration(alert.for)
    .labels({ severity: alert.severity })
    .annotations({
      summary: alert.summary,
      ...(alert.runbook !== undefined && { runbook_url: alert.runbook }),
    })
}
