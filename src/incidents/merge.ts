import type { Incident } from '../alerts/model.ts'
import type { BookPage, IncidentRecord, TimelineEntry, WrittenUpdate } from './model.ts'

/** The id of an incident that a monitor or a rule opened. */
const incidentId = ({ alert, startedAtMs }: Pick<Incident, 'alert' | 'startedAtMs'>): string =>
  `${alert}-${startedAtMs}`

/**
 * All incidents as one list, those that began last first: what the ledger knows with what people wrote about it, and
 * what people opened.
 */
export function mergeIncidents(
  ledger: readonly Incident[],
  book: readonly BookPage[],
): readonly IncidentRecord[] {
  const pages = new Map(book.map((page) => [page.id, page]))
  const published = publications(book)
  return [
    ...ledger.map((incident) => automatic(incident, pages.get(incidentId(incident)))),
    ...book.flatMap((page) => posted(page) ?? []),
  ]
    .map((incident) => {
      const publishedAs = published.get(incident.id)
      return publishedAs === undefined ? incident : { ...incident, publishedAs }
    })
    .sort((a, b) => b.startedAtMs - a.startedAtMs || (a.id < b.id ? -1 : 1))
}

/** The latest public incident by the id of the internal one that it publishes. */
function publications(book: readonly BookPage[]): ReadonlyMap<string, string> {
  const latestLast = [...book].sort((a, b) => rank(a) - rank(b))
  return new Map(
    latestLast.flatMap(({ id, posted: post }) =>
      post?.publishes === undefined ? [] : [[post.publishes, id]],
    ),
  )
}

const rank = ({ posted: post }: BookPage): number =>
  post && post.resolvedAtMs === undefined ? Number.POSITIVE_INFINITY : (post?.startedAtMs ?? 0)

function automatic(incident: Incident, page: BookPage | undefined): IncidentRecord {
  const { alert, severity, summary, startedAtMs, resolvedAtMs, heldBack, monitor, runbook } = incident
  const updates = page?.updates ?? []
  const said = updates.findLast(({ stage }) => stage !== 'resolved')?.stage
  return {
    id: incidentId(incident),
    source: monitor ? 'monitor' : 'rule',
    title: page?.title ?? (monitor ? `${monitor.name} is down` : inWords(alert)),
    severity,
    stage: resolvedAtMs === undefined ? (said ?? 'investigating') : 'resolved',
    monitors: page?.monitors ?? (monitor ? [monitor.id] : []),
    startedAtMs,
    ...(resolvedAtMs !== undefined && { resolvedAtMs }),
    alert,
    summary,
    ...(runbook !== undefined && { runbook }),
    ...(heldBack && { heldBack: heldBack.reason }),
    timeline: byTime([...incident.timeline, ...updates.map(updateEntry)]),
  }
}

function posted(page: BookPage): IncidentRecord | undefined {
  if (!page.posted) return undefined
  const { severity, startedAtMs, resolvedAtMs, by, publishes } = page.posted
  const opened: TimelineEntry = { atMs: startedAtMs, kind: 'opened', ...(by !== undefined && { by }) }
  const resolved: TimelineEntry[] =
    resolvedAtMs === undefined ? [] : [{ atMs: resolvedAtMs, kind: 'resolved' }]
  return {
    id: page.id,
    source: 'person',
    title: page.title ?? page.id,
    severity,
    stage: page.updates.at(-1)?.stage ?? 'investigating',
    monitors: page.monitors ?? [],
    startedAtMs,
    ...(resolvedAtMs !== undefined && { resolvedAtMs }),
    ...(publishes !== undefined && { publishes }),
    timeline: byTime([opened, ...page.updates.map(updateEntry), ...resolved]),
  }
}

const updateEntry = ({ atMs, stage, text, by }: WrittenUpdate): TimelineEntry => ({
  atMs,
  kind: 'update',
  stage,
  text,
  ...(by !== undefined && { by }),
})

/** Stable, so that what happened at the same time stays in its order. */
const byTime = (entries: readonly TimelineEntry[]): TimelineEntry[] =>
  [...entries].sort((a, b) => a.atMs - b.atMs)

/** `error-rate` as `Error rate`: what a rule says in its summary may hold reasons. */
function inWords(alert: string): string {
  const words = alert
    .replaceAll(/[-_]+/g, ' ')
    .replace(/\bmongodb\b/i, 'MongoDB')
    .trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
