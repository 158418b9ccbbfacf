import type { Metric } from '../metrics/model.ts'
import { counter, gauge, histogram } from '../metrics/model.ts'
import type { DeclaredMetric } from './business.ts'

/** A declared metric as the store keeps it. @throws TypeError for what Prometheus would refuse. */
export function toMetric(declared: DeclaredMetric, namespace: string): Metric {
  const metric = {
    name: `${namespace}_${declared.name}`,
    help: declared.help,
    labels: Object.keys(declared.labels),
  }
  switch (declared.type) {
    case 'counter':
      return counter(metric)
    case 'gauge':
      return gauge(metric)
    case 'histogram':
      return histogram({ ...metric, bounds: declared.buckets })
  }
}
