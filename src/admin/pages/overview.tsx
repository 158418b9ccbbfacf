import type { LedgerStatus } from '../../alerts/status.ts'
import { formatDuration } from '../../lib/duration.ts'
import type { RequestHistory } from '../request-series.ts'
import { seriesOf } from '../request-series.ts'
import { severityTone } from './alerts.tsx'
import { Chart } from './chart.tsx'
import { Badge, Empty, Figure, Time } from './elements.tsx'
import { formatValue } from './format.ts'

/** What fires, in short. */
export const FiringAlerts = ({ status, now }: { status: LedgerStatus; now: number }) => {
  const { active, scheduler } = status
  if (active.length === 0) {
    return (
      <Empty>
        {scheduler.lastRunAtMs === undefined
          ? 'No rule was evaluated yet: the scheduler has not run.'
          : 'Nothing fires.'}
      </Empty>
    )
  }
  return (
    <ul class="rows">
      {active.map((each) => (
        <li>
          <Badge tone={severityTone(each.severity)}>
            {each.state === 'pending' ? 'pending' : each.severity}
          </Badge>
          <span>
            <a href={`/admin/pages/alerts#${each.alert}`}>{each.alert}</a> {each.summary}
          </span>
          <span class="dim">
            {formatDuration(now - each.sinceMs)}
            {each.acknowledged && ', acknowledged'}
            {each.silenced && ', silenced'}
          </span>
        </li>
      ))}
    </ul>
  )
}

/** The last hour of requests. */
export const RequestSummary = ({ history }: { history: RequestHistory }) => {
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

/** How the cron and the outbox do. */
export const Scheduler = ({ status: { scheduler, notifications } }: { status: LedgerStatus }) => (
  <dl class="figures">
    <Figure
      label="Last run"
      value={scheduler.lastOutcome ?? 'none yet'}
      {...(scheduler.lastRunAtMs !== undefined && { note: <Time atMs={scheduler.lastRunAtMs} /> })}
      {...(scheduler.lastOutcome && scheduler.lastOutcome !== 'ok' && { tone: 'warning' as const })}
    />
    <Figure
      label="Late by"
      value={scheduler.lagSeconds === undefined ? '–' : formatDuration(scheduler.lagSeconds * 1000)}
      {...((scheduler.lagSeconds ?? 0) > 180 && { tone: 'bad' as const })}
    />
    <Figure label="Notifications waiting" value={formatValue(notifications.pending, 'count')} />
    <Figure
      label="Given up"
      value={formatValue(notifications.dead, 'count')}
      {...(notifications.dead > 0 && { tone: 'bad' as const })}
    />
  </dl>
)
