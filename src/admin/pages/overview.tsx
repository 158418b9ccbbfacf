import type { LedgerStatus } from '../../alerts/status.ts'
import { withoutLinks } from '../../config/disabled.ts'
import type { DisabledPart } from '../../config/fill.ts'
import type { Config } from '../../config/schema.ts'
import type { Facts, Roles } from '../../health/model.ts'
import { CHECK_NAMES, check, overall } from '../../health/status.ts'
import { formatDuration } from '../../lib/duration.ts'
import { ok } from '../../lib/result.ts'
import type { MonitorsReport } from '../../monitors/ports.ts'
import type { RequestHistory } from '../request-series.ts'
import { seriesOf } from '../request-series.ts'
import { TIME_RANGES } from '../time-range.ts'
import { Chart } from './chart.tsx'
import { alertTone, Badge, Empty, Figure, Part, Runbook, Time } from './elements.tsx'
import { formatValue } from './format.ts'
import { MONITOR_TONES } from './monitors.tsx'
import type { PageHandler, PageKit } from './page-kit.tsx'

const ALERTS_SHOWN = 8

/** What fires, in short. */
const FiringAlerts = ({ status, now }: { status: LedgerStatus; now: number }) => {
  const { active, scheduler } = status
  if (active.length === 0) {
    return (
      <Empty>
        {scheduler.lastRunAtMs === undefined
          ? 'No rule was evaluated yet: the scheduler has not run.'
          : 'No active alerts.'}
      </Empty>
    )
  }
  return (
    <ul class="rows">
      {active.slice(0, ALERTS_SHOWN).map((each) => (
        <li>
          <Badge tone={alertTone(each)}>{each.state === 'pending' ? 'pending' : each.severity}</Badge>
          <span>
            <a href={`/admin/pages/alerts?${new URLSearchParams({ alert: each.alert })}`}>{each.alert}</a>{' '}
            {each.summary}
            {each.runbook !== undefined && (
              <>
                {' · '}
                <Runbook runbook={each.runbook} of={each.alert} />
              </>
            )}
          </span>
          <span class="dim">
            {formatDuration(now - each.sinceMs)}
            {each.acknowledged && ', acknowledged'}
            {each.silenced && ', silenced'}
          </span>
        </li>
      ))}
      {active.length > ALERTS_SHOWN && (
        <li>
          <span />
          <a href="/admin/pages/alerts">and {active.length - ALERTS_SHOWN} more</a>
        </li>
      )}
    </ul>
  )
}

const CHECK_TONES = {
  healthy: 'good',
  warning: 'warning',
  unhealthy: 'bad',
  unknown: 'off',
  disabled: 'off',
} as const
const STATUS_TONES = { healthy: 'good', degraded: 'warning', unhealthy: 'bad' } as const

/** The service as a whole, and each thing that is checked. */
const Health = ({
  facts,
  roles,
  disabled,
  now,
}: {
  facts: Facts
  roles: Roles
  disabled: readonly DisabledPart[]
  now: number
}) => {
  const checks = check(facts, roles, now)
  const status = overall(checks, CHECK_NAMES)
  return (
    <ul class="rows">
      <li>
        <Badge tone={STATUS_TONES[status]}>{status}</Badge>
        <strong>The service</strong>
      </li>
      {CHECK_NAMES.filter((name) => checks[name].state !== 'disabled').map((name) => (
        <li>
          <Badge tone={CHECK_TONES[checks[name].state]}>{checks[name].state}</Badge>
          <span>
            {name} {checks[name].message !== undefined && <span class="dim">{checks[name].message}</span>}
          </span>
        </li>
      ))}
      {disabled.length > 0 && (
        <li>
          <Badge tone="off">off</Badge>
          <span>
            <a href="/admin/pages/settings#disabled">Not configured</a>{' '}
            <span class="dim">
              {disabled.map(({ part, missing }) => `${part} (${missing.join(', ')})`).join(', ')}
            </span>
          </span>
        </li>
      )}
    </ul>
  )
}

/** The last hour of requests. */
const RequestSummary = ({ history }: { history: RequestHistory }) => {
  const { points, total } = seriesOf(history)
  const none = total.requests === 0
  return (
    <>
      <dl class="figures">
        <Figure label="Rate" value={formatValue(total.rate_per_second, 'per-second')} />
        <Figure
          label="Failed"
          value={none ? '–' : formatValue(total.error_ratio, 'ratio')}
          {...(total.error_ratio > 0.05 && { tone: 'bad' as const })}
        />
        <Figure label="p95" value={formatValue(total.p95_ms, 'ms')} />
      </dl>
      <Chart
        id="chart-rate"
        title="Requests per second"
        unit="per-second"
        timesMs={points.map(({ fromMs }) => fromMs)}
        lines={[{ name: 'Requests', values: points.map((each) => (none ? null : each.rate_per_second)) }]}
        empty="No requests in the last hour. The chart begins with the first one."
      />
    </>
  )
}

