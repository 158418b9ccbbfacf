import type { OperationGroup } from '../lib/openapi/operation.ts'
import { json, text } from '../lib/openapi/operation.ts'
import * as answers from './answers.ts'

/** The routes that Prometheus reads. */
export const metricsOperations: OperationGroup = {
  tag: 'metrics',
  description: 'Counts that are exact over all isolates',
  operations: {
    'GET /metrics': {
      operationId: 'getMetrics',
      summary: 'All metrics, in the format that `Accept` asks for',
      description: 'With `metrics.public`, a token is needed only for the series of private monitors.',
      access: 'metrics',
      answers: {
        200: {
          description: 'The metrics',
          content: {
            ...text(
              'text/plain',
              '',
              '# TYPE edgewatch_alerts_firing gauge\nedgewatch_alerts_firing{severity="critical"} 1\n',
            ).content,
            ...text(
              'application/openmetrics-text',
              '',
              '# TYPE edgewatch_alerts_firing gauge\nedgewatch_alerts_firing{severity="critical"} 1\n# EOF\n',
            ).content,
          },
        },
      },
    },
    'GET /metrics/cache': {
      operationId: 'getCacheStatistics',
      summary: 'Cache hits and misses since the beginning',
      description: 'With `metrics.public`, no token is needed.',
      access: 'metrics',
      answers: {
        200: json('The statistics, where there is a cache', answers.cache, {
          status: 'enabled',
          statistics: { hits: 2, misses: 1, hit_rate: '66.67%' },
        }),
      },
    },
  },
}
