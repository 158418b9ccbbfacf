import * as z from 'zod'
import { labelName } from './text.ts'

/** A label's values: an event with any other is refused, so that nobody can make series without end. */
const allowedValues = z.array(z.string().min(1).max(100)).min(1).max(200)

const declaration = {
  /** Without the namespace, which goes before it: `signups_total` is `<namespace>_signups_total`. */
  name: z.string().regex(/^[a-z][a-z0-9_]*$/, { error: 'lower-case letters, digits and _' }),
  help: z.string().trim().min(1).max(300),
  labels: z.record(labelName, allowedValues).default({}),
}

/** The label of the gauges that a query of MongoDB fills. */
const QUERY_LABELS = {
  /** Of `today`, as far as it went, and `yesterday`, in UTC. */
  daily_active_users: ['day'],
  customers: ['tier'],
  monthly_revenue: ['tier'],
  /** Of the last 7 days. */
  framework_usage: ['framework'],
  framework_coverage: ['framework'],
} as const

/** What the queries of MongoDB give for gauges. */
export type QueryResult = keyof typeof QUERY_LABELS
const QUERY_RESULTS = Object.keys(QUERY_LABELS) as QueryResult[]

/** A metric that the configuration declares. */
export const declaredMetric = z.discriminatedUnion('type', [
  z.strictObject({ ...declaration, type: z.literal('counter') }),
  z.strictObject({
    ...declaration,
    type: z.literal('gauge'),
    /** Filled from MongoDB each hour, with the label that belongs to the result; else it is set by events. */
    query: z.enum(QUERY_RESULTS).optional(),
  }),
  z.strictObject({
    ...declaration,
    type: z.literal('histogram'),
    /** Upper bounds, rising, without +Inf. */
    buckets: z.array(z.number()).min(1).max(50),
  }),
])

/** A metric that a deployer declares. */
export type DeclaredMetric = z.infer<typeof declaredMetric>

/** What events tell that a metric can be made of. */
const EVENT_FIELDS = {
  user_activity: { labels: ['action'], values: [] },
  analysis_completed: {
    labels: ['framework', 'user_tier'],
    values: ['metrics_extracted', 'coverage_percentage'],
  },
  subscription_changed: { labels: ['tier'], values: [] },
} as const

/** Events that mean something to a business, and raise metrics of the deployer's choice. */
type BusinessEventType = keyof typeof EVENT_FIELDS

/**
 * A metric that an event raises: a counter rises by one or by `value`, a histogram observes `value`, a gauge is set to
 * it. The metric's labels are the event's fields of the same names. An event without the field `value` doesn't raise it.
 */
const effect = z.strictObject({ metric: z.string(), value: z.string().optional() })

/** See `effect`. */
export type Effect = z.infer<typeof effect>

const effects = z.array(effect).max(20).default([])

const fieldName = z.string().regex(/^[A-Za-z_][\w.-]*$/, { error: 'the name of a field' })
const collectionName = z.string().regex(/^[A-Za-z_][\w.-]*$/, { error: 'the name of a collection' })

/** Where the three queries find what they need, and where events are written. */
const collections = z.strictObject({
  activity: z
    .strictObject({
      name: collectionName.default('user_activity'),
      user: fieldName.default('user_id'),
      action: fieldName.default('action'),
      at: fieldName.default('created_at'),
    })
    .prefault({}),
  users: z
    .strictObject({
      name: collectionName.default('users'),
      id: fieldName.default('_id'),
      tier: fieldName.default('tier'),
    })
    .prefault({}),
  compliance: z
    .strictObject({
      name: collectionName.default('framework_compliance'),
      user: fieldName.default('user_id'),
      framework: fieldName.default('framework'),
      coverage: fieldName.default('coverage_percentage'),
      at: fieldName.default('created_at'),
    })
    .prefault({}),
})

/** How the business does: metrics of its own, the events that raise them, and what is asked of MongoDB. */
export const business = z
  .strictObject({
    metrics: z.array(declaredMetric).max(100).default([]),
    /** What events raise besides `edgewatch_events_total`. */
    events: z
      .strictObject({ user_activity: effects, analysis_completed: effects, subscription_changed: effects })
      .prefault({}),
    /** US dollars a month by tier. A tier at 0 is no customer's; a tier that isn't here brings nothing. */
    prices: z
      .record(z.string().min(1).max(100), z.number().nonnegative())
      .default({ free: 0, starter: 49, growth: 199, enterprise: 999 }),
    collections: collections.prefault({}),
    /** What ids of users are in MongoDB; `objectId` takes 24 hexadecimal digits. */
    userIds: z.enum(['string', 'objectId']).default('string'),
    /** Events that may wait for MongoDB; beyond it `/events` answers 503. */
    maxBacklog: z.number().int().min(1_000).max(60_000).default(50_000),
  })
  .superRefine((config, context) => {
    const report: Report = (path, message, input) =>
      context.addIssue({ code: 'custom', path, message, input })
    config.metrics.forEach((metric, index) => {
      checkQuery(metric, index, report)
    })
    for (const [type, list] of Object.entries(config.events)) {
      list.forEach((each, index) => {
        checkEffect(each, type as BusinessEventType, config.metrics, (field, message, input) =>
          report(['events', type, index, ...field], message, input),
        )
      })
    }
  })

/** See `business`. */
export type BusinessConfig = z.infer<typeof business>

type Report = (path: PropertyKey[], message: string, input: unknown) => void

function checkQuery(metric: DeclaredMetric, index: number, report: Report): void {
  if (metric.type !== 'gauge' || metric.query === undefined) return
  const [label] = QUERY_LABELS[metric.query]
  const labels = Object.keys(metric.labels)
  if (labels.length === 1 && labels[0] === label) return
  report(['metrics', index, 'labels'], `the label ${label}, which goes with ${metric.query}`, metric.labels)
}

function checkEffect(
  { metric: name, value }: Effect,
  type: BusinessEventType,
  metrics: readonly DeclaredMetric[],
  report: Report,
): void {
  const metric = metrics.find((each) => each.name === name)
  if (!metric) {
    report(['metric'], `a metric of business.metrics (${metrics.map((each) => each.name).join(', ')})`, name)
    return
  }
  if (metric.type === 'gauge' && metric.query !== undefined) {
    report(['metric'], `a metric that isn't filled from MongoDB; this one is (query: ${metric.query})`, name)
    return
  }
  const fields: { labels: readonly string[]; values: readonly string[] } = EVENT_FIELDS[type]
  const strange = Object.keys(metric.labels).filter((label) => !fields.labels.includes(label))
  if (strange.length > 0) {
    const known = fields.labels.join(', ')
    report(['metric'], `a metric whose labels are fields of ${type} (${known}); ${strange} is none`, name)
  }
  const needsValue = metric.type !== 'counter'
  if (value === undefined ? needsValue : !fields.values.includes(value)) {
    report(['value'], `a number of ${type} (${fields.values.join(', ') || 'it has none'})`, value)
  }
}
