import { type Context, Hono } from 'hono'
import type { Child } from 'hono/jsx'
import type { AlertLedgerClient } from '../../alerts/ledger.ts'
import type { Clock } from '../../lib/clock.ts'
import { ok } from '../../lib/result.ts'
import type { Logger } from '../../logging/model.ts'
import type { MetricsReader } from '../../metrics/query.ts'
import type { AdminVariables } from '../auth.ts'
import { Readings } from '../readings.ts'
import { readHistory } from '../request-series.ts'
import { TIME_RANGES, type TimeRange, timeRange } from '../time-range.ts'
import { Part } from './elements.tsx'
import { Page, type PageProps } from './layout.tsx'
import { FiringAlerts, RequestSummary, Scheduler } from './overview.tsx'
import { RangeChoice, RequestCharts, RouteTable } from './requests.tsx'

/** What the pages are made from. */
export interface PageSources {
  readonly service: { readonly name: string; readonly environment: string }
  readonly metrics: MetricsReader
  /** Asked once per request, for a stub belongs to one. */
  readonly ledger: () => Pick<AlertLedgerClient, 'status' | 'overview'>
  readonly log: Logger
  readonly clock: Clock
}

type AdminContext = Context<{ Variables: AdminVariables }>

/** How often a page is read anew that shows no range. */
const REFRESH_SECONDS = 15

/** The pages of the dashboard; to be mounted under `/admin`, behind its authentication. */
export function pageRoutes(sources: PageSources) {
  const { service, metrics, ledger, clock } = sources
  const readings = new Readings(sources)
  const requests = (range: TimeRange) =>
    readings.read(`requests ${range.name}`, async () => ok(await readHistory(metrics, range, clock())))

  const render = (
    c: AdminContext,
    page: PageProps['page'],
    children: Child,
    refreshSeconds = REFRESH_SECONDS,
  ) =>
    c.html(
      <Page
        page={page}
        service={service.name}
        environment={service.environment}
        atMs={clock()}
        refreshSeconds={refreshSeconds}
        csrfToken={c.get('session')?.csrfToken}
      >
        {children}
      </Page>,
    )

  return new Hono<{ Variables: AdminVariables }>()
    .get('/', async (c) => {
      const [history, status] = await Promise.all([
        requests(TIME_RANGES[0]!),
        readings.read('alert status', async () => ok(await ledger().status())),
      ])
      return render(
        c,
        'overview',
        <>
          <Part
            id="firing"
            title="Alerts"
            reading={status}
            show={(value) => <FiringAlerts status={value} now={clock()} />}
          />
          <Part
            id="requests"
            title="Requests, last hour"
            reading={history}
            show={(value) => <RequestSummary history={value} />}
          />
          <Part
            id="scheduler"
            title="Scheduler"
            reading={status}
            show={(value) => <Scheduler status={value} />}
          />
        </>,
      )
    })
    .get('/pages/requests', async (c) => {
      const view = { range: timeRange(c.req.query('range')), route: c.req.query('route') }
      const history = await requests(view.range)
      return render(
        c,
        'requests',
        <>
          <RangeChoice view={view} />
          <Part
            id="charts"
            title={view.route ?? 'All routes but health checks'}
            reading={history}
            show={(value) => <RequestCharts history={value} route={view.route} />}
          />
          <Part
            id="routes"
            title="By route"
            reading={history}
            show={(value) => <RouteTable history={value} view={view} />}
          />
        </>,
        view.range.refreshSeconds,
      )
    })
}
