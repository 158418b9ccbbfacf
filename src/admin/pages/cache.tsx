import { ok } from '../../lib/result.ts'
import type { SeriesSelector, SeriesValue } from '../../metrics/query.ts'
import { Dependency, DependencyBadge } from './dependencies.tsx'
import { Empty, Figure, Part, Section, Table } from './elements.tsx'
import { formatValue } from './format.ts'
import type { PageHandler, PageKit } from './page-kit.tsx'

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
type CacheCounts = readonly number[]

/** Asks for the counts of the metric. */
const cacheSeries = (metric: string): SeriesSelector[] =>
  OPERATIONS.map(([operation, status]) => ({ metric, labels: { operation, status } }))

/** What the answer to `cacheSeries` tells. */
const cacheCounts = (series: readonly (SeriesValue | undefined)[]): CacheCounts =>
  OPERATIONS.map((_, index) => series[index]?.value ?? 0)

/** The share of look-ups that found something, and each outcome. */
const CacheTable = ({ counts }: { counts: CacheCounts }) => {
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
      <Table label="Cache operations" columns={['Operation', 'Outcome', { number: 'Times' }]}>
        {OPERATIONS.map(([operation, , text], index) => (
          <tr>
            <th scope="row">{operation}</th>
            <td>{text}</td>
            <td class="number">{formatValue(counts[index], 'count')}</td>
          </tr>
        ))}
      </Table>
    </>
  )
}

/** What the cache is used for. */
export function cachePage(kit: PageKit): PageHandler {
  const { config, roles, metrics, catalog } = kit.sources
  return async (c) => {
    const [report, counts] = await Promise.all([
      kit.facts(),
      kit.readings.read('cache', async () => {
        const query = { windows: [], series: cacheSeries(catalog.cacheOperations.name) }
        return ok(cacheCounts((await metrics.read(query)).series))
      }),
    ])
    if (!config.redis) {
      return kit.render(
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
    return kit.render(
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
  }
}
