import type { AlertsOverview, RuleStatus } from '../../alerts/status.ts'
import { Badge, Empty, PENDING_TONE, Runbook, severityTone, Table, type Tone } from './elements.tsx'

const STATES: Readonly<Record<RuleStatus['state'], readonly [tone: Tone, word: string]>> = {
  firing: ['bad', 'firing'],
  pending: [PENDING_TONE, 'pending'],
  inactive: ['good', 'fine'],
  no_data: ['warning', 'no data'],
  off: ['off', 'off'],
}

/** Every rule with what the last run measured. */
export const Rules = ({ rules }: Pick<AlertsOverview, 'rules'>) => {
  if (rules.length === 0) return <Empty>The configuration has no rules.</Empty>
  const columns = ['Rule', 'State', 'Last measured', 'Condition', 'Severity']
  const haveRunbooks = rules.some(({ runbook }) => runbook !== undefined)
  return (
    <>
      <Table label="Rules" columns={haveRunbooks ? [...columns, 'Runbook'] : columns}>
        {rules.map(({ rule, state, value, condition, severity, runbook }) => (
          <tr>
            <th scope="row">{rule}</th>
            <td>
              <Badge tone={STATES[state][0]}>{STATES[state][1]}</Badge>
            </td>
            <td>{value ?? (state === 'inactive' ? 'nothing to measure' : '–')}</td>
            <td class="text">{condition}</td>
            <td>
              <Badge tone={severityTone(severity)}>{severity}</Badge>
            </td>
            {haveRunbooks && (
              <td class="text">{runbook === undefined ? '–' : <Runbook runbook={runbook} of={rule} />}</td>
            )}
          </tr>
        ))}
      </Table>
      {rules.some(({ state }) => state === 'no_data') && (
        <p class="dim">
          A rule without data neither begins to fire nor is resolved. Either what it measures can't be
          reached, or doesn't tell (such as the memory of a Redis without <code>memoryBytes</code>), or there
          is no such metric, or none with its labels.
        </p>
      )}
    </>
  )
}
