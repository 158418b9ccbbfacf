import type { ActiveAlert, AlertsOverview } from '../../alerts/status.ts'
import { formatDuration } from '../../lib/duration.ts'
import { ActOn, alertTone, Badge, Empty, Time } from './elements.tsx'
import { ACTIONS, FoldedForm, type FormContext, TextField, WhoField } from './forms.tsx'
import { SilenceFields } from './silences.tsx'

/** Each has forms: with hundreds, the page would be large and nobody could find their way. */
const ACTIVE_SHOWN = 50

/** What fires or is about to, with what can be done about it. */
export const ActiveAlerts = ({
  overview: { active, scheduler },
  forms,
  now,
}: {
  overview: AlertsOverview
  forms: FormContext
  now: number
}) => {
  if (active.length > 0) {
    return (
      <>
        <ul class="cards">
          {active.slice(0, ACTIVE_SHOWN).map((alert) => (
            <ActiveCard alert={alert} forms={forms} now={now} />
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
    <Empty>
      Nothing fires. The rules were last evaluated at <Time atMs={scheduler.lastRunAtMs} /> UTC.
    </Empty>
  )
}

const ActiveCard = ({ alert, forms, now }: { alert: ActiveAlert; forms: FormContext; now: number }) => (
  <li id={alert.alert}>
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
