import type { Silence } from '../../alerts/model.ts'
import type { ActiveAlert, AlertsOverview } from '../../alerts/status.ts'
import { monitorAlertId } from '../../config/names.ts'
import { DAY_MS } from '../../lib/clock.ts'
import { formatDuration } from '../../lib/duration.ts'
import { ok } from '../../lib/result.ts'
import { Badge, Empty, Part, severityTone, TableScroll, Time } from './elements.tsx'
import { ACTIONS, Csrf, Notice } from './forms.tsx'
import { IncidentsList } from './incidents.tsx'
import type { PageHandler, PageKit } from './page-kit.tsx'

/** For how long an alert may be silenced by a click. */
const SILENCE_TIMES = [
  ['30m', '30 minutes'],
  ['1h', '1 hour'],
  ['4h', '4 hours'],
  ['24h', '1 day'],
  ['7d', '7 days'],
] as const

/** What fires or is about to, with what can be done about it. */
const ActiveAlerts = ({
  overview: { active, scheduler },
  csrfToken,
  now,
}: {
  overview: AlertsOverview
  csrfToken: string | undefined
  now: number
}) => {
  if (active.length > 0) {
    return (
      <ul class="cards">
        {active.map((alert) => (
          <ActiveCard alert={alert} csrfToken={csrfToken} now={now} />
        ))}
      </ul>
    )
  }
  if (scheduler.lastRunAtMs === undefined) {
    return <Empty>No rule was evaluated yet: the scheduler has not run.</Empty>
  }
  return (
    <Empty>
      Nothing fires. The rules were last evaluated at <Time atMs={scheduler.lastRunAtMs} /> UTC.
    </Empty>
  )
}

const ActiveCard = ({
  alert,
  csrfToken,
  now,
}: {
  alert: ActiveAlert
  csrfToken: string | undefined
  now: number
}) => (
  <li id={alert.alert}>
    <h3>
      <Badge tone={alert.state === 'pending' ? 'off' : severityTone(alert.severity)}>
        {alert.state === 'pending' ? `pending ${alert.severity}` : alert.severity}
      </Badge>{' '}
      {alert.summary}
    </h3>
    <p class="dim">
      <code>{alert.alert}</code>, {alert.state === 'pending' ? 'its condition holds' : 'firing'} for{' '}
      {formatDuration(now - alert.sinceMs)}, since <Time atMs={alert.sinceMs} /> UTC
      {alert.value !== undefined && `. Last measured: ${alert.value}`}
    </p>
    <p class="dim">
      {alert.state === 'firing' && (
        <>{alert.told.length > 0 ? `Told: ${alert.told.join(', ')}.` : 'Nobody was told.'} </>
      )}
      {alert.heldBack !== undefined && `Held back: ${alert.heldBack}. `}
      {alert.silenced && alert.heldBack === undefined && 'Silenced. '}
      {alert.acknowledged && (
        <>
          Acknowledged{alert.acknowledged.by && ` by ${alert.acknowledged.by}`} at{' '}
          <Time atMs={alert.acknowledged.atMs} /> UTC
          {alert.acknowledged.note && `: ${alert.acknowledged.note}`}.
        </>
      )}
    </p>
    <div class="acts">
      {alert.state === 'firing' && !alert.acknowledged && (
        <details>
          <summary>Acknowledge {alert.alert}</summary>
          <form method="post" action={ACTIONS.acknowledge} class="fields">
            <Csrf token={csrfToken} />
            <input type="hidden" name="alert" value={alert.alert} />
            <Who />
            <label class="wide">
              <span>Note (if any)</span>
              <input name="note" maxlength={500} />
            </label>
            <button type="submit">Acknowledge</button>
          </form>
        </details>
      )}
      {!alert.silenced && (
        <details>
          <summary>Silence {alert.alert}</summary>
          <form method="post" action={ACTIONS.silence} class="fields">
            <Csrf token={csrfToken} />
            <input type="hidden" name="alert" value={alert.alert} />
            <SilenceFields />
          </form>
        </details>
      )}
    </div>
  </li>
)

const Who = () => (
  <label>
    <span>Your name (if you like)</span>
    <input name="by" maxlength={100} autocomplete="name" />
  </label>
)

const SilenceFields = () => (
  <>
    <label>
      <span>For</span>
      <select name="for">
        {SILENCE_TIMES.map(([value, label]) => (
          <option value={value}>{label}</option>
        ))}
      </select>
    </label>
    <label class="wide">
      <span>Reason</span>
      <input name="reason" maxlength={500} required />
    </label>
    <Who />
    <button type="submit">Silence</button>
  </>
)

