import type { BusinessOverview } from '../../business/ports.ts'
import type { BusinessReport } from '../../business/report.ts'
import { ok } from '../../lib/result.ts'
import { Chart } from './chart.tsx'
import { Empty, Figure, Part, Section, TableScroll, Time } from './elements.tsx'
import { formatValue } from './format.ts'
import type { PageHandler, PageKit } from './page-kit.tsx'

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
    return kit.render(
      c,
      'business',
      <>
        <Part
          id="business"
          title="Customers and users"
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

const Report = ({ report: { askedAtMs, days, tiers, frameworks } }: { report: BusinessReport }) => {
  const revenue = tiers.reduce((sum, { mrr }) => sum + mrr, 0)
  const customers = tiers.reduce((sum, each) => sum + each.customers, 0)
  return (
    <>
      <dl class="figures">
        <Figure label="Active today" value={formatValue(days.at(-1)?.dau, 'count')} />
        <Figure label="Active yesterday" value={formatValue(days.at(-2)?.dau, 'count')} />
        <Figure label="Customers" value={formatValue(customers, 'count')} />
        <Figure label="Monthly revenue" value={dollars(revenue)} />
      </dl>
      <Chart
        id="chart-users"
        title="Active users by day"
        unit="count"
        timesMs={days.map(({ date }) => Date.parse(date))}
        lines={[{ name: 'Users', values: days.map(({ dau }) => dau) }]}
        empty="No user was active in the last 30 days."
      />
      <div class="charts">
        <Numbered
          title="Customers by tier"
          columns={['Tier', 'Customers', 'Monthly revenue']}
          rows={tiers.map((each) => [each.tier, formatValue(each.customers, 'count'), dollars(each.mrr)])}
          empty="There are no customers."
        />
        <Numbered
          title="Frameworks, 7 days"
          columns={['Framework', 'Uses', 'Average coverage']}
          rows={frameworks.map((each) => [
            each.framework,
            formatValue(each.usage_count, 'count'),
            each.avg_coverage === null ? '–' : formatValue(each.avg_coverage / 100, 'ratio'),
          ])}
          empty="No framework was used in the last 7 days."
        />
      </div>
      <p class="dim">
        Asked at <Time atMs={askedAtMs} /> UTC
      </p>
    </>
  )
}

/** A table of which all columns but the first are numbers. */
const Numbered = ({
  title,
  columns,
  rows,
  empty,
}: {
  title: string
  columns: readonly string[]
  rows: readonly (readonly string[])[]
  empty: string
}) => (
  <div>
    <h3>{title}</h3>
    {rows.length === 0 ? (
      <Empty>{empty}</Empty>
    ) : (
      <TableScroll label={title}>
        <table>
          <thead>
            <tr>
              {columns.map((name, index) => (
                <th scope="col" class={index > 0 ? 'number' : ''}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([first, ...rest]) => (
              <tr>
                <th scope="row">{first}</th>
                {rest.map((value) => (
                  <td class="number">{value}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    )}
  </div>
)

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

const dollars = (amount: number): string => `$${formatValue(amount, 'count')}`
