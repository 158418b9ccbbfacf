import { byRoute, type RequestHistory, seriesOf } from '../request-series.ts'
import { TIME_RANGES, type TimeRange, timeRange } from '../time-range.ts'
import { Chart } from './chart.tsx'
import { Empty, Figure, Part, Table } from './elements.tsx'
import { formatValue } from './format.ts'
import type { PageHandler, PageKit } from './page-kit.tsx'

/** Where a page stands: the range and the route that its address names. */
interface RequestView {
  readonly range: TimeRange
  /** Undefined for all. */
  readonly route?: string | undefined
}

const NOTHING = 'No requests in this time. The chart begins with the first one.'

const address = ({ range, route }: RequestView): string =>
  `/admin/pages/requests?${new URLSearchParams({ range: range.name, ...(route && { route }) })}`

/** The choice of how far back to look. */
const RangeChoice = ({ view }: { view: RequestView }) => (
  <nav class="choice" aria-label="Time range">
    {TIME_RANGES.map((range) => (
      <a
        href={address({ ...view, range })}
        {...(range.name === view.range.name && { 'aria-current': 'true' })}
      >
        {range.label}
      </a>
    ))}
  </nav>
)

/** The numbers and charts of one route, or of all. */
const RequestCharts = ({ history, route }: { history: RequestHistory; route?: string | undefined }) => {
  const { points, total } = seriesOf(history, route)
  const timesMs = points.map(({ fromMs }) => fromMs)
  const none = total.requests === 0
  return (
    <>
      <dl class="figures">
        <Figure label="Requests" value={formatValue(total.requests, 'count')} />
        <Figure label="Rate" value={formatValue(total.rate_per_second, 'per-second')} />
        <Figure
          label="Failed"
          value={none ? '–' : formatValue(total.error_ratio, 'ratio')}
          {...(total.error_ratio > 0.05 && { tone: 'bad' as const })}
        />
        <Figure label="p50" value={formatValue(total.p50_ms, 'ms')} />
        <Figure label="p95" value={formatValue(total.p95_ms, 'ms')} />
        <Figure label="p99" value={formatValue(total.p99_ms, 'ms')} />
      </dl>
      <div class="charts">
        <Chart
          id="chart-rate"
          title="Requests per second"
          unit="per-second"
          timesMs={timesMs}
          lines={[{ name: 'Requests', values: points.map((each) => (none ? null : each.rate_per_second)) }]}
          empty={NOTHING}
        />
        <Chart
          id="chart-errors"
          title="Share that failed on our side"
          unit="ratio"
          timesMs={timesMs}
          lines={[
            {
              name: 'Failed',
              values: points.map((each) => (each.requests === 0 ? null : each.error_ratio)),
            },
          ]}
          empty={NOTHING}
        />
        <Chart
          id="chart-latency"
          title="Time to answer"
          unit="ms"
          timesMs={timesMs}
          lines={[
            { name: 'p50', values: points.map((each) => each.p50_ms) },
            { name: 'p95', values: points.map((each) => each.p95_ms) },
            { name: 'p99', values: points.map((each) => each.p99_ms) },
          ]}
          empty={NOTHING}
        />
      </div>
    </>
  )
}

/** How each route did, each leading to its charts. */
const RouteTable = ({ history, view }: { history: RequestHistory; view: RequestView }) => {
  const routes = byRoute(history)
  if (routes.length === 0) return <Empty>{NOTHING}</Empty>
  return (
    <Table
      label="Requests by route"
      columns={[
        'Route',
        ...['Requests', 'Rate', 'Failed', 'p50', 'p95', 'p99'].map((number) => ({ number })),
      ]}
    >
      {routes.map((each) => (
        <tr {...(each.route === view.route && { class: 'chosen' })}>
          <th scope="row">
            <a href={address({ ...view, route: each.route })}>{each.route}</a>
          </th>
          <td class="number">{formatValue(each.requests, 'count')}</td>
          <td class="number">{formatValue(each.rate_per_second, 'per-second')}</td>
          <td class="number">{formatValue(each.error_ratio, 'ratio')}</td>
          <td class="number">{formatValue(each.p50_ms, 'ms')}</td>
          <td class="number">{formatValue(each.p95_ms, 'ms')}</td>
          <td class="number">{formatValue(each.p99_ms, 'ms')}</td>
        </tr>
      ))}
    </Table>
  )
}

/** Requests over time, and by route. */
export function requestsPage(kit: PageKit): PageHandler {
  return async (c) => {
    const view = { range: timeRange(c.req.query('range')), route: c.req.query('route') }
    const history = await kit.requests(view.range)
    return kit.render(
      c,
      'requests',
      <>
        <RangeChoice view={view} />
        <Part
          id="charts"
          title={view.route ?? 'All requests but health checks'}
          aside={view.route !== undefined && <a href={`?range=${view.range.name}`}>All routes</a>}
          reading={history}
          show={(value) => <RequestCharts history={value} route={view.route} />}
        />
        <Part
          id="routes"
          title="By route, health checks too"
          reading={history}
          show={(value) => <RouteTable history={value} view={view} />}
        />
      </>,
      view.range.refreshSeconds,
    )
  }
}
