import { type Context, Hono } from 'hono'
import type { Child } from 'hono/jsx'
import type { AlertLedgerClient } from '../../alerts/ledger.ts'
import type { Cache } from '../../cache/cache.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { monitorAlertId } from '../../config/names.ts'
import type { Config } from '../../config/schema.ts'
import type { HealthClient } from '../../health/client.ts'
import type { Roles } from '../../health/model.ts'
import type { Incidents } from '../../incidents/client.ts'
import type { Clock } from '../../lib/clock.ts'
import { DAY_MS } from '../../lib/clock.ts'
import { ok } from '../../lib/result.ts'
import type { Logger } from '../../logging/model.ts'
import type { Catalog } from '../../metrics/catalog.ts'
import type { MetricsReader } from '../../metrics/query.ts'
import type { UptimeMonitorClient } from '../../monitors/ports.ts'
import type { AdminVariables } from '../auth.ts'
import { type CollectionCounter, readCounts } from '../database-counts.ts'
import { Readings } from '../readings.ts'
import { readHistory } from '../request-series.ts'
import { TIME_RANGES, type TimeRange, timeRange } from '../time-range.ts'
import { alertFormRoutes } from './alert-routes.tsx'
import { ActiveAlerts, Deliveries, Silences } from './alerts.tsx'
import { CacheTable, cacheCounts, cacheSeries } from './cache.tsx'
import { CheckedAt, Collections, Dependency, DependencyBadge } from './dependencies.tsx'
import { Empty, Part, Section } from './elements.tsx'
import { Notice } from './forms.tsx'
import { IncidentsList } from './incidents.tsx'
import { Page, type PageProps } from './layout.tsx'
import { Channels, Elsewhere, Own } from './links.tsx'
import { JudgedAt, MaintenanceList, MonitorDetails, MonitorTable } from './monitors.tsx'
import { FiringAlerts, Health, MonitorSummary, RequestSummary, Scheduler } from './overview.tsx'
import { RangeChoice, RequestCharts, RouteTable } from './requests.tsx'
import { Disabled, Settings } from './settings.tsx'

/** What the pages are made from. Stubs belong to one request, so what gives them is asked in each. */
export interface PageSources extends LoadedConfig {
  readonly environment: { readonly name: string }
  readonly metrics: MetricsReader
  readonly catalog: Catalog
  readonly health: Pick<HealthClient, 'read'>
  readonly roles: Roles
  /** Undefined: not configured. */
  readonly mongodb: (() => CollectionCounter) | undefined
  readonly ledger: () => Pick<
    AlertLedgerClient,
    'status' | 'overview' | 'acknowledge' | 'silence' | 'unsilence'
  >
  readonly incidents: Pick<Incidents, 'list'>
  readonly uptime: () => Pick<UptimeMonitorClient, 'report' | 'history'>
  readonly cache: () => Pick<Cache, 'getOrCompute'>
  /** The configuration with its variables by their names: see `describeConfig`. */
  readonly described: () => Config
  readonly log: Logger
  readonly clock: Clock
}

type AdminContext = Context<{ Variables: AdminVariables }>

/** How often a page is read anew that shows no range. */
const REFRESH_SECONDS = 15
/** How often the monitors are: they are judged once a minute. */
const MONITORS_SECONDS = 30
/** How often one is that only changes with a deployment. */
const STEADY_SECONDS = 600

