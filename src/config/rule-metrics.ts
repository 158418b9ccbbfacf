import * as z from 'zod'
import { createCatalog } from '../metrics/catalog.ts'
import type { Metric } from '../metrics/model.ts'
import { looseMetrics } from './business.ts'

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
 * Reports labels that a rule asks of a metric of Edgewatch or of the configuration, and that it hasn't: such a rule would
 * never have any data. What applications push is not known beforehand.
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
