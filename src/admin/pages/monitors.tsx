import type { MonitorConfig } from '../../config/monitors.ts'
import { DAY_MS, MINUTE_MS } from '../../lib/clock.ts'
import { formatDuration } from '../../lib/duration.ts'
import { ok } from '../../lib/result.ts'
import { warningsOf } from '../../monitors/json.ts'
import type { MonitorHistory, MonitorState, MonitorStatus } from '../../monitors/model.ts'
import { uptimePercent, uptimeRatio } from '../../monitors/model.ts'
import { unpackHistories } from '../../monitors/packed-history.ts'
import type { MonitorsReport } from '../../monitors/ports.ts'
import { Chart } from './chart.tsx'
import { Badge, Empty, Figure, Part, Table, Time, type Tone } from './elements.tsx'
import { formatValue } from './format.ts'
import { MaintenanceList } from './maintenance.tsx'
import { formsOf, type PageHandler, type PageKit } from './page-kit.tsx'

/** The colours of the states. */
export const MONITOR_TONES: Readonly<Record<MonitorState, Tone>> = {
  up: 'good',
  degraded: 'warning',
  down: 'bad',
  unknown: 'off',
  maintenance: 'info',
}

/** Everything that is known of the monitors. */
interface MonitorsView {
  readonly report: MonitorsReport
  readonly histories: readonly MonitorHistory[]
}

/** Each monitor as it is now, leading to its history. */
const MonitorTable = ({
  view: { report, histories },
  monitors,
  now,
}: {
  view: MonitorsView
  monitors: readonly MonitorConfig[]
  now: number
}) => {
  if (monitors.length === 0) {
    return (
      <Empty>
        No monitors are configured. Add one to <code>monitors</code> in <code>edgewatch.config.ts</code>, or
        set the variables of those that are switched off.
      </Empty>
    )
  }
  const nameOf = (id: string) => monitors.find((each) => each.id === id)?.name ?? id
  return (
    <Table
      label="Monitors"
      columns={['Monitor', 'State', 'For', { number: 'Uptime, 90 days' }, 'Seen from', 'Why']}
    >
      {monitors.map(({ id, name }) => {
        const status = report.monitors.find((each) => each.id === id)
        const state = status?.state ?? 'unknown'
        const days = histories.find((each) => each.id === id)?.days ?? []
        return (
          <tr>
            <th scope="row">
              <a href={`/admin/pages/monitors?${new URLSearchParams({ monitor: id })}`}>{name}</a>
            </th>
            <td>
              <Badge tone={MONITOR_TONES[state]}>{state}</Badge>
            </td>
            <td class="nowrap">
              {status?.sinceMs === undefined ? '–' : formatDuration(now - status.sinceMs)}
            </td>
            <td class="number">{uptimeText(days)}</td>
            <td>{status ? <Regions status={status} /> : 'nowhere yet'}</td>
            <td class="text">
              {status && isRecovering(status)
                ? 'answers again; at least one more good check to come'
                : (status?.reason ?? '–')}
              {status?.blockedBy !== undefined && ` (depends on ${nameOf(status.blockedBy)}, which is down)`}
            </td>
          </tr>
        )
      })}
    </Table>
  )
}

/** Whether all regions that see a monitor down have had a good check since: it takes some in a row to be up again. */
const isRecovering = ({ seen, reason, regions }: MonitorStatus): boolean =>
  seen === 'down' &&
  reason === undefined &&
  regions.every(({ state, last }) => state !== 'down' || last?.outcome === 'up')

const Regions = ({ status: { regions } }: { status: MonitorStatus }) => (
  <ul class="plain">
    {regions.map(({ region, colo, state, last }) => (
      <li>
        {region === 'internal' ? 'Edgewatch itself' : region}
        {colo !== undefined && (
          <>
            {' '}
            <abbr title={`Runs in Cloudflare's data center ${colo}`}>{colo}</abbr>
          </>
        )}{' '}
        <span class="dim">{last?.latencyMs === undefined ? state : formatValue(last.latencyMs, 'ms')}</span>
      </li>
    ))}
  </ul>
)

