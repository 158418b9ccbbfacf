import { Hono } from 'hono'
import type * as z from 'zod'
import type { BusinessConfig } from '../config/business.ts'
import type { Unavailable } from '../lib/answered.ts'
import { answered } from '../lib/answered.ts'
import type { Clock } from '../lib/clock.ts'
import { isoTime, SECOND_MS } from '../lib/clock.ts'
import { HttpError, invalidRequest } from '../lib/http-error.ts'
import { lazySchema } from '../lib/lazy-schema.ts'
import { validate } from '../lib/validation.ts'
import type { Logger } from '../logging/model.ts'
import type { Catalog } from '../metrics/catalog.ts'
import type { Recorder } from '../metrics/model.ts'
import type * as answers from './answers.ts'
import type { Effects } from './effects.ts'
import type { BusinessEvent, EventSchema, Rejection } from './events.ts'
import { EVENT_TYPES, eventSchema, isMistake, readEvent } from './events.ts'
import type { BusinessOverview, EventQueueClient } from './ports.ts'

/** What the routes use. `queue` is asked once per request, for a stub belongs to one. */
export interface BusinessRoutesSettings {
  /** Undefined: the configuration has no `business`. */
  readonly business:
    | {
        readonly config: BusinessConfig
        readonly effects: Effects
        readonly queue: () => EventQueueClient
        /** Whether MongoDB is configured, which the numbers come from. */
        readonly asksDatabase: boolean
      }
    | undefined
  readonly catalog: Catalog
  readonly recorder: Recorder
  readonly clock: Clock
  readonly log: Logger
}

/** The response when the queue fails or is slow. Events that it did receive aren't counted again under the same ids. */
const UNAVAILABLE: Unavailable = {
  timeoutMs: 10 * SECOND_MS,
  object: 'event_queue',
  code: 'events_unavailable',
  message: 'events are temporarily unavailable: send them again under the same ids',
}

/** A call of `POST /events`. Its events are checked one by one. */
const eventsBody = lazySchema((z) => z.strictObject({ events: z.array(z.unknown()).min(1).max(500) }))

/** `POST /events`: what applications tell; to be mounted behind `INGEST_TOKEN`. */
export function eventRoutes({ business, catalog, recorder, clock, log }: BusinessRoutesSettings) {
  const count = (outcome: string, events: readonly { readonly type: string }[]) => {
    for (const { type } of events) recorder.increment(catalog.events, { type, outcome })
  }
  const routes = new Hono<{ Variables: AnswerVariables }>()
  routes.post('/', validate('json', eventsBody), async (c) => {
    if (!business) {
      c.set('statusIsAnswer', true) // how it is configured: no failure, and nobody is paged for it
      throw new HttpError(503, 'business_disabled', 'edgewatch.config.ts has no business')
    }
    const { events, rejected } = sortOut(c.req.valid('json').events, await eventSchema(), clock(), business)
    count('rejected', rejected)
    if (events.length === 0) throw nothingGood(rejected)

    const answer = await answered(business.queue().accept(events), UNAVAILABLE, log)
    if (answer.outcome === 'full') {
      count('turned_away', events)
      c.set('statusIsAnswer', true) // the backlog has an alert of its own
      const message = `${answer.backlog} events wait for MongoDB; none of these was taken`
      throw new HttpError(503, 'backlog_full', message, {
        headers: { 'Retry-After': String(answer.retryAfterSeconds) },
      })
    }
    count(
      'duplicate',
      answer.duplicates.map((index) => events[index]!),
    )
    const taken: z.infer<typeof answers.eventsTaken> = {
      accepted: answer.accepted,
      duplicates: answer.duplicates.length,
      rejected: rejected.map(({ index, field, reason }) => ({ index, field, reason })),
    }
    return c.json(taken, 202)
  })
  return routes
}

/** The numbers for the admin; to be mounted under `/admin`, behind its authentication. */
export function businessRoutes({ business, clock }: Pick<BusinessRoutesSettings, 'business' | 'clock'>) {
  const queue = () => (business?.asksDatabase ? business.queue() : undefined)
  return new Hono()
    .get('/business', async (c) => c.json(overviewJson(await queue()?.overview(), clock())))
    .post('/business/refresh', async (c) => c.json(overviewJson(await queue()?.refresh(), clock())))
}

/** What the observing middleware reads of a context. */
interface AnswerVariables {
  statusIsAnswer?: boolean
}

interface RejectedEvent extends Rejection {
  /** `unknown` where it is none of ours, so that callers make no series. */
  readonly type: string
}

/** The events of a call that can be taken, and the others. */
function sortOut(
  sent: readonly unknown[],
  schema: EventSchema,
  now: number,
  { config, effects }: NonNullable<BusinessRoutesSettings['business']>,
): { events: BusinessEvent[]; rejected: RejectedEvent[] } {
  const events: BusinessEvent[] = []
  const rejected: RejectedEvent[] = []
  sent.forEach((each, index) => {
    const read = readEvent(each, schema, now, config)
    const mistake = isMistake(read) ? read : effects.check(read)
    if (mistake) rejected.push({ index, type: typeOf(each), ...mistake })
    else events.push(read as BusinessEvent)
  })
  return { events, rejected }
}

function typeOf(sent: unknown): string {
  const { type } = Object(sent) as { type?: unknown }
  return EVENT_TYPES.find((each) => each === type) ?? 'unknown'
}

function nothingGood(rejected: readonly RejectedEvent[]): HttpError {
  return invalidRequest(
    rejected.map(({ index, field, reason }) => ({ field: `events.${index}.${field}`, message: reason })),
  )
}

/** Under the names that the documents give the columns of their queries. */
function overviewJson(overview: BusinessOverview | undefined, now: number): z.infer<typeof answers.business> {
  if (!overview) return { status: 'disabled' }
  const { report, problem, backlog, maxBacklog } = overview
  const events = { backlog, max_backlog: maxBacklog }
  if (!report) return { status: 'unavailable', ...(problem !== undefined && { problem }), events }
  return {
    status: problem === undefined ? 'fresh' : 'stale',
    ...(problem !== undefined && { problem }),
    asked_at: isoTime(report.askedAtMs),
    age_seconds: Math.max(0, Math.round((now - report.askedAtMs) / SECOND_MS)),
    daily_active_users: report.days,
    revenue_by_tier: report.tiers,
    revenue_by_day: report.revenue ?? [],
    total_mrr: report.tiers.reduce((sum, { mrr }) => sum + mrr, 0),
    framework_usage: report.frameworks,
    events,
  }
}
