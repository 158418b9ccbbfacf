import * as z from 'zod'
import { nearest } from '../lib/nearest.ts'
import { createCatalog } from '../metrics/catalog.ts'
import type { Metric } from '../metrics/model.ts'
import { looseMetrics } from './business.ts'

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

/**
 * Reports rules that would never have any data: on a metric that is called like Edgewatch's and is none, or on a label
 * that a metric of Edgewatch or of the configuration hasn't. What applications push is not known beforehand.
 */
export function checkRuleMetrics(config: unknown, context: z.core.$RefinementCtx): void {
  const whole = looseMetrics.safeParse(config)
  if (!whole.success) return // its own mistakes are told first
  const { namespace } = whole.data.metrics
  const labelsOf = new Map<string, readonly string[]>([
    ...Object.values<Metric>(createCatalog(namespace)).map(({ name, labels }) => [name, labels] as const),
    ...whole.data.business.metrics.map(
      ({ name, labels }) => [`${namespace}_${name}`, Object.keys(labels)] as const,
    ),
  ])
  looseRules.parse(config).alerts.rules.forEach((rule, index) => {
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
