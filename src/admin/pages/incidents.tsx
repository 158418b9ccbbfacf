import type { IncidentRecord, TimelineEntry } from '../../incidents/model.ts'
import { formatDuration } from '../../lib/duration.ts'
import { Badge, Empty, severityTone, Time } from './elements.tsx'

const WHAT: Readonly<Record<TimelineEntry['kind'], string>> = {
  opened: 'opened',
  held_back: 'held back',
  silenced: 'silenced',
  released: 'no longer held back',
  told: 'told',
  not_told: 'could not be told',
  acknowledged: 'acknowledged',
  resolved: 'resolved',
  update: 'update',
}

/** Incidents, the latest first, each with what happened in it. */
export const IncidentsList = ({ incidents, now }: { incidents: readonly IncidentRecord[]; now: number }) => {
  if (incidents.length === 0) return <Empty>There was no incident in the last 7 days.</Empty>
  return (
    <ul class="cards">
      {incidents.map((each) => (
        <li>
          <h3>
            <Badge tone={each.resolvedAtMs === undefined ? severityTone(each.severity) : 'off'}>
              {each.resolvedAtMs === undefined ? `open, ${each.severity}` : 'resolved'}
            </Badge>{' '}
            {each.summary ?? each.title}
          </h3>
          <p class="dim">
            {each.alert !== undefined && (
              <>
                <code>{each.alert}</code>,{' '}
              </>
            )}
            {each.stage}, since <Time atMs={each.startedAtMs} /> UTC,{' '}
            {each.resolvedAtMs === undefined
              ? `for ${formatDuration(now - each.startedAtMs)}`
              : `lasted ${formatDuration(each.resolvedAtMs - each.startedAtMs)}`}
            {each.heldBack !== undefined && `. Held back: ${each.heldBack}`}
          </p>
          {each.timeline.length > 0 && (
            <details>
              <summary>What happened ({each.timeline.length})</summary>
              <ol class="timeline">
                {each.timeline.map(({ atMs, kind, receiver, stage, text, by }) => (
                  <li>
                    <Time atMs={atMs} />{' '}
                    <strong>
                      {[receiver, kind === 'update' ? stage : WHAT[kind]].filter(Boolean).join(' ')}
                    </strong>
                    {text !== undefined && `: ${text}`}
                    {by !== undefined && <span class="dim"> {by}</span>}
                  </li>
                ))}
              </ol>
            </details>
          )}
        </li>
      ))}
    </ul>
  )
}
