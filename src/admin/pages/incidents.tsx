import type { MonitorConfig } from '../../config/monitors.ts'
import { publicMonitorIds } from '../../config/public-monitors.ts'
import { type IsPublic, publicIncidentsOf } from '../../incidents/audience.ts'
import type { IncidentRecord } from '../../incidents/model.ts'
import { DAY_MS } from '../../lib/clock.ts'
import { formatDuration } from '../../lib/duration.ts'
import { err, ok } from '../../lib/result.ts'
import { Badge, Empty, Part, Runbook, Section, severityTone, Time } from './elements.tsx'
import type { FormContext } from './forms.tsx'
import { AmendForm, PostForm, PublishForm, UpdateForm, WithdrawForm } from './incident-forms.tsx'
import { Timeline } from './incident-timeline.tsx'
import { formsOf, type PageHandler, type PageKit } from './page-kit.tsx'

/** So far the page looks back, and so many it shows. */
const PAST_MS = 90 * DAY_MS
const PAST_SHOWN = 50

interface IncidentProps {
  readonly incident: IncidentRecord
  /** All known incidents, to name the linked ones. */
  readonly all: readonly IncidentRecord[]
  readonly isPublic: IsPublic
  readonly monitors: readonly MonitorConfig[]
  readonly now: number
}

const isOpen = ({ resolvedAtMs }: IncidentRecord): boolean => resolvedAtMs === undefined

const State = ({ incident }: { incident: IncidentRecord }) => (
  <Badge tone={isOpen(incident) ? severityTone(incident.severity) : 'off'}>
    {isOpen(incident) ? incident.stage : 'resolved'}
  </Badge>
)

const incidentPath = (id: string): string => `/admin/pages/incidents?${new URLSearchParams({ incident: id })}`

/** What an internal incident is published as, or what a public one publishes. */
const Linked = ({ incident: { publishes, publishedAs }, all }: Pick<IncidentProps, 'incident' | 'all'>) => {
  const id = publishedAs ?? publishes
  if (id === undefined) return null
  const linked = all.find((each) => each.id === id)
  return (
    <p>
      {publishedAs === undefined ? 'Publishes the internal incident' : 'Published as'}{' '}
      <a href={incidentPath(id)}>{linked?.title ?? id}</a>
      {linked && (isOpen(linked) ? `: ${linked.stage}` : ': resolved')}
    </p>
  )
}

/** When it began, what opened it, what it is about, and who sees it. */
const About = ({ incident, monitors, isPublic, all, now }: IncidentProps) => {
  const { alert, source, startedAtMs, resolvedAtMs, severity, summary, heldBack, runbook } = incident
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
        {isPublic(incident) ? ', public' : ', internal'}
        {alert !== undefined && (
          <>
            , <code>{alert}</code>
          </>
        )}
        {names.length > 0 && `. Monitors: ${names.join(', ')}`}
        {heldBack !== undefined && `. Held back (${heldBack})`}
      </p>
      {runbook !== undefined && (
        <p>
          <Runbook runbook={runbook} of={incident.title} />
        </p>
      )}
      <Linked incident={incident} all={all} />
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
              <State incident={incident} /> <a href={incidentPath(incident.id)}>{incident.title}</a>
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
  const { incident, monitors, isPublic, all } = props
  const publication = all.find(({ id }) => id === incident.publishedAs)
  const canPublish = !isPublic(incident) && !(publication && isOpen(publication))
  return (
    <>
      <About {...props} />
      <Timeline entries={incident.timeline} />
      <UpdateForm forms={forms} incident={incident} isPublic={isPublic(incident)} />
      <div class="acts">
        {canPublish && <PublishForm forms={forms} incident={incident} monitors={monitors} />}
        <AmendForm forms={forms} incident={incident} isPublic={isPublic(incident)} monitors={monitors} />
        {incident.source === 'person' && <WithdrawForm forms={forms} incident={incident} />}
      </div>
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

/** Incidents, whoever opened them, with what people say about them, internally or publicly. */
export function incidentsPage(kit: PageKit): PageHandler {
  const { config, clock } = kit.sources
  const { monitors } = config
  const isPublic = publicIncidentsOf(publicMonitorIds(monitors))
  return async (c) => {
    const now = clock()
    const forms = formsOf(c)
    const asked = c.req.query('incident') ?? forms.sent?.fields.get('id')?.[0]
    const reading = await readIncidents(kit, asked === undefined ? 'brief' : 'whole')
    const all = reading.state === 'missing' ? [] : reading.value.incidents
    const chosen = all.find(({ id }) => id === asked)
    const props = { all, monitors, isPublic, now }
    return kit.render(
      c,
      'incidents',
      <>
        {chosen && (
          <Part
            id="incident"
            title={chosen.title}
            aside={
              <span>
                <Badge tone="off">{isPublic(chosen) ? 'public' : 'internal'}</Badge>{' '}
                <State incident={chosen} />
              </span>
            }
            reading={reading}
            show={() => <IncidentDetails incident={chosen} forms={forms} {...props} />}
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
              <IncidentsList incidents={incidents.filter(isOpen)} {...props} empty="No incident is open." />
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
              {...props}
              empty="No incident was resolved in the last 90 days."
            />
          )}
        />
      </>,
    )
  }
}
