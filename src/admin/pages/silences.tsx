import { matches, type Silence, type Silenceable } from '../../alerts/model.ts'
import { ActOn, Empty, Table, Time } from './elements.tsx'
import {
  ACTIONS,
  Choice,
  Csrf,
  type Entered,
  FoldedForm,
  type FormContext,
  TextField,
  WhoField,
} from './forms.tsx'

/** For how long an alert may be silenced by a click. */
export const SILENCE_TIMES = [
  ['30m', '30 minutes'],
  ['1h', '1 hour'],
  ['4h', '4 hours'],
  ['24h', '1 day'],
  ['7d', '7 days'],
] as const

/** What a silence needs besides the alert. */
export const SilenceFields = ({ entered }: { entered: Entered }) => (
  <>
    <Choice entered={entered} name="for" label="For" options={SILENCE_TIMES} />
    <TextField entered={entered} name="reason" label="Reason" wide required maxLength={500} />
    <WhoField entered={entered} />
    <button type="submit">Silence</button>
  </>
)

/** What is silenced, and a form to silence an alert before it fires. */
export const Silences = ({
  silences,
  alerts,
  forms,
}: {
  silences: readonly Silence[]
  /** All that there are. */
  alerts: readonly Silenceable[]
  forms: FormContext
}) => (
  <>
    {silences.length === 0 ? (
      <Empty>Nothing is silenced.</Empty>
    ) : (
      <Table label="Silences" columns={['What', '', 'Until (UTC)', 'Why', 'By']}>
        {silences.map((silence) => (
          <tr>
            <th scope="row">
              {matcherText(silence)}{' '}
              {!alerts.some((alert) => matches(silence.matcher, alert)) && (
                <small class="late">matches nothing now</small>
              )}
            </th>
            <td>
              <form method="post" action={ACTIONS.unsilence}>
                <Csrf token={forms.csrfToken} />
                <input type="hidden" name="id" value={silence.id} />
                <button type="submit" class="quiet">
                  <ActOn verb="End" what={`the silence of ${matcherText(silence)}`} />
                </button>
              </form>
            </td>
            <td>
              <Time atMs={silence.untilMs} />
            </td>
            <td class="text">{silence.reason}</td>
            <td>{silence.by ?? '–'}</td>
          </tr>
        ))}
      </Table>
    )}
    {alerts.length > 0 && (
      <FoldedForm
        id="silence-any"
        summary="Silence an alert"
        action={ACTIONS.silence}
        context={forms}
        fields={(entered) => (
          <>
            <Choice
              entered={entered}
              name="alert"
              label="Alert"
              options={alerts.map(({ alert }) => [alert, alert])}
            />
            <SilenceFields entered={entered} />
          </>
        )}
      />
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
