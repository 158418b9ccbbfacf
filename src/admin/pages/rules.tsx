import type { AlertsOverview, RuleStatus } from '../../alerts/status.ts'
import { Badge, Empty, severityTone, Table, type Tone } from './elements.tsx'

const STATES: Readonly<Record<RuleStatus['state'], readonly [tone: Tone, word: string]>> = {
  firing: ['bad', 'firing'],
  pending: ['warning', 'pending'],
  inactive: ['good', 'fine'],
  no_data: ['warning', 'no data'],
  off: ['off', 'off'],
}

/** Every rule with what the last run measured. */
export const Rules = ({ rules }: Pick<AlertsOverview, 'rules'>) => {
  if (rules.length === 0) return <Empty>The configuration has no rules.</Empty>
  return (
    <>
      <Table label="Rules" columns={['Rule', 'State', 'Last measured', 'Condition', 'Severity']}>
        {rules.map(({ rule, state, value, condition, severity }) => (
          <tr>
            <th scope="row">{rule}</th>
            <td>
              <Badge tone={STATES[state][0]}>{STATES[state][1]}</Badge>
            </td>
            <td>{value ?? '–'}</td>
            <td class="text">{condition}</td>
            <td>
              <Badge tone={severityTone(severity)}>{severity}</Badge>
            </td>
          </tr>
        ))}
      </Table>
      {rules.some(({ state }) => state === 'no_data') && (
        <p class="dim">
          Without data a rule neither begins to fire nor is resolved. If it never has any, look for a typing
          error in its metric or labels.
        </p>
      )}
    </>
  )
}
