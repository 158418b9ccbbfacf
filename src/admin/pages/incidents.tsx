import type { MonitorConfig } from '../../config/monitors.ts'
import type { IncidentRecord } from '../../incidents/model.ts'
import { DAY_MS } from '../../lib/clock.ts'
import { formatDuration } from '../../lib/duration.ts'
import { err, ok } from '../../lib/result.ts'
import { Badge, Empty, Part, Section, severityTone, Time } from './elements.tsx'
import type { FormContext } from './forms.tsx'
import { AmendForm, PostForm, UpdateForm } from './incident-forms.tsx'
import { Timeline } from './incident-timeline.tsx'
import { formsOf, type PageHandler, type PageKit } from './page-kit.tsx'

/** So far the page looks back, and so many it shows. */
const PAST_MS = 90 * DAY_MS
const PAST_SHOWN = 50

interface IncidentProps {
  readonly incident: IncidentRecord
  readonly monitors: readonly MonitorConfig[]
  readonly now: number
}

const isOpen = ({ resolvedAtMs }: IncidentRecord): boolean => resolvedAtMs === undefined

const State = ({ incident }: { incident: IncidentRecord }) => (
  <Badge tone={isOpen(incident) ? severityTone(incident.severity) : 'off'}>
    {isOpen(incident) ? incident.stage : 'resolved'}
  </Badge>
)

/** Since when, what opened it, and what it is about. */
const About = ({ incident, monitors, now }: IncidentProps) => {
  const { alert, source, startedAtMs, resolvedAtMs, severity, summary, heldBack } = incident
  const names = incident.monitors.map((id) => monitors.find((each) => each.id === id)?.name ?? id)
  return (
    <>
      {summary !== undefined && summary !== incident.title && <p>{summary}</p>}
      <p class="dim">
        {severity}, since <Time atMs={startedAtMs} /> UTC,{' '}
        {resolvedAtMs === undefined
          ? `for ${formatDuration(now - startedAtMs)}`
          : `lasted ${formatDuration(resolvedAtMs - startedAtMs)}`}
        {source === 'person' && ', posted by hand'}
        {alert !== undefined && (
          <>
            , <code>{alert}</code>
          </>
        )}
        {names.length > 0 && `. Monitors: ${names.join(', ')}`}
        {heldBack !== undefined && `. Held back: ${heldBack}`}
      </p>
    </>
  )
}

/** Incidents, each leading to what happened in it. */
const IncidentsList = ({
  incidents,
  empty,
  ...props
}: Omit<IncidentProps, 'incident'> & { incidents: readonly IncidentRecord[]; empty: string }) => {
  if (incidents.length === 0) return <Empty>{empty}</Empty>
  return (
    <>
      <ul class="cards">
        {incidents.slice(0, PAST_SHOWN).map((incident) => (
          <li>
            <h3>
              <State incident={incident} />{' '}
              <a href={`/admin/pages/incidents?${new URLSearchParams({ incident: incident.id })}`}>
                {incident.title}
              </a>
            </h3>
            <About incident={incident} {...props} />
          </li>
        ))}
      </ul>
      {incidents.length > PAST_SHOWN && (
        <p class="dim">
          The latest {PAST_SHOWN} of {incidents.length}; all of them are in{' '}
          <a href="/admin/incidents">JSON</a>.
        </p>
      )}
    </>
  )
}

/** One incident: what happened in it, and what can be said of it. */
const IncidentDetails = ({ forms, ...props }: IncidentProps & { forms: FormContext }) => {
  const { incident, monitors } = props
  return (
    <>
      <About {...props} />
      <Timeline entries={incident.timeline} />
      <UpdateForm forms={forms} incident={incident} />
      <AmendForm forms={forms} incident={incident} monitors={monitors} />
    </>
  )
}

const MISSING = {
  ledger: 'What monitors and rules opened',
  book: 'What people wrote',
} as const

/** The incidents; the whole of them is much more, and of use only where one is looked at. */
function readIncidents({ readings, sources: { incidents, clock } }: PageKit, detail: 'brief' | 'whole') {
  return readings.read(`incidents, ${detail}`, async () => {
    const list = await incidents.read(clock() - PAST_MS, detail)
    return list.missing.length < 2
      ? ok(list)
      : err({ message: 'neither the alert ledger nor the incident book answers', retryable: true })
  })
}

/** Incidents, whoever opened them; and what people tell the public of them. */
export function incidentsPage(kit: PageKit): PageHandler {
  const { config, clock } = kit.sources
  const { monitors } = config
  return async (c) => {
    const now = clock()
    const forms = formsOf(c)
    const asked = c.req.query('incident') ?? forms.sent?.fields.get('id')?.[0]
    const reading = await readIncidents(kit, asked === undefined ? 'brief' : 'whole')
    const chosen =
      reading.state === 'missing' ? undefined : reading.value.incidents.find(({ id }) => id === asked)
    return kit.render(
      c,
      'incidents',
      <>
        {chosen && (
          <Part
            id="incident"
            title={chosen.title}
            aside={<State incident={chosen} />}
            reading={reading}
            show={() => <IncidentDetails incident={chosen} monitors={monitors} now={now} forms={forms} />}
          />
        )}
        {asked !== undefined && reading.state !== 'missing' && !chosen && (
          <Section id="incident" title="No such incident">
            <Empty>It is older than 90 days, or its address is wrong.</Empty>
          </Section>
        )}
        <Part
          id="open"
          title="Open"
          reading={reading}
          show={({ incidents, missing }) => (
            <>
              {missing.map((each) => (
                <p class="broken" role="status">
                  {MISSING[each]} can't be read at the moment.
                </p>
              ))}
              <PostForm forms={forms} monitors={monitors} />
              <IncidentsList
                incidents={incidents.filter(isOpen)}
                monitors={monitors}
                now={now}
                empty="No incident is open."
              />
            </>
          )}
        />
        <Part
          id="past"
          title="Resolved, 90 days"
          reading={reading}
          show={({ incidents }) => (
            <IncidentsList
              incidents={incidents.filter((each) => !isOpen(each))}
              monitors={monitors}
              now={now}
              empty="No incident was resolved in the last 90 days."
            />
          )}
        />
      </>,
    )
  }
}
