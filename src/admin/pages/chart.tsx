import type { Child } from 'hono/jsx'
import { DAY_MS, SECOND_MS } from '../../lib/clock.ts'
import { Empty, Table } from './elements.tsx'
import type { Unit } from './format.ts'
import { formatTime, formatValue } from './format.ts'

/** One line of a chart. */
interface ChartLine {
  readonly name: string
  /** One for each time; null where there was nothing to measure. */
  readonly values: readonly (number | null)[]
}

/** What a chart shows. */
export interface ChartProps {
  /** Unique within the page. */
  readonly id: string
  readonly title: string
  readonly unit: Unit
  /** When each step begins, oldest first; milliseconds since the epoch. */
  readonly timesMs: readonly number[]
  readonly lines: readonly ChartLine[]
  /** Where the vertical axis begins: by default at zero. */
  readonly beginsAt?: 'zero' | 'lowest'
  /** What to say where no line has a value. */
  readonly empty: string
}

/** What a chart of bars shows: one number for each of some things. */
interface BarChartProps extends Pick<ChartProps, 'id' | 'title' | 'unit' | 'empty'> {
  /** What the things are. */
  readonly of: string
  /** What the numbers are. */
  readonly name: string
  readonly bars: readonly { readonly label: string; readonly value: number | null }[]
}

/** A chart over time. */
export const Chart = ({ id, title, unit, timesMs, lines, beginsAt = 'zero', empty }: ChartProps) => {
  if (lines.every(({ values }) => values.every((value) => value === null))) {
    return <EmptyChart title={title} empty={empty} />
  }
  const areDays = timesMs.every((atMs) => atMs % DAY_MS === 0)
  const rows = timesMs.map((atMs, index) => ({
    head: (
      <th scope="row" data-time={atMs / SECOND_MS}>
        {formatTime(atMs).slice(0, areDays ? 10 : 16)}
      </th>
    ),
    values: lines.map(({ values }) => values[index] ?? null),
  }))
  return (
    <Plotted
      id={id}
      title={title}
      unit={unit}
      kind={beginsAt === 'zero' ? 'lines' : 'lines-from-lowest'}
      columns={[areDays ? 'Day (UTC)' : 'From (UTC)', ...lines.map(({ name }) => name)]}
      rows={rows.reverse()}
    />
  )
}

/** A chart of bars, in the order that is given. */
export const BarChart = ({ id, title, unit, of, name, bars, empty }: BarChartProps) => {
  if (bars.every(({ value }) => value === null)) return <EmptyChart title={title} empty={empty} />
  const rows = bars.map(({ label, value }) => ({
    head: (
      <th scope="row" data-label>
        {label}
      </th>
    ),
    values: [value],
  }))
  return <Plotted id={id} title={title} unit={unit} kind="bars" columns={[of, name]} rows={rows} />
}

const EmptyChart = ({ title, empty }: Pick<ChartProps, 'title' | 'empty'>) => (
  <figure class="chart">
    <figcaption>{title}</figcaption>
    <Empty>{empty}</Empty>
  </figure>
)

/**
 * A chart, and the table that it is drawn from. The script draws it from the cells of the table, so what is seen and
 * what is read can't differ; without the script there is the table.
 */
const Plotted = ({
  id,
  title,
  unit,
  kind,
  columns,
  rows,
}: Pick<ChartProps, 'id' | 'title' | 'unit'> & {
  kind: 'lines' | 'lines-from-lowest' | 'bars'
  columns: readonly string[]
  rows: readonly { readonly head: Child; readonly values: readonly (number | null)[] }[]
}) => (
  <figure class="chart" id={id} data-chart={unit} data-kind={kind}>
    <figcaption>{title}</figcaption>
    <div class="plot" role="img" aria-label={`${title}, as a chart of the table below`} />
    <details>
      <summary>Table</summary>
      <Table
        label={`${title}, as a table`}
        columns={columns.map((name, index) => (index > 0 ? { number: name } : name))}
      >
        {rows.map(({ head, values }) => (
          <tr>
            {head}
            {values.map((value) => (
              <td class="number" data-value={value ?? ''}>
                {formatValue(value, unit)}
              </td>
            ))}
          </tr>
        ))}
      </Table>
    </details>
  </figure>
)