/** The pages of the dashboard; to be mounted under `/admin`, behind its authentication. */
export function pageRoutes(sources: PageSources) {
  const { config, disabled, environment, metrics, catalog, health, roles, ledger, incidents, uptime, clock } =
    sources
  const readings = new Readings(sources)
  const requests = (range: TimeRange) =>
    readings.read(`requests ${range.name}`, async () => ok(await readHistory(metrics, range, clock())))
  const facts = () => readings.read('health', async () => ok(await health.read()))
  const cacheUse = () =>
    readings.read('cache', async () => {
      const { series } = await metrics.read({
        windows: [],
        series: cacheSeries(catalog.cacheOperations.name),
      })
      return ok(cacheCounts(series))
    })

  const render = (
    c: AdminContext,
    page: PageProps['page'],
    children: Child,
    refreshSeconds = REFRESH_SECONDS,
  ) =>
    c.html(
      <Page
        page={page}
        service={config.service.name}
        environment={environment.name}
        atMs={clock()}
        refreshSeconds={refreshSeconds}
        csrfToken={c.get('session')?.csrfToken}
      >
        {children}
      </Page>,
    )

  return new Hono<{ Variables: AdminVariables }>()
    .get('/', async (c) => {
      const [history, status, known, monitors] = await Promise.all([
        requests(TIME_RANGES[0]!),
        readings.read('alert status', async () => ok(await ledger().status())),
        facts(),
        readings.read('monitors report', async () => ok(await uptime().report())),
      ])
      return render(
        c,
        'overview',
        <>
          <div class="parts">
            <Part
              id="firing"
              title="Alerts"
              reading={status}
              show={(value) => <FiringAlerts status={value} now={clock()} />}
            />
            <Part
              id="health"
              title="Health"
              reading={known}
              show={(value) => <Health facts={value} roles={roles} now={clock()} />}
            />
          </div>
          <Part
            id="requests"
            title="Requests, last hour"
            aside={<a href="/admin/pages/requests">By route and over time</a>}
            reading={history}
            show={(value) => <RequestSummary history={value} />}
          />
          {config.monitors.length > 0 && (
            <Part
              id="monitors"
              title="Monitors"
              aside={<a href="/admin/pages/monitors">Each of them</a>}
              reading={monitors}
              show={(report) => <MonitorSummary report={report} />}
            />
          )}
          <Part
            id="scheduler"
            title="Scheduler and notifications"
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
            aside={view.route !== undefined && <a href={`?range=${view.range.name}`}>All routes</a>}
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
    .get('/pages/alerts', async (c) => {
      const [overview, past] = await Promise.all([
        readings.read('alerts', async () => ok(await ledger().overview())),
        readings.read('incidents', async () => ok(await incidents.list(clock() - 7 * DAY_MS))),
      ])
      const csrfToken = c.get('session')?.csrfToken
      const alerts = [
        ...config.alerts.rules,
        ...config.monitors.map(({ id }) => ({ id: monitorAlertId(id) })),
      ]
      return render(
        c,
        'alerts',
        <>
          <Notice name={c.req.query('notice')} />
          <Part
            id="active"
            title="Active"
            reading={overview}
            show={(value) => <ActiveAlerts overview={value} csrfToken={csrfToken} now={clock()} />}
          />
          <Part
            id="silences"
            title="Silences"
            reading={overview}
            show={({ silences }) => (
              <Silences silences={silences} alerts={alerts.map(({ id }) => id)} csrfToken={csrfToken} />
            )}
          />
          <Part
            id="deliveries"
            title="Delivery log, 7 days"
            reading={overview}
            show={({ outbox }) => <Deliveries outbox={outbox} />}
          />
          <Part
            id="incidents"
            title="Incidents, 7 days"
            reading={past}
            show={(value) => <IncidentsList incidents={value} now={clock()} />}
          />
        </>,
      )
    })
    .route('/pages/alerts', alertFormRoutes(ledger, clock))
    .get('/pages/monitors', async (c) => {
      const { monitors } = config
      const chosen = monitors.find(({ id }) => id === c.req.query('monitor'))
      const view = await readings.read('monitors', async () => {
        const client = uptime()
        const [report, histories] = await Promise.all([
          client.report(),
          client.history(monitors.map(({ id }) => id)),
        ])
        return ok({ report, histories })
      })
      return render(
        c,
        'monitors',
        <>
          {chosen && (
            <Part
              id="monitor"
              title={chosen.name}
              aside={<a href="/admin/pages/monitors">Only the list</a>}
              reading={view}
              show={({ histories }) => {
                const history = histories.find(({ id }) => id === chosen.id)
                return history ? (
                  <MonitorDetails history={history} />
                ) : (
                  <Empty>It was not measured yet.</Empty>
                )
              }}
            />
          )}
          <Part
            id="monitors"
            title="Now"
            reading={view}
            show={(value) => (
              <>
                <MonitorTable view={value} monitors={monitors} now={clock()} />
                {monitors.length > 0 && <JudgedAt report={value.report} now={clock()} />}
              </>
            )}
          />
          <Part
            id="maintenance"
            title="Maintenance"
            reading={view}
            show={({ report }) => (
              <MaintenanceList windows={report.maintenance} monitors={monitors} now={clock()} />
            )}
          />
        </>,
        MONITORS_SECONDS,
      )
    })
    .get('/pages/dependencies', async (c) => {
      const { mongodb, cache } = sources
      const [report, counts] = await Promise.all([
        facts(),
        mongodb && readings.read('collections', () => readCounts(cache(), mongodb())),
      ])
      return render(
        c,
        'dependencies',
        <>
          <div class="parts">
            {DEPENDENCIES.map(({ name, title, variable }) => (
              <Part
                id={name}
                title={title}
                aside={
                  report.state !== 'missing' && <DependencyBadge state={report.value.dependencies[name]} />
                }
                reading={report}
                show={({ dependencies }) => (
                  <>
                    <Dependency state={dependencies[name]} role={roles[name]} variable={variable} />
                    {dependencies[name].state !== 'disabled' && <CheckedAt report={dependencies} />}
                  </>
                )}
              />
            ))}
          </div>
          {counts && (
            <Part
              id="collections"
              title="Collections"
              reading={counts}
              show={(value) => <Collections counts={value} />}
            />
          )}
        </>,
      )
    })
    .get('/pages/cache', async (c) => {
      const [report, counts] = await Promise.all([facts(), cacheUse()])
      if (!config.redis) {
        return render(
          c,
          'cache',
          <Section id="cache" title="Cache">
            <Empty>
              There is no cache: it is switched off until <code>UPSTASH_REDIS_REST_URL</code> and{' '}
              <code>UPSTASH_REDIS_REST_TOKEN</code> are set.
            </Empty>
          </Section>,
        )
      }
      return render(
        c,
        'cache',
        <>
          <Part id="use" title="Use" reading={counts} show={(value) => <CacheTable counts={value} />} />
          <Part
            id="redis"
            title="Redis"
            aside={report.state !== 'missing' && <DependencyBadge state={report.value.dependencies.redis} />}
            reading={report}
            show={({ dependencies }) => (
              <Dependency state={dependencies.redis} role={roles.redis} variable="UPSTASH_REDIS_REST_URL" />
            )}
          />
        </>,
      )
    })
    .get('/pages/settings', (c) =>
      render(
        c,
        'settings',
        <>
          <Section id="disabled" title="Switched off, because not configured">
            <Disabled disabled={disabled} />
          </Section>
          <Section id="config" title="The configuration in force">
            <Settings config={sources.described()} />
          </Section>
        </>,
        STEADY_SECONDS,
      ),
    )
    .get('/pages/links', (c) =>
      render(
        c,
        'links',
        <>
          <div class="parts">
            <Section id="elsewhere" title="Elsewhere">
              <Elsewhere links={config.links} />
            </Section>
            <Section id="own" title="Of this service">
              <Own />
            </Section>
          </div>
          <Section id="channels" title="Who is told of alerts">
            <Channels alerts={config.alerts} />
          </Section>
        </>,
        STEADY_SECONDS,
      ),
    )
}

const DEPENDENCIES = [
  { name: 'mongodb', title: 'MongoDB', variable: 'MONGODB_URI' },
  { name: 'redis', title: 'Redis', variable: 'UPSTASH_REDIS_REST_URL' },
] as const
