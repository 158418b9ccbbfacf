import {
  ConstantVariableBuilder,
  type Dashboard,
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import type { Catalog } from '../../src/metrics/catalog.ts'
import type { DeclaredMetrics } from './declared-panels.ts'
import type { PanelSpec } from './panel-spec.ts'
import { rows } from './panels.ts'

/** The share of requests that should succeed; can be changed in Grafana. */
const OBJECTIVE = '0.999'

const BUILDERS = { timeseries: TimeseriesBuilder, stat: StatBuilder, table: TableBuilder } as const
const DATASOURCE = { type: 'prometheus', uid: '$datasource' }
const PANEL_HEIGHT = 8
const PANELS_IN_A_ROW = 3
const GRID_WIDTH = 24

/** The dashboard over the metrics of a catalog, as Grafana imports it. */
export function buildDashboard(catalog: Catalog, declared: DeclaredMetrics, title: string): Dashboard {
  const dashboard = new DashboardBuilder(title)
    .uid('edgewatch')
    .description(
      'Requests, dependencies, monitors, alerts and business figures of Edgewatch. Made by `npm run grafana`.',
    )
    .tags(['edgewatch'])
    .refresh('30s')
    .time({ from: 'now-6h', to: 'now' })
    .timezone('browser')
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(labelValues('job', 'Job', `label_values(${catalog.buildInfo.name}, job)`))
    .withVariable(labelValues('route', 'Route', `label_values(${catalog.requests.name}{job=~"$job"}, route)`))
    .withVariable(new ConstantVariableBuilder('slo').label('Objective').value(OBJECTIVE))
  for (const { title: rowTitle, panels } of rows(catalog, declared)) {
    dashboard.withRow(new RowBuilder(rowTitle))
    for (const panel of panels) dashboard.withPanel(buildPanel(panel))
  }
  return dashboard.build()
}

const labelValues = (name: string, label: string, query: string) =>
  new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: 'All', value: '$__all' })

function buildPanel({ kind, title, description, unit, queries }: PanelSpec) {
  const panel = new BUILDERS[kind]()
    .title(title)
    .description(description)
    .unit(unit)
    .datasource(DATASOURCE)
    .height(PANEL_HEIGHT)
    .span(GRID_WIDTH / PANELS_IN_A_ROW)
  queries.forEach(({ expr, legend }, index) => {
    const query = new DataqueryBuilder()
      .expr(expr)
      .legendFormat(legend)
      .refId(String.fromCharCode('A'.charCodeAt(0) + index))
    panel.withTarget(kind === 'timeseries' ? query.range() : query.instant())
  })
  return panel
}
