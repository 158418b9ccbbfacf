import type { Context, Hono } from 'hono'
import type { Child } from 'hono/jsx'
import type { AlertLedgerClient } from '../../alerts/ledger.ts'
import type { EventQueueClient } from '../../business/ports.ts'
import type { Cache } from '../../cache/cache.ts'
import type { Environment } from '../../config/env.ts'
import type { LoadedConfig } from '../../config/fill.ts'
import type { Config } from '../../config/schema.ts'
import type { HealthClient } from '../../health/client.ts'
import type { Facts, Roles } from '../../health/model.ts'
import type { Incidents } from '../../incidents/client.ts'
import type { Clock } from '../../lib/clock.ts'
import { ok } from '../../lib/result.ts'
import type { Logger } from '../../logging/model.ts'
import type { Catalog } from '../../metrics/catalog.ts'
import type { MetricsReader } from '../../metrics/query.ts'
import type { UptimeMonitorClient } from '../../monitors/ports.ts'
import type { PushStoreClient } from '../../push/client.ts'
import type { AdminVariables } from '../auth.ts'
import type { CollectionCounter } from '../database-counts.ts'
import { type Reading, Readings } from '../readings.ts'
import { type RequestHistory, readHistory } from '../request-series.ts'
import type { TimeRange } from '../time-range.ts'
import type { FormContext, SentForm } from './forms.tsx'
import { Page, type PageProps } from './layout.tsx'
import { Notice } from './notice.tsx'

/** What the pages are made from. Stubs belong to one request, so what gives them is asked in each. */
export interface PageSources extends LoadedConfig {
  readonly environment: Pick<Environment, 'name' | 'ingestTokens'>
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
  readonly incidents: Pick<Incidents, 'read'>
  /** The routes of the admin API for incidents and maintenance. */
  readonly api: Hono
  readonly uptime: () => Pick<UptimeMonitorClient, 'report' | 'history'>
  readonly pushed: () => Pick<PushStoreClient, 'list' | 'remove'>
  /** Undefined: the configuration has no `business`. */
  readonly business:
    | { readonly queue: () => Pick<EventQueueClient, 'overview' | 'refresh'>; readonly asksDatabase: boolean }
    | undefined
  readonly cache: () => Pick<Cache, 'getOrCompute'>
  /** The configuration with its variables by their names: see `describeConfig`. */
  readonly described: () => Config
  readonly log: Logger
  readonly clock: Clock
}

/** A request of who may see the pages. */
export type AdminContext = Context<{ Variables: PageVariables }>

/** What the pages find on the context. */
export interface PageVariables extends AdminVariables {
  /** A form of the page that could not be carried out: it is shown again. */
  sent?: SentForm
}

/** What the forms of a page are made with. */
export const formsOf = (c: AdminContext): FormContext => ({
  csrfToken: c.get('session')?.csrfToken,
  sent: c.get('sent'),
})

/** Answers with a page. */
export type PageHandler = (c: AdminContext) => Response | Promise<Response>

/** How often a page is read anew, unless it says otherwise. */
const REFRESH_SECONDS = 15
/** How often one is that only changes with a deployment. */
export const STEADY_SECONDS = 600

/** What every page is made with. One per isolate. */
export class PageKit {
  readonly sources: PageSources
  readonly readings: Readings

  constructor(sources: PageSources) {
    this.sources = sources
    this.readings = new Readings(sources)
  }

  /** The requests of a time range. */
  requests(range: TimeRange): Promise<Reading<RequestHistory>> {
    const { metrics, clock } = this.sources
    return this.readings.read(`requests ${range.name}`, async () =>
      ok(await readHistory(metrics, range, clock())),
    )
  }

  /** How dependencies and scheduler are. */
  facts(): Promise<Reading<Facts>> {
    return this.readings.read('health', async () => ok(await this.sources.health.read()))
  }

  /** A page with its frame. */
  render(
    c: AdminContext,
    page: PageProps['page'],
    children: Child,
    refreshSeconds = REFRESH_SECONDS,
  ): Response | Promise<Response> {
    const { config, environment, clock } = this.sources
    const { csrfToken, sent } = formsOf(c)
    return c.html(
      <Page
        page={page}
        service={config.service.name}
        environment={environment.name}
        atMs={clock()}
        refreshSeconds={sent ? undefined : refreshSeconds /* somebody is at work on it */}
        csrfToken={csrfToken}
      >
        <Notice name={c.req.query('notice')} sent={sent} />
        {children}
      </Page>,
    )
  }
}
