import { raw } from 'hono/html'
import { barDates, barsAndEvents } from './bars.ts'
import { latencyChart } from './latency-chart.ts'
import type { PublicMonitor, PublicStatus } from './page-model.ts'
import { Incidents, Maintenance } from './page-news.tsx'
import { Bars, Freshness, Key, PAST_INCIDENTS } from './page-parts.tsx'
import { type Page, STATUS_PATH, shell } from './page-shell.tsx'
import { headline, latencyWords, latestLatency, OVERALL_LOOK, STATE_WORDS, tally } from './words.ts'

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

function MonitorRow({ monitor }: { readonly monitor: PublicMonitor }) {
  const { id, name, state, reason, latency } = monitor
  const { bars, events, eventful } = barsAndEvents(monitor.days)
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
          <Bars bars={bars} uptime={monitor.uptime} />
          {eventful > 0 && (
            <details>
              <summary>What happened on {eventful === 1 ? '1 day' : `${eventful} days`}</summary>
              <ul class="days">{raw(events)}</ul>
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