function uptimeText(days: MonitorHistory['days']): string {
  const ratio = uptimeRatio(days)
  return ratio === undefined ? '–' : `${uptimePercent(ratio).toFixed(2)} %`
}

/** One monitor's last day and last months. */
const MonitorDetails = ({ history: { days, latency } }: { history: MonitorHistory }) => (
  <>
    <dl class="figures">
      {[1, 7, 30, 90].map((count) => (
        <Figure
          label={count === 1 ? 'Uptime, today' : `Uptime, ${count} days`}
          value={uptimeText(days.slice(-count))}
        />
      ))}
    </dl>
    <div class="charts">
      <Chart
        id="chart-latency"
        title="Time to answer, 24 hours"
        unit="ms"
        timesMs={latency.map(({ atMs }) => atMs)}
        lines={[
          { name: 'p50', values: latency.map(({ p50Ms }) => p50Ms ?? null) },
          { name: 'p95', values: latency.map(({ p95Ms }) => p95Ms ?? null) },
        ]}
        empty="It has not answered in the last 24 hours."
      />
      <Chart
        id="chart-uptime"
        title="Uptime by day"
        unit="ratio"
        timesMs={days.map(({ date }) => Date.parse(date))}
        beginsAt="lowest"
        lines={[{ name: 'Uptime', values: days.map((day) => uptimeRatio([day]) ?? null) }]}
        empty="It was not measured yet."
      />
    </div>
  </>
)

/** When the monitors were last judged, if that is long ago: what is shown is then old, too. */
const JudgedAt = ({ report: { judgedAtMs }, now }: { report: MonitorsReport; now: number }) => {
  if (judgedAtMs === undefined) return <p class="dim">They were not judged yet: the scheduler has not run.</p>
  const isLate = now - judgedAtMs > 3 * MINUTE_MS && now - judgedAtMs < 365 * DAY_MS
  return (
    <p class={isLate ? 'late' : 'dim'}>
      Last evaluated <Time atMs={judgedAtMs} /> UTC
      {isLate && `, ${formatDuration(now - judgedAtMs)} ago: the scheduler is late`}
    </p>
  )
}

/** How often the page is read anew: monitors are judged once a minute. */
const MONITORS_SECONDS = 30

/** Monitors now and over time, and maintenance. */
export function monitorsPage(kit: PageKit): PageHandler {
  const { config, uptime, clock } = kit.sources
  return async (c) => {
    const { monitors } = config
    const chosen = monitors.find(({ id }) => id === c.req.query('monitor'))
    const view = await kit.readings.read('monitors', async () => {
      const client = uptime()
      const [report, histories] = await Promise.all([
        client.report(),
        client.history(monitors.map(({ id }) => id)),
      ])
      return ok({ report, histories: unpackHistories(histories) })
    })
    return kit.render(
      c,
      'monitors',
      <>
        {chosen && (
          <Part
            id="monitor"
            title={chosen.name}
            aside={<a href="/admin/pages/monitors">Only the list</a>}
            reading={view}
            show={({ histories }) => {
              const history = histories.find(({ id }) => id === chosen.id)
              return history ? <MonitorDetails history={history} /> : <Empty>It was not measured yet.</Empty>
            }}
          />
        )}
        <Part
          id="monitors"
          title="Now"
          reading={view}
          show={(value) => (
            <>
              <MonitorTable view={value} monitors={monitors} now={clock()} />
              {monitors.length > 0 && <JudgedAt report={value.report} now={clock()} />}
              {warningsOf(value.report).map((warning) => (
                <p class="late">{warning}</p>
              ))}
            </>
          )}
        />
        <Part
          id="maintenance"
          title="Maintenance"
          reading={view}
          show={({ report }) => (
            <MaintenanceList
              windows={report.maintenance}
              monitors={monitors}
              forms={formsOf(c)}
              now={clock()}
            />
          )}
        />
      </>,
      MONITORS_SECONDS,
    )
  }
}
