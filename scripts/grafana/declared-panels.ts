import type { Metric } from '../../src/metrics/model.ts'
import type { PanelSpec } from './panel-spec.ts'
import { JOB, STEP } from './promql.ts'

/** Metrics that the configuration declares, by their names without the namespace. */
export type DeclaredMetrics = ReadonlyMap<string, Metric>

/** A panel for each metric that the configuration declares. */
export const declaredPanels = (declared: DeclaredMetrics): readonly PanelSpec[] =>
  Array.from(declared, declaredPanel)

function declaredPanel([ownName, { name, type, help, labels }]: readonly [string, Metric]): PanelSpec {
  const by = labels.join(', ')
  const legend = labels.map((label) => `{{${label}}}`).join(' ') || name
  const panel = { title: titleOf(ownName), description: help, kind: 'timeseries' } as const
  switch (type) {
    case 'counter':
      return {
        ...panel,
        unit: 'ops',
        queries: [{ expr: `sum by (${by}) (rate(${name}{${JOB}}[${STEP}]))`, legend }],
      }
    case 'gauge':
      return {
        ...panel,
        unit: name.endsWith('_usd') ? 'currencyUSD' : 'short',
        queries: [{ expr: `max by (${by}) (${name}{${JOB}})`, legend }],
      }
    case 'histogram':
      return {
        ...panel,
        unit: 'short',
        queries: [0.5, 0.95].map((quantile) => ({
          expr: `histogram_quantile(${quantile}, sum by (${['le', ...labels].join(', ')}) (rate(${name}_bucket{${JOB}}[$__range])))`,
          legend: `p${quantile * 100} ${labels.length > 0 ? legend : ''}`.trim(),
        })),
      }
  }
}

/** `analysis_by_framework_total` is `Analysis by Framework`. */
function titleOf(name: string): string {
  const words = name.replace(/_(total|count|usd)$/, '').split('_')
  return words
    .map((word, index) =>
      index > 0 && SMALL_WORDS.has(word) ? word : word.charAt(0).toUpperCase() + word.slice(1),
    )
    .join(' ')
}

const SMALL_WORDS = new Set(['and', 'by', 'for', 'from', 'in', 'of', 'per', 'to'])
