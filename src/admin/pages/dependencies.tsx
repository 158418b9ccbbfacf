import type { DependencyDetails, DependencyReport, DependencyState, Role } from '../../health/model.ts'
import { type DatabaseCounts, readCounts } from '../database-counts.ts'
import { Badge, Empty, Figure, Part, Table, Time } from './elements.tsx'
import { formatBytes, formatValue } from './format.ts'
import type { PageHandler, PageKit } from './page-kit.tsx'

/** How a dependency is, in a word. */
export const DependencyBadge = ({ state }: { state: DependencyState }) => {
  if (state.state === 'up') return <Badge tone="good">up</Badge>
  if (state.state === 'down') return <Badge tone="bad">down</Badge>
  return <Badge tone="off">{state.state === 'unknown' ? 'unknown' : 'not configured'}</Badge>
}

/** A dependency as the last probe found it. */
export const Dependency = ({
  state,
  role,
  variable,
}: {
  state: DependencyState
  role: Role | undefined
  /** What switches it on. */
  variable: string
}) => {
  if (state.state === 'disabled') {
    return (
      <Empty>
        It is switched off, because it is not configured: set <code>{variable}</code>.
      </Empty>
    )
  }
  return (
    <>
      <p class="dim">
        {role === 'critical' ? 'Without it the service is down.' : 'Without it the service is degraded.'}
      </p>
      {state.state === 'down' && (
        <p class="down">
          It does not answer: <strong>{state.message || 'no reason is known'}</strong>.
        </p>
      )}
      {state.state === 'unknown' && <p>No probe has decided yet: {state.message}.</p>}
      {state.state === 'up' && <Details details={state.details} />}
    </>
  )
}

const Details = ({ details: { latencyMs, connections, memory, disk } }: { details: DependencyDetails }) => (
  <dl class="figures">
    <Figure label="Answers within" value={formatValue(latencyMs, 'ms')} />
    {connections && (
      <Figure
        label="Connections"
        value={formatValue(connections.current, 'count')}
        note={
          <Share
            label="Connections in use"
            used={connections.current}
            total={connections.current + connections.available}
            text={`of ${formatValue(connections.current + connections.available, 'count')}`}
          />
        }
      />
    )}
    {memory && <Bytes label="Memory" {...memory} />}
    {disk && <Bytes label="Disk" {...disk} />}
  </dl>
)

const Bytes = ({
  label,
  usedBytes,
  totalBytes,
}: {
  label: string
  usedBytes: number
  totalBytes?: number
}) => (
  <Figure
    label={label}
    value={formatBytes(usedBytes)}
    note={
      totalBytes === undefined ? (
        'of an unknown size'
      ) : (
        <Share
          label={`${label} in use`}
          used={usedBytes}
          total={totalBytes}
          text={`of ${formatBytes(totalBytes)}`}
        />
      )
    }
  />
)

const Share = ({
  label,
  used,
  total,
  text,
}: {
  label: string
  used: number
  total: number
  text: string
}) => (
  <>
    {text}
    {total > 0 && (
      <meter
        min={0}
        max={total}
        low={total * 0.8}
        high={total * 0.9}
        optimum={0}
        value={used}
        aria-label={label}
      />
    )}
  </>
)

/** When the dependencies were probed. */
const CheckedAt = ({ report }: { report: DependencyReport }) => (
  <p class="dim">
    Probed at <Time atMs={report.checkedAtMs} /> UTC
  </p>
)

/** How many documents each collection has. */
const Collections = ({ counts: { collections, totalDocuments } }: { counts: DatabaseCounts }) => {
  if (collections.length === 0) return <Empty>The database has no collections.</Empty>
  return (
    <Table
      label="Collections"
      columns={['Collection', { number: 'Documents, about' }]}
      foot={
        <tr>
          <th scope="row">All</th>
          <td class="number">{formatValue(totalDocuments, 'count')}</td>
        </tr>
      }
    >
      {collections.map(({ name, documents }) => (
        <tr>
          <th scope="row">{name}</th>
          <td class="number">{formatValue(documents, 'count')}</td>
        </tr>
      ))}
    </Table>
  )
}

/** MongoDB and Redis. */
export function dependenciesPage(kit: PageKit): PageHandler {
  const { roles } = kit.sources
  return async (c) => {
    const { mongodb, cache } = kit.sources
    const [report, counts] = await Promise.all([
      kit.facts(),
      mongodb && kit.readings.read('collections', () => readCounts(cache(), mongodb())),
    ])
    return kit.render(
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
  }
}

const DEPENDENCIES = [
  { name: 'mongodb', title: 'MongoDB', variable: 'MONGODB_URI' },
  { name: 'redis', title: 'Redis', variable: 'UPSTASH_REDIS_REST_URL' },
] as const
