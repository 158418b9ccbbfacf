import type { BusinessOverview } from '../../business/ports.ts'
import type { BusinessReport } from '../../business/report.ts'
import { monthlyRevenue } from '../../business/report.ts'
import { ok } from '../../lib/result.ts'
import { BarChart, Chart } from './chart.tsx'
import { Empty, Figure, Part, Section, Time } from './elements.tsx'
import { formatValue } from './format.ts'
import { ACTIONS, Csrf } from './forms.tsx'
import { formsOf, type PageHandler, type PageKit } from './page-kit.tsx'

/** The queries are asked once an hour; what waits changes with each event. */
const BUSINESS_SECONDS = 60

/** Users, customers and revenue, and the events that wait. */
export function businessPage(kit: PageKit): PageHandler {
  const { business } = kit.sources
  return async (c) => {
    if (!business) {
      return kit.render(
        c,
        'business',
        <Section id="business" title="Business">
          <Empty>
            Nothing is configured: there is no <code>business</code> in <code>edgewatch.config.ts</code>.
          </Empty>
        </Section>,
      )
    }
    const overview = await kit.readings.read('business', async () => ok(await business.queue().overview()))
    const { csrfToken } = formsOf(c)
    return kit.render(
      c,
      'business',
      <>
        <Part
          id="business"
          title="Customers and users"
          aside={business.asksDatabase && <AskNow csrfToken={csrfToken} />}
          reading={overview}
          show={(value) => <Numbers overview={value} asksDatabase={business.asksDatabase} />}
        />
        <Part
          id="events"
          title="Events"
          reading={overview}
          show={({ backlog, maxBacklog }) => <Backlog backlog={backlog} maxBacklog={maxBacklog} />}
        />
      </>,
      BUSINESS_SECONDS,
    )
  }
}

const AskNow = ({ csrfToken }: { csrfToken: string | undefined }) => (
  <form method="post" action={ACTIONS.refreshBusiness}>
    <Csrf token={csrfToken} />
    <button type="submit" class="quiet">
      Ask MongoDB now
    </button>
  </form>
)

const Numbers = ({
  overview: { report, problem },
  asksDatabase,
}: {
  overview: BusinessOverview
  asksDatabase: boolean
}) => (
  <>
    {problem !== undefined && (
      <div class="broken" role="status">
        <p>
          <strong>MongoDB did not answer:</strong> {problem}.
        </p>
        {report && (
          <p>
            Last good at <Time atMs={report.askedAtMs} /> UTC; that is what you see.
          </p>
        )}
      </div>
    )}
    {report ? (
      <Report report={report} />
    ) : (
      <Empty>
        {asksDatabase
          ? 'MongoDB was not asked yet.'
          : 'The numbers come from MongoDB, which is not configured.'}
      </Empty>
    )}
  </>
)

const NO_CUSTOMERS = 'There are no customers.'
const NO_FRAMEWORKS = 'No framework was used in the last 7 days.'

const Report = ({
  report: { askedAtMs, days, tiers, revenue = [], frameworks },
}: {
  report: BusinessReport
}) => {
  const customers = tiers.reduce((sum, each) => sum + each.customers, 0)
  const wholeDays = days.slice(0, -1) // today would look like a fall
  return (
    <>
      <dl class="figures">
        <Figure label="Monthly revenue" value={formatValue(monthlyRevenue({ tiers }), 'dollars')} />
        <Figure label="Customers" value={formatValue(customers, 'count')} />
        <Figure label="Active today" value={formatValue(days.at(-1)?.dau, 'count')} />
        <Figure label="Active yesterday" value={formatValue(days.at(-2)?.dau, 'count')} />
      </dl>
      <div class="charts">
        <Chart
          id="chart-users"
          title="Active users by day, until yesterday"
          unit="count"
          timesMs={wholeDays.map(({ date }) => Date.parse(date))}
          lines={[{ name: 'Users', values: wholeDays.map(({ dau }) => dau) }]}
          empty="No day is over yet."
        />
        <Chart
          id="chart-revenue"
          title="Monthly revenue by day"
          unit="dollars"
          timesMs={revenue.map(({ date }) => Date.parse(date))}
          // A line needs two days.
          lines={[{ name: 'Revenue', values: revenue.map((day) => (revenue.length > 1 ? day.mrr : null)) }]}
          empty="It is kept from today on, a number for each day; the line begins with the second one."
        />
        <BarChart
          id="chart-tiers"
          title="Monthly revenue by tier"
          unit="dollars"
          of="Tier"
          name="Revenue"
          bars={tiers.map((each) => ({ label: each.tier, value: each.mrr }))}
          empty={NO_CUSTOMERS}
        />
        <BarChart
          id="chart-customers"
          title="Customers by tier"
          unit="count"
          of="Tier"
          name="Customers"
          bars={tiers.map((each) => ({ label: each.tier, value: each.customers }))}
          empty={NO_CUSTOMERS}
        />
        <BarChart
          id="chart-frameworks"
          title="Uses of frameworks, 7 days"
          unit="count"
          of="Framework"
          name="Uses"
          bars={frameworks.map((each) => ({ label: each.framework, value: each.usage_count }))}
          empty={NO_FRAMEWORKS}
        />
        <BarChart
          id="chart-coverage"
          title="Average coverage of frameworks, 7 days"
          unit="ratio"
          of="Framework"
          name="Coverage"
          bars={frameworks.map((each) => ({
            label: each.framework,
            value: each.avg_coverage === null ? null : each.avg_coverage / 100,
          }))}
          empty={NO_FRAMEWORKS}
        />
      </div>
      <p class="dim">
        Asked at <Time atMs={askedAtMs} /> UTC, and again each hour
      </p>
    </>
  )
}

const Backlog = ({ backlog, maxBacklog }: Pick<BusinessOverview, 'backlog' | 'maxBacklog'>) => (
  <dl class="figures">
    <Figure
      label="Waiting for MongoDB"
      value={formatValue(backlog, 'count')}
      note={`room for ${formatValue(maxBacklog, 'count')}`}
      {...(backlog > maxBacklog / 2 && { tone: 'bad' as const })}
    />
  </dl>
)
