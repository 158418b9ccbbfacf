import type { PublicMaintenance } from './page-model.ts'
import type { PublicIncident } from './public-incidents.ts'
import { durationWords, STAGE_WORDS, spanWords, timeWords } from './words.ts'

/** Incidents with what people wrote about them. Titles are headings of the third level. */
export function Incidents({
  incidents,
  now,
}: {
  readonly incidents: readonly PublicIncident[]
  readonly now: number
}) {
  return (
    <>
      {incidents.map((incident) => (
        <Incident incident={incident} now={now} />
      ))}
    </>
  )
}

function Incident({ incident, now }: { readonly incident: PublicIncident; readonly now: number }) {
  const { id, title, stage, startedAtMs, resolvedAtMs, monitors, automatic, updates } = incident
  const open = resolvedAtMs === undefined
  const lasted = durationWords((resolvedAtMs ?? now) - startedAtMs)
  const look = open ? 'down' : 'up'
  return (
    <article class={`card ${open ? 'mark ' : ''}${look}`} id={`incident-${id}`}>
      <div class="head">
        <h3>{title}</h3>
        <span class={`pill ${look}`}>{STAGE_WORDS[open ? stage : 'resolved']}</span>
      </div>
      <p class="dim">
        {open
          ? `Since ${timeWords(startedAtMs)} UTC (${lasted})`
          : `${spanWords(startedAtMs, resolvedAtMs)} UTC (${lasted})`}
        {!automatic && monitors.length > 0 && ` · ${monitors.join(', ')}`}
      </p>
      {updates.length > 0 && (
        <ol class="updates">
          {updates.map((update) => (
            <li>
              <p class="dim">
                <b>{STAGE_WORDS[update.stage]}</b>, {timeWords(update.atMs)} UTC
              </p>
              <p>{update.text}</p>
            </li>
          ))}
        </ol>
      )}
    </article>
  )
}

/** Windows that are under way or come. */
export function Maintenance({ windows }: { readonly windows: readonly PublicMaintenance[] }) {
  return (
    <>
      {windows.map(({ title, fromMs, toMs, underWay, monitors }) => (
        <article class="card mark maintenance">
          <div class="head">
            <h3>{title}</h3>
            <span class="pill maintenance">{underWay ? 'Under way' : 'Planned'}</span>
          </div>
          <p class="dim">
            {spanWords(fromMs, toMs)} UTC ({durationWords(toMs - fromMs)})
            {` · ${monitors.join(', ') || 'all monitors'}`}
          </p>
        </article>
      ))}
    </>
  )
}
