import { stringify } from 'yaml'
import written from '../../edgewatch.config.ts'
import { toMetric } from '../../src/config/declared-metrics.ts'
import { configSchema } from '../../src/config/schema.ts'
import { createCatalog } from '../../src/metrics/catalog.ts'
import { buildAlerts } from './alerts.ts'
import { buildDashboard } from './dashboard.ts'

/** The files for Grafana, by their names, for the metrics of a configuration: edgewatch.config.ts unless stated. */
export function grafanaFiles(input: unknown = written): Record<string, string> {
  const config = configSchema.parse(input) // as it is written: what is off here may be on where it is deployed
  const catalog = createCatalog(config.metrics.namespace)
  const declared = new Map(
    config.business?.metrics.map((each) => [each.name, toMetric(each, config.metrics.namespace)]),
  )
  const dashboard = buildDashboard(catalog, declared, config.service.name)
  return {
    'dashboard.json': `${JSON.stringify(dashboard, null, 2)}\n`,
    'alerts.yaml': stringify(plain(buildAlerts(catalog, config.alerts.rules)), { lineWidth: 0 }),
  }
}

/** The SDK's objects hold functions, too. */
const plain = (value: object): unknown => JSON.parse(JSON.stringify(value))
