import { ok } from '../../lib/result.ts'
import type { GroupSummary } from '../../push/store.ts'
import { ActOn, Badge, Empty, Part, Table, Time } from './elements.tsx'
import { formatValue } from './format.ts'
import { ACTIONS, Csrf } from './forms.tsx'
import type { PageHandler, PageKit } from './page-kit.tsx'

/** The groups that applications pushed, each with what it holds and a way to delete it. */
const PushedGroups = ({
  groups,
  isEnabled,
  csrfToken,
}: {
  groups: readonly GroupSummary[]
  /** Whether anything can be pushed. */
  isEnabled: boolean
  csrfToken: string | undefined
}) => {
  if (groups.length === 0) {
    return (
      <Empty>
        {isEnabled ? (
          <>
            Nothing was pushed. Applications push to <code>/metrics/job/&lt;job&gt;</code>, as to a
            Pushgateway.
          </>
        ) : (
          <>
            Nothing can be pushed: it is switched off until <code>INGEST_TOKEN</code> is set.
          </>
        )}
      </Empty>
    )
  }
  return (
    <ul class="cards">
      {groups.map((group) => (
        <Group group={group} csrfToken={csrfToken} />
      ))}
    </ul>
  )
}

const Group = ({
  group: { labels, pushedAtMs, failedAtMs, expiresAtMs, metrics },
  csrfToken,
}: {
  group: GroupSummary
  csrfToken: string | undefined
}) => {
  const name = Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(', ')
  const failedLast = failedAtMs !== undefined && failedAtMs > (pushedAtMs ?? 0)
  const samples = metrics.reduce((sum, each) => sum + each.samples, 0)
  return (
    <li>
      <h3>
        <code>{name}</code> {failedLast && <Badge tone="bad">last push failed</Badge>}
      </h3>
      <p class="dim">
        {pushedAtMs === undefined ? (
          'Never pushed successfully'
        ) : (
          <>
            Pushed at <Time atMs={pushedAtMs} /> UTC
          </>
        )}
        {failedAtMs !== undefined && (
          <>
            , failed at <Time atMs={failedAtMs} /> UTC
          </>
        )}
        {expiresAtMs !== undefined && (
          <>
            , goes away at <Time atMs={expiresAtMs} /> UTC
          </>
        )}
      </p>
      <div class="acts">
        <details>
          <summary>
            {counted(metrics.length, 'metric')}, {counted(samples, 'sample')}
          </summary>
          <Table label={`Metrics of ${name}`} columns={['Metric', 'Type', { number: 'Samples' }]}>
            {metrics.map((metric) => (
              <tr>
                <th scope="row">{metric.name}</th>
                <td>{metric.type}</td>
                <td class="number">{metric.samples}</td>
              </tr>
            ))}
          </Table>
        </details>
        <details>
          <summary>
            <ActOn verb="Delete" what={name} />
          </summary>
          <form method="post" action={ACTIONS.deleteGroup} class="fields">
            <Csrf token={csrfToken} />
            <input type="hidden" name="labels" value={JSON.stringify(labels)} />
            <p>Its series go away from /metrics, until it is pushed again.</p>
            <button type="submit">Delete the group</button>
          </form>
        </details>
      </div>
    </li>
  )
}

/** The groups that applications pushed. */
export function pushedPage(kit: PageKit): PageHandler {
  const { pushed, environment } = kit.sources
  return async (c) => {
    const groups = await kit.readings.read('pushed', async () => ok(await pushed().list()))
    return kit.render(
      c,
      'pushed',
      <Part
        id="groups"
        title="Groups"
        reading={groups}
        show={(value) => (
          <PushedGroups
            groups={value}
            isEnabled={environment.ingestTokens.length > 0}
            csrfToken={c.get('session')?.csrfToken}
          />
        )}
      />,
    )
  }
}

const counted = (number: number, what: string): string =>
  `${formatValue(number, 'count')} ${what}${number === 1 ? '' : 's'}`
