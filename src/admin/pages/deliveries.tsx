import type { AlertsOverview } from '../../alerts/status.ts'
import { Badge, Empty, Table, Time } from './elements.tsx'

/** How many of what was delivered are shown. */
const DELIVERIES_SHOWN = 50

/** What was told to whom: what waits, what was given up, what was delivered. */
export const Deliveries = ({ outbox }: Pick<AlertsOverview, 'outbox'>) => {
  const rows = [
    ...outbox.pending.map((each) => ({
      ...each,
      tone: each.attempts > 0 ? ('warning' as const) : ('off' as const),
      state: each.attempts > 0 ? 'being retried' : 'waiting',
      atMs: each.nextAttemptAtMs,
      atText: 'next try',
    })),
    ...[
      ...outbox.dead.map((each) => ({ ...each, tone: 'bad' as const, state: 'given up' })),
      ...outbox.delivered.map((each) => ({ ...each, tone: 'good' as const, state: 'delivered' })),
    ]
      .map((each) => ({ ...each, atMs: each.settledAtMs, atText: '' }))
      .sort((a, b) => b.atMs - a.atMs),
  ]
  if (rows.length === 0) return <Empty>Nobody was told of anything in the last 7 days.</Empty>
  return (
    <>
      <Table
        label="Deliveries"
        columns={['When (UTC)', 'Receiver', 'State', 'What', { number: 'Tries' }, 'What went wrong']}
      >
        {rows.slice(0, DELIVERIES_SHOWN).map((each) => (
          <tr>
            <th scope="row">
              <Time atMs={each.atMs} /> {each.atText}
            </th>
            <td>{each.receiver}</td>
            <td>
              <Badge tone={each.tone}>{each.state}</Badge>
            </td>
            <td>
              {each.notification.alert} <span class="dim">{each.notification.kind}</span>
            </td>
            <td class="number">{each.attempts}</td>
            <td class="text">{each.lastError ?? '–'}</td>
          </tr>
        ))}
      </Table>
      {rows.length > DELIVERIES_SHOWN && (
        <p class="dim">
          The latest {DELIVERIES_SHOWN} of {rows.length}; all of them are in <a href="/admin/alerts">JSON</a>.
        </p>
      )}
    </>
  )
}