/** What is silenced, and a form to silence an alert before it fires. */
const Silences = ({
  silences,
  alerts,
  csrfToken,
}: {
  silences: readonly Silence[]
  /** All that there are. */
  alerts: readonly string[]
  csrfToken: string | undefined
}) => (
  <>
    {silences.length === 0 ? (
      <Empty>Nothing is silenced.</Empty>
    ) : (
      <TableScroll label="Silences">
        <table>
          <thead>
            <tr>
              {['What', 'Until (UTC)', 'Why', 'By'].map((name) => (
                <th scope="col">{name}</th>
              ))}
              <td />
            </tr>
          </thead>
          <tbody>
            {silences.map((silence) => (
              <tr>
                <th scope="row">{matcherText(silence)}</th>
                <td>
                  <Time atMs={silence.untilMs} />
                </td>
                <td>{silence.reason}</td>
                <td>{silence.by ?? '–'}</td>
                <td class="number">
                  <form method="post" action={ACTIONS.unsilence}>
                    <Csrf token={csrfToken} />
                    <input type="hidden" name="id" value={silence.id} />
                    <button type="submit" class="quiet">
                      End<span class="hidden"> the silence of {matcherText(silence)}</span>
                    </button>
                  </form>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    )}
    {alerts.length > 0 && (
      <details>
        <summary>Silence an alert</summary>
        <form method="post" action={ACTIONS.silence} class="fields">
          <Csrf token={csrfToken} />
          <label>
            <span>Alert</span>
            <select name="alert">
              {alerts.map((alert) => (
                <option value={alert}>{alert}</option>
              ))}
            </select>
          </label>
          <SilenceFields />
        </form>
      </details>
    )}
  </>
)

function matcherText({ matcher: { alert, severity, labels = {} } }: Silence): string {
  const parts = [
    ...(alert === undefined ? [] : [alert]),
    ...(severity === undefined ? [] : [`severity ${severity}`]),
    ...Object.entries(labels).map(([name, value]) => `${name} = ${value}`),
  ]
  return parts.join(', ')
}

/** How many of what was delivered are shown. */
const DELIVERIES_SHOWN = 50

/** What was told to whom: what waits, what was given up, what was delivered. */
const Deliveries = ({ outbox }: Pick<AlertsOverview, 'outbox'>) => {
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
      <TableScroll label="Deliveries">
        <table>
          <thead>
            <tr>
              {['When (UTC)', 'Receiver', 'State', 'What', 'Tries', 'What went wrong'].map((name) => (
                <th scope="col">{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
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
                <td>{each.attempts}</td>
                <td>{each.lastError ?? '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
      {rows.length > DELIVERIES_SHOWN && (
        <p class="dim">
          The latest {DELIVERIES_SHOWN} of {rows.length}; all of them are in <a href="/admin/alerts">JSON</a>.
        </p>
      )}
    </>
  )
}

/** What fires, what happened, and who was told. */
export function alertsPage(kit: PageKit): PageHandler {
  const { config, ledger, incidents, clock } = kit.sources
  return async (c) => {
    const [overview, past] = await Promise.all([
      kit.readings.read('alerts', async () => ok(await ledger().overview())),
      kit.readings.read('incidents', async () => ok(await incidents.list(clock() - 7 * DAY_MS))),
    ])
    const csrfToken = c.get('session')?.csrfToken
    const alerts = [...config.alerts.rules, ...config.monitors.map(({ id }) => ({ id: monitorAlertId(id) }))]
    return kit.render(
      c,
      'alerts',
      <>
        <Notice name={c.req.query('notice')} />
        <Part
          id="active"
          title="Active"
          reading={overview}
          show={(value) => <ActiveAlerts overview={value} csrfToken={csrfToken} now={clock()} />}
        />
        <Part
          id="silences"
          title="Silences"
          reading={overview}
          show={({ silences }) => (
            <Silences silences={silences} alerts={alerts.map(({ id }) => id)} csrfToken={csrfToken} />
          )}
        />
        <Part
          id="deliveries"
          title="Delivery log, 7 days"
          reading={overview}
          show={({ outbox }) => <Deliveries outbox={outbox} />}
        />
        <Part
          id="incidents"
          title="Incidents, 7 days"
          reading={past}
          show={(value) => <IncidentsList incidents={value} now={clock()} />}
        />
      </>,
    )
  }
}
