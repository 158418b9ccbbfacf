import { raw } from 'hono/html'
import type { Child } from 'hono/jsx'
import { barDates, bars } from './bars.ts'
import { latencyChart } from './latency-chart.ts'
import type { PublicMonitor, PublicStatus } from './page-model.ts'
import { Incidents, Maintenance } from './page-news.tsx'
import { type Page, STATUS_PATH, shell } from './page-shell.tsx'
import {
  dayEvents,
  dayWords,
  headline,
  latencySummary,
  latencyWords,
  latestLatency,
  OVERALL_LOOK,
  percent,
  QUIET_DAY_WORDS,
  STATE_WORDS,
  tally,
  timeWords,
} from './words.ts'

/** How many of the past incidents the page shows; the feeds and `/status.json` have them all. */
const PAST_INCIDENTS = 20

/** `/status`: everything at a glance. */
export function overviewPage(status: PublicStatus): Page {
  const open = status.incidents.filter(({ resolvedAtMs }) => resolvedAtMs === undefined)
  const past = status.incidents.filter(({ resolvedAtMs }) => resolvedAtMs !== undefined)
  return shell({
    status,
    heading: `${headline(status)} – ${status.title}`,
    look: OVERALL_LOOK[status.state],
    style: barDates(status.monitors[0]?.days ?? []),
    children: (
      <>
        <div class={`banner dot ${OVERALL_LOOK[status.state]}`}>
          <div>
            <h1>{headline(status)}</h1>
            <p>{tally(status) || 'There is nothing to show yet.'}</p>
          </div>
        </div>
        <Freshness status={status} />
        {open.length > 0 && (
          <section aria-labelledby="open">
            <h2 id="open">Open incidents</h2>
            <Incidents incidents={open} now={status.atMs} />
          </section>
        )}
        {status.maintenance.length > 0 && (
          <section aria-labelledby="maintenance">
            <h2 id="maintenance">Maintenance</h2>
            <Maintenance windows={status.maintenance} />
          </section>
        )}
        {groupsOf(status.monitors).map(({ name, monitors }, index) => (
          <section aria-labelledby={`group-${index}`}>
            <h2 id={`group-${index}`}>{name}</h2>
            <div class="list">
              {monitors.map((monitor) => (
                <MonitorRow monitor={monitor} />
              ))}
            </div>
          </section>
        ))}
        {status.monitors.length > 0 && <Key withLatency />}
        <section aria-labelledby="past">
          <h2 id="past">Past incidents</h2>
          {past.length === 0 && <p class="dim">None in the last 90 days.</p>}
          <Incidents incidents={past.slice(0, PAST_INCIDENTS)} now={status.atMs} />
          {past.length > PAST_INCIDENTS && (
            <p class="dim">
              These are the latest {PAST_INCIDENTS} of {past.length} in 90 days.
            </p>
          )}
        </section>
      </>
    ),
  })
}

