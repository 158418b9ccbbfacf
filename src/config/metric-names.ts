import * as z from 'zod'
import { nearest } from '../lib/nearest.ts'
import { createCatalog } from '../metrics/catalog.ts'
import type { Metric } from '../metrics/model.ts'
import { declaredMetric } from './business.ts'
import { toMetric } from './declared-metrics.ts'

// Names of metrics by which one part of a configuration speaks of another.

/** What Edgewatch calls its own metrics, where no other namespace is configured and wherever they are about itself. */
const OWN_PREFIX = 'edgewatch_'

/** The rules on metrics in a configuration that may be wrong elsewhere; what is no such rule is passed over. */
const looseRules = z
  .object({
    alerts: z.object({
      rules: z.array(
        z
          .object({ signal: z.object({ metric: z.string(), labels: z.record(z.string(), z.string()) }) })
          .optional()
          .catch(undefined),
      ),
    }),
  })
  .catch({ alerts: { rules: [] } })

/** What is said of metrics in a configuration that may be wrong elsewhere. */
const looseMetrics = z.object({
  metrics: z
    .object({
      namespace: z
        .string()
        .regex(/^[a-z]\w*$/)
        .default('edgewatch'),
      maxSeries: z.number().default(1000),
    })
    .prefault({}),
  business: z.object({ metrics: z.array(declaredMetric).default([]) }).prefault({}),
})

type LooseRules = z.infer<typeof looseRules>
type LooseMetrics = z.infer<typeof looseMetrics>
type Context = z.core.$RefinementCtx

/** Reports what is wrong with the metrics that a configuration declares, and with those that its rules are on. */
export function checkMetrics(config: unknown, context: Context): void {
  const whole = looseMetrics.safeParse(config)
  if (!whole.success) return // its own mistakes are told first
  const own = Object.values<Metric>(createCatalog(whole.data.metrics.namespace))
  checkDeclared(whole.data, own, context)
  checkRules(looseRules.parse(config), whole.data, own, context)
}

/** Reports metrics that Prometheus would refuse, that have too many series, or whose names are taken. */
function checkDeclared({ metrics, business }: LooseMetrics, own: readonly Metric[], context: Context): void {
  const { namespace, maxSeries } = metrics
  const taken = new Map<string, string>()
  for (const metric of own) {
    for (const name of sampleNames(metric)) taken.set(name, metric.name)
  }
  business.metrics.forEach((declared, index) => {
    const report = (field: string, message: string, input: unknown) =>
      context.addIssue({ code: 'custom', path: ['business', 'metrics', index, field], message, input })
    const series = Object.values(declared.labels).reduce((product, values) => product * values.length, 1)
    if (series > maxSeries) {
      report(
        'labels',
        `at most ${maxSeries} series (metrics.maxSeries); these labels make ${series}`,
        declared.labels,
      )
    }
    try {
      const metric = toMetric(declared, namespace)
      const names = sampleNames(metric)
      const holder = names.map((name) => taken.get(name)).find((each) => each !== undefined)
      if (holder !== undefined) report('name', `a name that is not taken, as by ${holder}`, declared.name)
      for (const name of names) taken.set(name, metric.name)
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      report('name', `a metric that Prometheus takes (${error.message})`, declared.name)
    }
  })
}

/** The names that a metric takes in either format: of its samples, and of its family in OpenMetrics. */
function sampleNames({ type, name }: Metric): string[] {
  if (type === 'histogram') return [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]
  return type === 'counter' ? [name, name.replace(/_total$/, '')] : [name]
}

/**
 * Reports rules that would never have any data: on a metric that is called like Edgewatch's and is none, or on a label
 * that a metric of Edgewatch or of the configuration hasn't. What applications push is not known beforehand.
 */
function checkRules(
  { alerts }: LooseRules,
  { metrics, business }: LooseMetrics,
  own: readonly Metric[],
  context: Context,
): void {
  const labelsOf = new Map<string, readonly string[]>([
    ...own.map(({ name, labels }) => [name, labels] as const),
    ...business.metrics.map(
      ({ name, labels }) => [`${metrics.namespace}_${name}`, Object.keys(labels)] as const,
    ),
  ])
  alerts.rules.forEach((rule, index) => {
    if (!rule) return
    const { metric, labels } = rule.signal
    const known = labelsOf.get(metric)
    if (!known && metric.startsWith(OWN_PREFIX)) {
      context.addIssue({
        code: 'custom',
        path: ['alerts', 'rules', index, 'signal', 'metric'],
        message: `a metric that there is, such as ${nearest(metric, [...labelsOf.keys()], 3).join(', ')}`,
        input: metric,
      })
    }
    for (const label of Object.keys(labels)) {
      if (!known || known.includes(label)) continue
      context.addIssue({
        code: 'custom',
        path: ['alerts', 'rules', index, 'signal', 'labels', label],
        message: `a label of ${metric} (${known.join(', ') || 'it has none'})`,
        input: labels[label],
      })
    }
  })
}
