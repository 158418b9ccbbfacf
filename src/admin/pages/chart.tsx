import { Empty, TableScroll } from './elements.tsx'
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
  /** What to say where no line has a value. */
  readonly empty: string
}

/**
 * A chart, and the table that it is drawn from. The script draws it from the cells of the table, so what is seen and
 * what is read can't differ; without the script there is the table.
 */
export const Chart = ({ id, title, unit, timesMs, lines, empty }: ChartProps) => {
  if (lines.every(({ values }) => values.every((value) => value === null))) {
    return (
      <figure class="chart">
        <figcaption>{title}</figcaption>
        <Empty>{empty}</Empty>
      </figure>
    )
  }
  return (
    <figure class="chart" id={id} data-chart={unit}>
      <figcaption>{title}</figcaption>
      <div class="plot" role="img" aria-label={`${title}, as a chart of the table below`} />
      <details>
        <summary>Table</summary>
        <TableScroll label={`${title}, as a table`}>
          <table>
            <thead>
              <tr>
                <th scope="col">From (UTC)</th>
                {lines.map(({ name }) => (
                  <th scope="col" class="number">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {timesMs
                .map((atMs, index) => (
                  <tr>
                    <th scope="row" data-time={atMs / 1000}>
                      {formatTime(atMs).slice(0, 16)}
                    </th>
                    {lines.map(({ values }) => (
                      <td class="number" data-value={values[index] ?? ''}>
                        {formatValue(values[index], unit)}
                      </td>
                    ))}
                  </tr>
                ))
                .reverse()}
            </tbody>
          </table>
        </TableScroll>
      </details>
    </figure>
  )
}
