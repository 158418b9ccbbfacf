import type { MonitorConfig } from '../../config/monitors.ts'
import { HOUR_MS } from '../../lib/clock.ts'
import type { Maintenance } from '../../monitors/model.ts'
import { ActOn, Badge, Empty, TableScroll, Time } from './elements.tsx'
import { ACTIONS, Choices, Csrf, FoldedForm, type FormContext, TextField } from './forms.tsx'
import { monitorOptions } from './incident-forms.tsx'

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
      <TableScroll label="Maintenance">
        <table>
          <thead>
            <tr>
              {['Title', 'From (UTC)', 'To (UTC)', 'Monitors'].map((name) => (
                <th scope="col">{name}</th>
              ))}
              <td />
            </tr>
          </thead>
          <tbody>
            {windows.map((each) => (
              <tr>
                <th scope="row">
                  {each.title} {each.fromMs <= now && now < each.toMs && <Badge tone="info">under way</Badge>}
                </th>
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
                <td class="number">
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
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    )}
    <FoldedForm
      id="announce-maintenance"
      summary="Announce maintenance"
      action={ACTIONS.announceMaintenance}
      context={forms}
      fields={(entered) => (
        <>
          <TextField
            entered={entered}
            name="title"
            label="Title, for the public"
            wide
            required
            maxLength={200}
          />
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
          <Choices
            entered={entered}
            name="monitors"
            label="Monitors (none chosen: all)"
            options={monitorOptions(monitors)}
          />
          <button type="submit">Announce</button>
        </>
      )}
    />
  </>
)

/** Such as `2026-11-21T12:03`, as a field of a time has it. */
const minutesOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 16)
