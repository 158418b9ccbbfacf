import type { BusinessConfig, QueryResult } from '../config/business.ts'
import { DAY_MS } from '../lib/clock.ts'
import { truncate } from '../lib/text.ts'
import type { Gauge, Recorder } from '../metrics/model.ts'
import { OTHER } from '../metrics/series.ts'
import type { BusinessMetrics } from './effects.ts'
import { ACTIVITY_DAYS } from './queries.ts'

/** Rows as a database gives them. */
type Rows = readonly Readonly<Record<string, unknown>>[]

/** The answers to the three queries, under the names that the documents give their columns. */
export interface BusinessReport {
  /** When they were asked. */
  readonly askedAtMs: number
  /** Users that were active, by day in UTC: 30 days, oldest first; the last one is today, as far as it went. */
  readonly days: readonly { readonly date: string; readonly dau: number }[]
  /** Customers and their monthly revenue in US dollars, the tier with the most customers first. */
  readonly tiers: readonly { readonly tier: string; readonly customers: number; readonly mrr: number }[]
  /**
   * Monthly revenue on each day as it was last asked then: up to 90 days, oldest first, without those on which nobody
   * asked. Undefined in what was stored before this was kept.
   */
  readonly revenue?: readonly { readonly date: string; readonly mrr: number }[]
  /** Uses of the last 7 days, and how much of the framework was covered on average, in percent. */
  readonly frameworks: readonly {
    readonly framework: string
    readonly usage_count: number
    readonly avg_coverage: number | null
  }[]
}

const REVENUE_DAYS = 90
/** The longest name of a tier or a framework, in UTF-16 units; 400 of them make one row. */
const MAX_NAME_LENGTH = 200

/** Of all tiers, in US dollars. */
export const monthlyRevenue = ({ tiers }: Pick<BusinessReport, 'tiers'>): number =>
  tiers.reduce((sum, { mrr }) => sum + mrr, 0)

/** The report with the revenue of the days before, as the one before it has them. */
export function withRevenue(report: BusinessReport, before: BusinessReport | undefined): BusinessReport {
  const today = isoDate(report.askedAtMs)
  const mrr = monthlyRevenue(report)
  const past = (before?.revenue ?? []).filter(({ date }) => date < today)
  return { ...report, revenue: [...past, { date: today, mrr }].slice(-REVENUE_DAYS) }
}

/** Makes a report of the rows of `aggregations`, in their order. */
export function reportOf(
  [days = [], tiers = [], frameworks = []]: readonly Rows[],
  prices: BusinessConfig['prices'],
  now: number,
): BusinessReport {
  const dauByDate = new Map(days.map((row) => [row.date, count(row.dau)]))
  return {
    askedAtMs: now,
    days: Array.from({ length: ACTIVITY_DAYS }, (_, index) => {
      const date = isoDate(now - (ACTIVITY_DAYS - 1 - index) * DAY_MS)
      return { date, dau: dauByDate.get(date) ?? 0 }
    }),
    tiers: tiers.map((row) => {
      const tier = name(row.tier)
      const customers = count(row.customers)
      return { tier, customers, mrr: customers * (Object.hasOwn(prices, tier) ? prices[tier]! : 0) }
    }),
    frameworks: frameworks.map((row) => ({
      framework: name(row.framework),
      usage_count: count(row.usage_count),
      avg_coverage: typeof row.avg_coverage === 'number' ? row.avg_coverage : null,
    })),
  }
}

/** Sets the declared gauges that queries fill: every allowed label value, those without a row to 0 or NaN. */
export function setGauges(
  report: BusinessReport,
  config: BusinessConfig,
  metrics: BusinessMetrics,
  recorder: Recorder,
): void {
  for (const declared of config.metrics) {
    if (declared.type !== 'gauge' || declared.query === undefined) continue
    const { metric, allowed } = metrics.get(declared.name)!
    const label = metric.labels[0]!
    for (const [value, number] of gaugeValues(declared.query, report, allowed[label]!)) {
      recorder.set(metric as Gauge, { [label]: value }, number)
    }
  }
}

/** A gauge's numbers by label value; what isn't allowed is added up as `other`. */
function gaugeValues(
  query: QueryResult,
  { days, tiers, frameworks }: BusinessReport,
  allowed: readonly string[],
): Map<string, number> {
  switch (query) {
    case 'daily_active_users': {
      const [yesterday, today] = days.slice(-2).map(({ dau }) => dau)
      return sums(allowed, [
        ['today', today ?? 0],
        ['yesterday', yesterday ?? 0],
      ])
    }
    case 'customers':
      return sums(
        allowed,
        tiers.map(({ tier, customers }) => [tier, customers] as const),
      )
    case 'monthly_revenue':
      return sums(
        allowed,
        tiers.map(({ tier, mrr }) => [tier, mrr] as const),
      )
    case 'framework_usage':
      return sums(
        allowed,
        frameworks.map((each) => [each.framework, each.usage_count] as const),
      )
    case 'framework_coverage': {
      const measured = frameworks.filter(({ avg_coverage }) => avg_coverage !== null)
      const uses = sums(
        allowed,
        measured.map((each) => [each.framework, each.usage_count] as const),
      )
      const weighted = sums(
        allowed,
        measured.map((each) => [each.framework, each.usage_count * each.avg_coverage!] as const),
      )
      return new Map(Array.from(weighted, ([framework, sum]) => [framework, sum / uses.get(framework)!]))
    }
  }
}

function sums(allowed: readonly string[], rows: readonly (readonly [string, number])[]): Map<string, number> {
  const result = new Map(allowed.map((value) => [value, 0]))
  for (const [value, number] of rows) {
    const label = allowed.includes(value) ? value : OTHER
    result.set(label, (result.get(label) ?? 0) + number)
  }
  return result
}

const isoDate = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

const count = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0)

/** What something is called; a database may hold no text where we expect one. */
const name = (value: unknown): string =>
  truncate(
    typeof value === 'string'
      ? value
      : value === null || value === undefined
        ? 'none'
        : JSON.stringify(value),
    MAX_NAME_LENGTH,
  )
