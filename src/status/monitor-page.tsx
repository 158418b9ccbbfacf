import { raw } from 'hono/html'
import { barDates, barsAndEvents } from './bars.ts'
import { latencyChart } from './latency-chart.ts'
import type { PublicMonitor, PublicStatus } from './page-model.ts'
import { Incidents } from './page-news.tsx'
import { Bars, Freshness, Key, LatencyKey, PAST_INCIDENTS } from './page-parts.tsx'
import { type Page, STATUS_PATH, shell } from './page-shell.tsx'
import {
  dayEvents,
  dayWords,
  latencySummary,
  latencyWords,
  latestLatency,
  percent,
  QUIET_DAY_WORDS,
  STATE_WORDS,
  timeWords,
} from './words.ts'

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
          <Bars bars={barsAndEvents(days).bars} uptime={monitor.uptime} />
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