/** `/status/:id`: one monitor, with every day and every quarter of an hour. */
export function monitorPage(status: PublicStatus, monitor: PublicMonitor): Page {
  const { name, state, sinceMs, address, reason, days, latency } = monitor
  const incidents = status.incidents.filter(({ monitorIds }) => monitorIds.includes(monitor.id))
  const latest = latestLatency(latency)
  const chart = latencyChart(latency, 'large')
  return shell({
    status,
    heading: `${name}: ${STATE_WORDS[state]} – ${status.title}`,
    look: state,
    style: barDates(days),
    children: (
      <>
        <div class="about">
          <p class="dim">
            <a href={STATUS_PATH}>All monitors</a>
            {monitor.group && ` / ${monitor.group}`}
          </p>
          <h1>{name}</h1>
          <p class={`dot ${state}`}>
            {STATE_WORDS[state]}
            {sinceMs !== undefined && <> since {timeWords(sinceMs)} UTC</>}
            {reason && `: ${reason}`}
          </p>
          {address && <p class="dim">{address}</p>}
          <Freshness status={status} />
        </div>
        <dl class="numbers">
          {([7, 30, 90] as const).map((count) => (
            <div>
              <dt>Uptime, {count} days</dt>
              <dd>{percent(monitor.uptime[count])}</dd>
            </div>
          ))}
          <div>
            <dt>Response time, p50</dt>
            <dd>{latest?.p50Ms === undefined ? 'no data' : latencyWords(latest.p50Ms)}</dd>
          </div>
        </dl>
        <section aria-labelledby="days" class="wide">
          <h2 id="days">Last 90 days</h2>
          <Bars monitor={monitor} />
          <Key />
          <details>
            <summary>Day by day</summary>
            <table>
              <thead>
                <tr>
                  <th scope="col">Day (UTC)</th>
                  <th scope="col">Uptime</th>
                  <th scope="col">What happened</th>
                </tr>
              </thead>
              <tbody>
                {days.toReversed().map((day) => (
                  <tr>
                    <td>{dayWords(day.date)}</td>
                    <td>{percent(day.uptime)}</td>
                    <td>{dayEvents(day) ?? QUIET_DAY_WORDS[day.state]}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </details>
        </section>
        <section aria-labelledby="latency">
          <h2 id="latency">Response time, last 24 hours</h2>
          {chart ? (
            <>
              <figure>
                <div class="roomy">{raw(chart)}</div>
                <div class="tight">{raw(latencyChart(latency, 'small'))}</div>
                <figcaption class="dim">
                  <LatencyKey />
                  <p>{latencySummary(latency)} Times are in UTC.</p>
                </figcaption>
              </figure>
              <details>
                <summary>As a table</summary>
                <table>
                  <thead>
                    <tr>
                      <th scope="col">Quarter of an hour from (UTC)</th>
                      <th scope="col">p50</th>
                      <th scope="col">p95</th>
                    </tr>
                  </thead>
                  <tbody>
                    {latency.toReversed().map(({ atMs, p50Ms, p95Ms }) => (
                      <tr>
                        <td>{timeWords(atMs)}</td>
                        <td>{p50Ms === undefined ? 'no data' : latencyWords(p50Ms)}</td>
                        <td>{p95Ms === undefined ? 'no data' : latencyWords(p95Ms)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </details>
            </>
          ) : (
            <p class="dim">Nothing was measured.</p>
          )}
        </section>
        <section aria-labelledby="incidents">
          <h2 id="incidents">Incidents</h2>
          {incidents.length === 0 && <p class="dim">None in the last 90 days.</p>}
          <Incidents incidents={incidents.slice(0, PAST_INCIDENTS)} now={status.atMs} />
        </section>
      </>
    ),
  })
}

function MonitorRow({ monitor }: { readonly monitor: PublicMonitor }) {
  const { id, name, state, reason, latency } = monitor
  const eventful = monitor.days.flatMap((day) => {
    const events = dayEvents(day)
    return events ? [{ date: day.date, events }] : []
  })
  const chart = latencyChart(latency, 'small')
  const latest = latestLatency(latency)
  return (
    <article>
      <div class="head">
        <h3>
          <a href={`${STATUS_PATH}/${id}`}>{name}</a>
        </h3>
        <span class={`dot ${state}`}>{STATE_WORDS[state]}</span>
      </div>
      {reason && <p class="dim">{reason}</p>}
      <div class="body">
        <div>
          <Bars monitor={monitor} />
          {eventful.length > 0 && (
            <details>
              <summary>
                What happened on {eventful.length === 1 ? '1 day' : `${eventful.length} days`}
              </summary>
              <ul class="days">
                {eventful.toReversed().map(({ date, events }) => (
                  <li>
                    <b>{dayWords(date)}</b> {events}
                  </li>
                ))}
              </ul>
            </details>
          )}
        </div>
        <figure>
          {chart ? raw(chart) : <p class="dim">No response times in the last 24 hours.</p>}
          {latest?.p50Ms !== undefined && (
            <figcaption class="dim">
              Response time: p50 {latencyWords(latest.p50Ms)}
              {latest.p95Ms !== undefined && `, p95 ${latencyWords(latest.p95Ms)}`}
            </figcaption>
          )}
        </figure>
      </div>
    </article>
  )
}

function Bars({ monitor: { days, uptime } }: { readonly monitor: PublicMonitor }) {
  const words = uptime[90] === undefined ? 'no data' : `${percent(uptime[90])} uptime`
  return (
    <>
      <div class="bars" role="img" aria-label={`Last 90 days: ${words}`}>
        {raw(bars(days))}
      </div>
      <div class="scale dim" aria-hidden="true">
        <span class="long">90 days ago</span>
        <span class="short">45 days ago</span>
        <span>{words}</span>
        <span>Today</span>
      </div>
    </>
  )
}

/** How old all of it is: pages are kept for a while, so a relative time would be wrong. */
function Freshness({ status: { checkedAtMs, outdated } }: { readonly status: PublicStatus }) {
  const checked = checkedAtMs !== undefined && (
    <time datetime={new Date(checkedAtMs).toISOString()}>{timeWords(checkedAtMs)} UTC</time>
  )
  if (!outdated) {
    return <p class="dim">Last checked {checked}. Reload for the latest.</p>
  }
  return (
    <p class="note" role="status">
      {checked ? (
        <>Nothing was heard from the checks since {checked}, so how things are now is unknown.</>
      ) : (
        'No check was made yet.'
      )}
    </p>
  )
}

function Key({ withLatency = false }) {
  const keys: readonly (readonly [look: string, words: Child])[] = [
    ['', 'No downtime'],
    ['g', 'Degraded'],
    ['d1', 'Downtime (the more, the fuller)'],
    ['m', 'Maintenance'],
    ['u', 'Not measured'],
    ['n', 'No data yet'],
  ]
  return (
    <p class="keys dim">
      {keys.map(([look, words]) => (
        <span>
          <span class={`key ${look}`} />
          {words}
        </span>
      ))}
      {withLatency && (
        <span>
          <LatencyKey />
        </span>
      )}
    </p>
  )
}

const LatencyKey = () => (
  <>
    <span class="line" />
    p50
    <span class="line b" />
    p95
  </>
)

/** In the order in which the configuration first names them. */
function groupsOf(
  monitors: readonly PublicMonitor[],
): readonly { readonly name: string; readonly monitors: readonly PublicMonitor[] }[] {
  const groups = Map.groupBy(monitors, ({ group }) => group)
  return [...groups].map(([name, members]) => ({
    name: name ?? (groups.size > 1 ? 'Other' : 'Monitors'),
    monitors: members,
  }))
}
