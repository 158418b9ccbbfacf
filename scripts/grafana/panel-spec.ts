/** One line of a panel. `$__rate_interval`, `$__range`, `$job`, `$route` and `$slo` are filled in by Grafana. */
interface Query {
  readonly expr: string
  /** With labels as `{{route}}`. */
  readonly legend: string
}

/** A panel, as far as it is ours to say. */
export interface PanelSpec {
  readonly title: string
  readonly description: string
  /** One of Grafana's units (https://github.com/grafana/grafana/blob/main/packages/grafana-data/src/valueFormats/categories.ts). */
  readonly unit: 'reqps' | 'ops' | 'percentunit' | 's' | 'short' | 'currencyUSD' | 'bool_on_off'
  readonly kind: 'timeseries' | 'stat' | 'table'
  readonly queries: readonly Query[]
}
