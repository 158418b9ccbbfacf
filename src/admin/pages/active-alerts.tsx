import type { ActiveAlert, AlertsOverview } from '../../alerts/status.ts'
import { formatDuration } from '../../lib/duration.ts'
import { ActOn, alertTone, Badge, Empty, Runbook, Time } from './elements.tsx'
import { ACTIONS, FoldedForm, type FormContext, TextField, WhoField } from './forms.tsx'
import { SilenceFields } from './silences.tsx'

/** Each has forms: with hundreds, the page would be large and nobody could find their way. */
const ACTIVE_SHOWN = 50

/** What fires or is about to, with what can be done about it. */
export const ActiveAlerts = ({
  overview: { active, scheduler },
  chosen,
  forms,
  now,
}: {
  overview: AlertsOverview
  /** The alert to show first. */
  chosen: string | undefined
  forms: FormContext
  now: number
}) => {
  const isChosen = ({ alert }: ActiveAlert): boolean => alert === chosen
  if (active.length > 0) {
    return (
      <>
        {chosen !== undefined && !active.some(isChosen) && <NotActive alert={chosen} />}
        <ul class="cards">
          {[...active.filter(isChosen), ...active.filter((each) => !isChosen(each))]
            .slice(0, ACTIVE_SHOWN)
            .map((alert) => (
              <ActiveCard alert={alert} isChosen={isChosen(alert)} forms={forms} now={now} />
            ))}
        </ul>
        {active.length > ACTIVE_SHOWN && (
          <p class="dim">
            {ACTIVE_SHOWN} of {active.length}; all of them are in <a href="/admin/alerts">JSON</a>.
          </p>
        )}
      </>
    )
  }
  if (scheduler.lastRunAtMs === undefined) {
    return <Empty>No rule was evaluated yet: the scheduler has not run.</Empty>
  }
  return (
    <>
      {chosen !== undefined && <NotActive alert={chosen} />}
      <Empty>
        No active alerts. The rules were last evaluated at <Time atMs={scheduler.lastRunAtMs} /> UTC.
      </Empty>
    </>
  )
}

const NotActive = ({ alert }: { alert: string }) => (
  <p class="dim">
    <code>{alert}</code> is not active. What happened is under <a href="/admin/pages/incidents">Incidents</a>.
  </p>
)

const ActiveCard = ({
  alert,
  isChosen,
  forms,
  now,
}: {
  alert: ActiveAlert
  isChosen: boolean
  forms: FormContext
  now: number
}) => (
  <li id={alert.alert} {...(isChosen && { class: 'chosen' })}>
    <h3>
      <Badge tone={alertTone(alert)}>
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
      {alert.heldBack !== undefined && `Held back (${alert.heldBack}). `}
      {alert.silenced && alert.heldBack === undefined && 'Silenced. '}
      {alert.acknowledged && (
        <>
          Acknowledged{alert.acknowledged.by && ` by ${alert.acknowledged.by}`} at{' '}
          <Time atMs={alert.acknowledged.atMs} /> UTC
          {alert.acknowledged.note && `: ${alert.acknowledged.note}`}.
        </>
      )}
    </p>
    {alert.runbook !== undefined && (
      <p>
        <Runbook runbook={alert.runbook} of={alert.alert} />
      </p>
    )}
    <div class="acts">
      {alert.state === 'firing' && !alert.acknowledged && (
        <FoldedForm
          id={`acknowledge-${alert.alert}`}
          summary={<ActOn verb="Acknowledge" what={alert.alert} />}
          action={ACTIONS.acknowledge}
          context={forms}
          hidden={{ alert: alert.alert }}
          fields={(entered) => (
            <>
              <WhoField entered={entered} />
              <TextField entered={entered} name="note" label="Note (optional)" wide maxLength={500} />
              <button type="submit">Acknowledge</button>
            </>
          )}
        />
      )}
      {!alert.silenced && (
        <FoldedForm
          id={`silence-${alert.alert}`}
          summary={<ActOn verb="Silence" what={alert.alert} />}
          action={ACTIONS.silence}
          context={forms}
          hidden={{ alert: alert.alert }}
          fields={(entered) => <SilenceFields entered={entered} />}
        />
      )}
    </div>
  </li>
)
