import type * as z from 'zod'
import type { BusinessConfig } from '../config/business.ts'
import { DAY_MS, MINUTE_MS } from '../lib/clock.ts'
import { lazySchema, type Zod } from '../lib/lazy-schema.ts'
import { plainMessage } from '../lib/plain-message.ts'
import { labelNameText } from '../lib/request-text.ts'
import { fieldMistakes } from '../lib/validation.ts'

/** More than anybody counts at once, and still exact as a double when it is added up. */
const MAX_AMOUNT = 1e12

/** What `POST /events` takes, as a schema of `z`. */
export function eventSchemaOf(z: Zod) {
  /** A text as applications send it: names of people, plans and frameworks. */
  const text = z.string().trim().min(1).max(200)
  const amount = z.number().min(-MAX_AMOUNT).max(MAX_AMOUNT)
  const labels = z.record(labelNameText(z), z.string().max(100)).default({})
  /** Fields that every event may have. */
  const common = {
    /** Makes the event idempotent: another one with this id doesn't count. Printable ASCII without spaces. */
    id: z
      .string()
      .regex(/^[\x21-\x7e]{1,128}$/, { error: 'printable ASCII without spaces, at most 128 characters' })
      .optional(),
    /** When it happened; now unless stated. */
    at: z.iso.datetime({ offset: true }).optional(),
  }
  return z.discriminatedUnion('type', [
    z.strictObject({ ...common, type: z.literal('user_activity'), user_id: text, action: text.optional() }),
    z.strictObject({
      ...common,
      type: z.literal('analysis_completed'),
      framework: text,
      user_id: text.optional(),
      user_tier: text.default('free'),
      /** How many metrics the analysis found. */
      metrics_extracted: z.number().int().min(0).max(MAX_AMOUNT).optional(),
      /** How much of the framework is covered, in percent. */
      coverage_percentage: z.number().min(0).max(100).optional(),
    }),
    z.strictObject({
      ...common,
      type: z.literal('cache_operation'),
      operation: z.enum(['get', 'set', 'delete']),
      status: z.enum(['hit', 'miss', 'ok', 'error']),
    }),
    z.strictObject({ ...common, type: z.literal('subscription_changed'), user_id: text, tier: text }),
    z.strictObject({
      ...common,
      type: z.literal('increment'),
      metric: z.string(),
      labels,
      by: z.number().min(0).max(MAX_AMOUNT).default(1),
    }),
    z.strictObject({ ...common, type: z.literal('observe'), metric: z.string(), labels, value: amount }),
    z.strictObject({ ...common, type: z.literal('set'), metric: z.string(), labels, value: amount }),
  ])
}

/** See `eventSchemaOf`. */
export const eventSchema = lazySchema(eventSchemaOf)

/** See `eventSchemaOf`. */
export type EventSchema = ReturnType<typeof eventSchemaOf>

/** An event as it was sent, checked. */
export type BusinessEvent = z.infer<EventSchema>

/** Why an event of a call was not taken. */
export interface Rejection {
  /** Its place in the call, from 0. */
  readonly index: number
  readonly field: string
  readonly reason: string
}

/** An event that is none, and where. */
export type Mistake = Pick<Rejection, 'field' | 'reason'>

const MAX_AHEAD_MS = 5 * MINUTE_MS
const MAX_BEHIND_MS = 90 * DAY_MS
const MAX_MORE_MISTAKES = 4

/** An event that makes sense by itself: of a known type, with the fields and the time that belong to it. */
export function readEvent(
  sent: unknown,
  schema: EventSchema,
  now: number,
  { prices, userIds }: Pick<BusinessConfig, 'prices' | 'userIds'>,
): BusinessEvent | Mistake {
  const parsed = schema.safeParse(sent, { error: plainMessage })
  if (!parsed.success) return mistakeOf(parsed.error)
  const event = parsed.data
  const atMs = event.at === undefined ? now : Date.parse(event.at)
  if (atMs > now + MAX_AHEAD_MS) return { field: 'at', reason: 'more than 5 minutes ahead' }
  if (atMs < now - MAX_BEHIND_MS) return { field: 'at', reason: 'more than 90 days ago' }
  if (event.type === 'subscription_changed' && !Object.hasOwn(prices, event.tier)) {
    return { field: 'tier', reason: `expected one of ${Object.keys(prices).join(', ')}` }
  }
  if (userIds === 'objectId' && 'user_id' in event && !/^[0-9a-f]{24}$/i.test(event.user_id ?? '')) {
    if (event.user_id !== undefined) return { field: 'user_id', reason: 'expected 24 hexadecimal digits' }
  }
  return event
}

/** Whether reading came to a mistake. */
export const isMistake = (read: object): read is Mistake => 'reason' in read

/** The first mistake, and in its reason the others: a field that is missing may be there under another name. */
function mistakeOf(error: z.ZodError): Mistake {
  const [first, ...others] = fieldMistakes(error, 'event')
  if (!first) return { field: 'event', reason: 'is not valid' }
  const more = others.slice(0, MAX_MORE_MISTAKES).map(({ field, message }) => `; ${field}: ${message}`)
  return { field: first.field, reason: first.message + more.join('') }
}

/** All types of events. */
export const EVENT_TYPES = Object.keys({
  user_activity: 0,
  analysis_completed: 0,
  cache_operation: 0,
  subscription_changed: 0,
  increment: 0,
  observe: 0,
  set: 0,
} satisfies Record<BusinessEvent['type'], 0>) as BusinessEvent['type'][]
