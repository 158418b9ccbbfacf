import type { MonitorConfig } from '../../config/monitors.ts'
import { HOUR_MS } from '../../lib/clock.ts'
import type { Maintenance } from '../../monitors/model.ts'
import { ActOn, Badge, Empty, Table, Time } from './elements.tsx'
import { ACTIONS, Csrf, FoldedForm, type FormContext, TextField } from './forms.tsx'
import { MonitorsField, TitleField } from './incident-forms.tsx'

/** Maintenance that is under way or near, and a form to announce more. */
export const MaintenanceList = ({
  windows,
  monitors,
  forms,
  now,
}: {
  windows: readonly Maintenance[]
  monitors: readonly MonitorConfig[]
  forms: FormContext
  now: number
}) => (
  <>
    {windows.length === 0 ? (
      <Empty>No maintenance is under way or planned.</Empty>
    ) : (
      <Table label="Maintenance" columns={['Title', '', 'From (UTC)', 'To (UTC)', 'Monitors']}>
        {windows.map((each) => (
          <tr>
            <th scope="row">
              {each.title} {each.fromMs <= now && now < each.toMs && <Badge tone="info">under way</Badge>}
            </th>
            <td>
              {each.id === undefined ? (
                <span class="dim">from the configuration</span>
              ) : (
                <form method="post" action={ACTIONS.withdrawMaintenance}>
                  <Csrf token={forms.csrfToken} />
                  <input type="hidden" name="id" value={each.id} />
                  <button type="submit" class="quiet">
                    <ActOn verb="Withdraw" what={each.title} />
                  </button>
                </form>
              )}
            </td>
            <td>
              <Time atMs={each.fromMs} />
            </td>
            <td>
              <Time atMs={each.toMs} />
            </td>
            <td class="text">
              {each.monitors
                .map((id) => monitors.find((monitor) => monitor.id === id)?.name ?? id)
                .join(', ') || 'all'}
            </td>
          </tr>
        ))}
      </Table>
    )}
    <FoldedForm
      id="announce-maintenance"
      summary="Announce maintenance"
      action={ACTIONS.announceMaintenance}
      context={forms}
      fields={(entered) => (
        <>
          <TitleField entered={entered} />
          <TextField
            entered={entered}
            name="from"
            label="From (UTC)"
            type="datetime-local"
            required
            before={minutesOf(now)}
          />
          <TextField
            entered={entered}
            name="to"
            label="To (UTC)"
            type="datetime-local"
            required
            before={minutesOf(now + HOUR_MS)}
          />
          <MonitorsField entered={entered} label="Monitors (none chosen: all)" monitors={monitors} />
          <button type="submit">Announce</button>
        </>
      )}
    />
  </>
)

/** Such as `2026-11-21T12:03`, as a field of a time has it. */
const minutesOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 16)
