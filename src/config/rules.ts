import * as z from 'zod'
import { SEVERITIES } from './severity.ts'
import { BUILT_IN_SIGNALS, isOfManyRequests, isOfMonitor, isOverRequests } from './signals.ts'
import { durationMs, labels, runbook, slug } from './text.ts'

/** See `SEVERITIES`. */
export const severity = z.enum(SEVERITIES)

const builtInSignal = z.enum(BUILT_IN_SIGNALS)

/**
 * Any metric of `/metrics`, by its full name. The series that have all the given labels are added up. A gauge gives
 * its value; a counter, and the count of a histogram, gives its increase per second within the rule's `over`.
 */
const metricSignal = z.strictObject({
  metric: z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, { error: 'a Prometheus metric name' }),
  labels,
})

/** What looks as if it were filled in, and isn't. A `${NAME}` is filled in before rules are read. */
const STRANGE_PLACEHOLDER = /(?<!\$)\{(?!(value|threshold)\})[^{}]*\}/

/** An alert rule: when `signal operator threshold` has held for `for`, the alert fires. */
export const rule = z
  .strictObject({
    /** Names the alert for good: its state, its dedup key and its silences go by it. */
    id: slug.max(100).refine((id) => !['scheduler-missed', 'monitors-missed'].includes(id), {
      error: 'another id: this one is a built-in alert',
    }),
    signal: z.union([builtInSignal, metricSignal]),
    /** Only requests of this route template, such as `/items/:id`. For request signals. */
    route: z.string().startsWith('/').optional(),
    /** The name or id of a monitor; once parsed, its id. For monitor signals. */
    monitor: z.string().optional(),
    /** Fewer requests than this within `over` say nothing: the condition doesn't hold. For ratios and latencies. */
    minRequests: z.number().int().positive().optional(),
    operator: z.enum(['>', '>=', '<', '<=', '==', '!=']),
    threshold: z.number(),
    /** The window that the signal is measured over. */
    over: durationMs.prefault('5m'),
    /** How long the condition must hold before the alert fires. */
    for: durationMs.prefault('0s'),
    severity,
    labels,
    /** One line for the person who is paged. `{value}` and `{threshold}` are filled in. */
    summary: z
      .string()
      .min(1)
      .max(300)
      .refine((text) => !STRANGE_PLACEHOLDER.test(text), {
        error: 'a text where only {value} and {threshold} are in braces: nothing else is filled in',
      }),
    /** The URL of what to do about the alert. */
    runbook,
  })
  .refine(({ route, signal }) => route === undefined || isOverRequests(signal), {
    path: ['route'],
    error: 'nothing here: the signal is not one over requests',
  })
  .refine(({ minRequests, signal }) => minRequests === undefined || isOfManyRequests(signal), {
    path: ['minRequests'],
    error: 'nothing here: the signal is no ratio or latency of requests',
  })
  .refine(({ monitor, signal }) => (monitor !== undefined) === isOfMonitor(signal), {
    path: ['monitor'],
    error: 'the name of a monitor where the signal is one of a monitor, and nothing elsewhere',
  })

/** See `rule`. */
export type Rule = z.infer<typeof rule>

/** What an author writes. */
export type RuleInput = z.input<typeof rule>
