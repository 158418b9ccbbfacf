import type { SeriesSelector, SeriesValue } from '../../metrics/query.ts'
import { Empty, Figure, TableScroll } from './elements.tsx'
import { formatValue } from './format.ts'

/** Every operation of the cache, and what may come of it. */
const OPERATIONS = [
  ['get', 'hit', 'Found'],
  ['get', 'miss', 'Not found'],
  ['get', 'error', 'Failed look-ups'],
  ['set', 'ok', 'Kept'],
  ['set', 'error', 'Not kept'],
  ['delete', 'ok', 'Deleted'],
  ['delete', 'error', 'Not deleted'],
] as const

/** How often each thing came of an operation, since counting began; in the order of `cacheSeries`. */
export type CacheCounts = readonly number[]

/** Asks for the counts of the metric. */
export const cacheSeries = (metric: string): SeriesSelector[] =>
  OPERATIONS.map(([operation, status]) => ({ metric, labels: { operation, status } }))

/** What the answer to `cacheSeries` tells. */
export const cacheCounts = (series: readonly (SeriesValue | undefined)[]): CacheCounts =>
  OPERATIONS.map((_, index) => series[index]?.value ?? 0)

/** The share of look-ups that found something, and each outcome. */
export const CacheTable = ({ counts }: { counts: CacheCounts }) => {
  const [hits = 0, misses = 0, failed = 0] = counts
  if (counts.every((count) => count === 0)) {
    return (
      <Empty>The cache was not used yet. It keeps, for one, the collections of the dependencies page.</Empty>
    )
  }
  return (
    <>
      <dl class="figures">
        <Figure
          label="Hit rate"
          value={hits + misses === 0 ? '–' : formatValue(hits / (hits + misses), 'ratio')}
          note="since counting began"
        />
        <Figure label="Look-ups" value={formatValue(hits + misses + failed, 'count')} />
        <Figure
          label="Failed"
          value={formatValue(failed, 'count')}
          {...(failed > 0 && { tone: 'warning' as const })}
        />
      </dl>
      <TableScroll label="Cache operations">
        <table>
          <thead>
            <tr>
              <th scope="col">Operation</th>
              <th scope="col">Outcome</th>
              <th scope="col" class="number">
                Times
              </th>
            </tr>
          </thead>
          <tbody>
            {OPERATIONS.map(([operation, , text], index) => (
              <tr>
                <th scope="row">{operation}</th>
                <td>{text}</td>
                <td class="number">{formatValue(counts[index], 'count')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    </>
  )
}