/** The worst first; those that are up need nobody. */
const NOT_UP = ['down', 'degraded', 'unknown', 'maintenance'] as const
const MONITORS_SHOWN = 6

/** The monitors that are not up, and how many the others are. */
const MonitorSummary = ({ report, monitors }: { report: MonitorsReport; monitors: Config['monitors'] }) => {
  const states = Map.groupBy(monitors, ({ id }) => {
    return report.monitors.find((each) => each.id === id)?.state ?? 'unknown'
  })
  const notUp = NOT_UP.flatMap((state) => (states.get(state) ?? []).map((each) => ({ ...each, state })))
  const up = states.get('up')?.length ?? 0
  const more = notUp.length - MONITORS_SHOWN
  return (
    <ul class="rows">
      {notUp.slice(0, MONITORS_SHOWN).map(({ id, name, state }) => (
        <li>
          <Badge tone={MONITOR_TONES[state]}>{state}</Badge>
          <span>
            <a href={`/admin/pages/monitors?${new URLSearchParams({ monitor: id })}`}>{name}</a>{' '}
            <span class="dim">{report.monitors.find((each) => each.id === id)?.reason}</span>
          </span>
        </li>
      ))}
      {more > 0 && (
        <li>
          <span />
          <a href="/admin/pages/monitors">and {more} more</a>
        </li>
      )}
      {up > 0 && (
        <li>
          <Badge tone="good">up</Badge>
          <span>
            {notUp.length === 0
              ? up === 1
                ? 'The monitor'
                : `All ${up} monitors`
              : `${up} of ${monitors.length}`}
          </span>
        </li>
      )}
    </ul>
  )
}

/** How the cron and the outbox do. */
const Scheduler = ({ status: { scheduler, notifications } }: { status: LedgerStatus }) => (
  <dl class="figures">
    <Figure
      label="Last run"
      value={scheduler.lastOutcome ?? 'none yet'}
      {...(scheduler.lastRunAtMs !== undefined && { note: <Time atMs={scheduler.lastRunAtMs} /> })}
      {...(scheduler.lastOutcome && scheduler.lastOutcome !== 'ok' && { tone: 'warning' as const })}
    />
    <Figure
      label="Scheduler lag"
      value={scheduler.lagSeconds === undefined ? '–' : formatDuration(scheduler.lagSeconds * 1000)}
      {...((scheduler.lagSeconds ?? 0) > 180 && { tone: 'bad' as const })}
    />
    <Figure label="Pending" value={formatValue(notifications.pending, 'count')} />
    <Figure
      label="Failed"
      value={formatValue(notifications.dead, 'count')}
      {...(notifications.dead > 0 && { tone: 'bad' as const })}
    />
  </dl>
)

/** The first page: what needs somebody now. */
export function overviewPage(kit: PageKit): PageHandler {
  const { config, roles, ledger, uptime, clock } = kit.sources
  const disabled = withoutLinks(kit.sources.disabled)
  return async (c) => {
    const [history, status, known, monitors] = await Promise.all([
      kit.requests(TIME_RANGES[0]!),
      kit.readings.read('alert status', async () => ok(await ledger().status())),
      kit.facts(),
      kit.readings.read('monitors report', async () => ok(await uptime().report())),
    ])
    return kit.render(
      c,
      'overview',
      <>
        <div class="parts">
          <div>
            <Part
              id="firing"
              title="Alerts"
              aside={<a href="/admin/pages/alerts">All alerts</a>}
              reading={status}
              show={(value) => <FiringAlerts status={value} now={clock()} />}
            />
            {config.monitors.length > 0 && (
              <Part
                id="monitors"
                title="Monitors"
                aside={<a href="/admin/pages/monitors">All monitors</a>}
                reading={monitors}
                show={(report) => <MonitorSummary report={report} monitors={config.monitors} />}
              />
            )}
            <Part
              id="scheduler"
              title="Scheduler and notifications"
              reading={status}
              show={(value) => <Scheduler status={value} />}
            />
          </div>
          <Part
            id="health"
            title="Health"
            reading={known}
            show={(value) => <Health facts={value} roles={roles} disabled={disabled} now={clock()} />}
          />
        </div>
        <Part
          id="requests"
          title="Requests, last hour"
          aside={<a href="/admin/pages/requests">By route and over time</a>}
          reading={history}
          show={(value) => <RequestSummary history={value} />}
        />
      </>,
    )
  }
}
