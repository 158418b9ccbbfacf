import { Hono } from 'hono'
import type { MonitorConfig } from '../config/monitors.ts'
import { publicMonitorIds } from '../config/public-monitors.ts'
import { SEVERITIES } from '../config/severity.ts'
import type { Clock } from '../lib/clock.ts'
import { DAY_MS } from '../lib/clock.ts'
import { HttpError, wrongField } from '../lib/http-error.ts'
import { lazySchema, type Zod } from '../lib/lazy-schema.ts'
import { lineText, multilineText } from '../lib/request-text.ts'
import type { Result } from '../lib/result.ts'
import { validate } from '../lib/validation.ts'
import { type IsPublic, publicIncidentsOf } from './audience.ts'
import type { IncidentBookClient } from './book.ts'
import type { IncidentList, Incidents } from './client.ts'
import { incidentJson } from './json.ts'
import { mergeIncidents } from './merge.ts'
import type { BookPage, IncidentRecord } from './model.ts'
import { STAGES } from './model.ts'

/** So far the list looks back. */
const PAST_MS = 90 * DAY_MS

/** What the routes need. */
export interface IncidentRoutesSettings {
  readonly incidents: Pick<Incidents, 'read'>
  /** Asked once per request, for a stub belongs to one. */
  readonly book: () => IncidentBookClient
  readonly monitors: readonly Pick<MonitorConfig, 'id' | 'name' | 'public'>[]
  readonly clock: Clock
}

/** Incidents for the admin; to be mounted under `/admin`, behind its authentication. */
export function incidentRoutes({ incidents, book, monitors, clock }: IncidentRoutesSettings) {
  const schemas = requestSchemas(monitors)
  const read = () => incidents.read(clock() - PAST_MS)
  const isPublic = publicIncidentsOf(publicMonitorIds(monitors))
  const inJson = (incident: IncidentRecord) => incidentJson(incident, isPublic)

  return new Hono()
    .get('/incidents', validate('query', schemas.filter), async (c) => {
      const { monitor } = c.req.valid('query')
      const { incidents: all, missing } = await read()
      const wanted = all.filter((each) => monitor === undefined || each.monitors.includes(monitor))
      return c.json({
        open: wanted.filter(isOpen).map(inJson),
        past: wanted.filter((each) => !isOpen(each)).map(inJson),
        missing,
      })
    })
    .get('/incidents/:id', async (c) => c.json(inJson(find(c.req.param('id'), await read()))))
    .post('/incidents', validate('json', schemas.post), async (c) => {
      const { message, by, publishes, ...post } = c.req.valid('json')
      if (publishes !== undefined) {
        checkInternal(publishes, await read(), isPublic)
        if (!isPublic({ source: 'person', monitors: post.monitors })) {
          throw wrongField(
            'monitors',
            'a public monitor, or none: the status page hides incidents of private monitors',
          )
        }
      }
      const link = publishes === undefined ? {} : { publishes }
      const page = accepted(await book().post({ ...post, ...link, text: message, ...(by && { by }) }))
      return c.json(inJson(ofPage(page)), 201)
    })
    .post('/incidents/:id/updates', validate('json', schemas.update), async (c) => {
      const { stage, message, by } = c.req.valid('json')
      const incident = find(c.req.param('id'), await read())
      if (incident.source !== 'person') checkStage(incident, stage)
      accepted(await book().addUpdate(incident.id, { stage, text: message, ...(by && { by }) }))
      return c.json(inJson(find(incident.id, await read())), 201)
    })
    .patch('/incidents/:id', validate('json', schemas.amendment), async (c) => {
      const { title, monitors: attached } = c.req.valid('json')
      const incident = find(c.req.param('id'), await read())
      await book().amend(incident.id, { ...(title && { title }), ...(attached && { monitors: attached }) })
      return c.json(inJson(find(incident.id, await read())))
    })
    .delete('/incidents/:id', async (c) => {
      if (await book().withdraw(c.req.param('id'))) return c.body(null, 204)
      const { alert } = find(c.req.param('id'), await read())
      throw new HttpError(
        409,
        'conflict',
        `${alert} opened this incident: only posted incidents can be withdrawn`,
      )
    })
}

function requestSchemas(monitors: readonly Pick<MonitorConfig, 'id' | 'name'>[]) {
  const monitorId = (z: Zod) =>
    z.string().transform((written, context) => {
      const found = monitors.find(({ id, name }) => id === written || name === written)
      if (found) return found.id
      const known = monitors.map(({ name }) => name).join(', ') || 'there are none'
      context.addIssue({ code: 'custom', message: `the name or id of a monitor (${known})`, input: written })
      return z.NEVER
    })
  const monitorIds = (z: Zod) =>
    z
      .array(monitorId(z))
      .max(1_000)
      .transform((ids) => [...new Set(ids)])
  const title = (z: Zod) => lineText(z, 200)
  const message = (z: Zod) => multilineText(z, 5_000)
  const by = (z: Zod) => lineText(z, 100).optional()
  return {
    filter: lazySchema((z) => z.strictObject({ monitor: monitorId(z).optional() })),
    post: lazySchema((z) =>
      z.strictObject({
        title: title(z),
        message: message(z),
        stage: z.enum(STAGES).default('investigating'),
        severity: z.enum(SEVERITIES).default('warning'),
        monitors: monitorIds(z).default([]),
        by: by(z),
        publishes: z.string().min(1).max(300).optional(),
      }),
    ),
    update: lazySchema((z) => z.strictObject({ stage: z.enum(STAGES), message: message(z), by: by(z) })),
    amendment: lazySchema((z) =>
      z
        .strictObject({ title: title(z).optional(), monitors: monitorIds(z).optional() })
        .refine((amendment) => Object.keys(amendment).length > 0, {
          path: ['title'],
          error: 'say what to change: title or monitors',
        }),
    ),
  }
}

const unreadable = (missing: IncidentList['missing']): HttpError =>
  new HttpError(503, 'unavailable', `incidents can't be read in full: ${missing.join(', ')}`)

const isOpen = ({ resolvedAtMs }: IncidentRecord): boolean => resolvedAtMs === undefined

function find(id: string, { incidents, missing }: IncidentList): IncidentRecord {
  const found = incidents.find((each) => each.id === id)
  if (found) return found
  if (missing.length > 0) throw unreadable(missing)
  throw new HttpError(404, 'not_found', 'no such incident')
}

/** Only an internal incident can be published. */
function checkInternal(id: string, { incidents, missing }: IncidentList, isPublic: IsPublic): void {
  const found = incidents.find((each) => each.id === id)
  if (!found && missing.length > 0) throw unreadable(missing)
  if (!found) throw wrongField('publishes', 'the id of an incident')
  if (isPublic(found)) {
    throw wrongField('publishes', 'the id of an internal incident: this one is already public')
  }
}

/** What a monitor or a rule opened ends when that says so; after that there may be notes. */
function checkStage({ resolvedAtMs, alert }: IncidentRecord, stage: IncidentRecord['stage']): void {
  if (resolvedAtMs === undefined && stage === 'resolved') {
    const message = `${alert} still fires: the incident is resolved when that ends`
    throw new HttpError(409, 'conflict', message)
  }
  if (resolvedAtMs !== undefined && stage !== 'resolved') {
    const message = 'the incident is resolved: only notes with the stage resolved may follow'
    throw new HttpError(409, 'conflict', message)
  }
}

function accepted(written: Result<BookPage>): BookPage {
  if (written.ok) return written.value
  throw new HttpError(409, 'conflict', written.error.message)
}

const ofPage = (page: BookPage): IncidentRecord => mergeIncidents([], [page])[0]!
