import type * as z from 'zod'
import { activeJson, schedulerJson } from '../alerts/json.ts'
import type { AlertLedgerClient } from '../alerts/ledger.ts'
import type { Cache } from '../cache/cache.ts'
import type { Clock } from '../lib/clock.ts'
import { MINUTE_MS, SECOND_MS } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import type { Logger } from '../logging/model.ts'
import type { Catalog } from '../metrics/catalog.ts'
import type { MetricsReader } from '../metrics/query.ts'
import { cacheQuery, cacheStatistics } from '../metrics/routes.ts'
import type * as answers from './answers.ts'
import { type CollectionCounter, readCounts } from './database-counts.ts'
import { requestStatistics, STATISTICS_WINDOW_MS } from './request-statistics.ts'

/** What the overview is made from. */
export interface OverviewSources {
  readonly metrics: MetricsReader
  readonly catalog: Catalog
  /** Undefined: not configured. */
  readonly mongodb: (() => CollectionCounter) | undefined
  readonly cacheEnabled: boolean
  readonly cache: () => Pick<Cache, 'getOrCompute'>
  readonly ledger: () => Pick<AlertLedgerClient, 'status'>
  readonly log: Logger
  readonly clock: Clock
}

/** A part that could not be had; the others are shown all the same. */
const UNAVAILABLE = { status: 'unavailable' } as const

const SOURCE_TIMEOUT_MS = 6 * SECOND_MS

/**
 * The body of `GET /admin/metrics`: cache and database as in the documents, then requests by route, alerts and
 * scheduler. Each part is read for itself, at the same time, and may be `unavailable` for itself.
 */
export async function readOverview(sources: OverviewSources): Promise<z.infer<typeof answers.overview>> {
  const { mongodb, cache } = sources
  const [measured, database, status] = await Promise.all([
    part('metrics', sources, () => readMeasured(sources)),
    mongodb
      ? part('database', sources, () => readDatabase(cache(), mongodb()))
      : { status: 'disabled' as const },
    part('alerts', sources, () => readAlerts(sources)),
  ])
  return {
    cache: 'status' in measured ? measured : measured.cache,
    database,
    requests: 'status' in measured ? measured : measured.requests,
    alerts: 'status' in status ? status : status.alerts,
    scheduler: 'status' in status ? status : status.scheduler,
  }
}

async function readMeasured({ metrics, catalog, cacheEnabled, clock }: OverviewSources) {
  const toMs = clock() + MINUTE_MS // the minute under way included
  const { windows, series } = await metrics.read({
    windows: [{ fromMs: toMs - STATISTICS_WINDOW_MS, toMs }],
    series: cacheQuery(catalog),
  })
  return {
    cache: cacheEnabled ? cacheStatistics(series) : { status: 'disabled' as const },
    requests: {
      window_seconds: STATISTICS_WINDOW_MS / SECOND_MS,
      routes: requestStatistics(windows[0] ?? []),
    },
  }
}

async function readDatabase(cache: Pick<Cache, 'getOrCompute'>, counter: CollectionCounter) {
  const counts = await readCounts(cache, counter)
  if (!counts.ok) throw new Error(counts.error.message)
  return { collections: counts.value.collections, total_documents: counts.value.totalDocuments }
}

async function readAlerts({ ledger }: OverviewSources) {
  const { active, notifications, scheduler } = await ledger().status()
  return {
    alerts: { active: active.map(activeJson), notifications },
    scheduler: schedulerJson(scheduler),
  }
}

async function part<T extends object>(
  name: string,
  { log }: OverviewSources,
  read: () => Promise<T>,
): Promise<T | typeof UNAVAILABLE> {
  try {
    const answer = await within(SOURCE_TIMEOUT_MS, read())
    if (answer.ok) return answer.value
    log.warn('admin_part_unavailable', { part: name, reason: answer.error.message })
  } catch (error) {
    log.warn('admin_part_unavailable', { part: name, error })
  }
  return UNAVAILABLE
}
