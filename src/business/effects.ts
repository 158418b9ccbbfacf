import type { BusinessConfig, Effect, QueryResult } from '../config/business.ts'
import { toMetric } from '../config/declared-metrics.ts'
import type { Catalog } from '../metrics/catalog.ts'
import type { Counter, Gauge, Histogram, Metric, Recorder } from '../metrics/model.ts'
import type { BusinessEvent, Mistake } from './events.ts'

/** A declared metric, ready for use. */
interface BusinessMetric {
  readonly metric: Metric
  /** The values that each label may have. */
  readonly allowed: Readonly<Record<string, readonly string[]>>
  /** What of MongoDB's answers fills it, so that no event may. */
  readonly query?: QueryResult | undefined
}

/** The declared metrics, by their name without the namespace. */
export type BusinessMetrics = ReadonlyMap<string, BusinessMetric>

/** The metrics that a configuration declares. */
export function declareMetrics({ metrics }: BusinessConfig, namespace: string): BusinessMetrics {
  return new Map(
    metrics.map((each) => {
      const query = each.type === 'gauge' ? each.query : undefined
      return [each.name, { metric: toMetric(each, namespace), allowed: each.labels, query }]
    }),
  )
}

/** One thing that an event does to a metric. */
interface Raised {
  readonly metric: Metric
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What an event raises, worked out from the configuration. */
export class Effects {
  readonly #metrics: BusinessMetrics
  readonly #events: BusinessConfig['events']
  readonly #catalog: Catalog
  readonly #namespace: string

  constructor(config: BusinessConfig, metrics: BusinessMetrics, catalog: Catalog, namespace: string) {
    this.#metrics = metrics
    this.#events = config.events
    this.#catalog = catalog
    this.#namespace = `${namespace}_`
  }

  /** Why an event can't raise its metrics; undefined where it can. */
  check(event: BusinessEvent): Mistake | undefined {
    const raised = this.#raisedBy(event)
    return Array.isArray(raised) ? undefined : raised
  }

  /** Raises the metrics of an event that was checked. */
  raise(event: BusinessEvent, recorder: Recorder): void {
    const raised = this.#raisedBy(event)
    for (const each of Array.isArray(raised) ? raised : []) record(each, recorder)
    recorder.increment(this.#catalog.events, { type: event.type, outcome: 'accepted' })
  }

  #raisedBy(event: BusinessEvent): Raised[] | Mistake {
    switch (event.type) {
      case 'cache_operation':
        return [
          {
            metric: this.#catalog.cacheOperations,
            labels: { operation: event.operation, status: event.status },
            value: 1,
          },
        ]
      case 'increment':
      case 'observe':
      case 'set':
        return this.#direct(event)
      default:
        return this.#mapped(event)
    }
  }

  #direct(event: Extract<BusinessEvent, { metric: string }>): Raised[] | Mistake {
    const name = event.metric.startsWith(this.#namespace)
      ? event.metric.slice(this.#namespace.length)
      : event.metric
    const known = this.#metrics.get(name) ?? this.#metrics.get(event.metric)
    if (!known) return { field: 'metric', reason: 'not declared in the configuration' }
    const { type } = known.metric
    if (OPERATIONS[type] !== event.type)
      return { field: 'type', reason: `a ${type} takes ${OPERATIONS[type]}` }
    if (known.query !== undefined) {
      return { field: 'metric', reason: `filled from MongoDB (query: ${known.query}), not by events` }
    }
    const strange = Object.keys(event.labels).find((label) => !Object.hasOwn(known.allowed, label))
    if (strange !== undefined) return { field: `labels.${strange}`, reason: 'not a label of this metric' }
    const mistake = disallowed(known, event.labels, 'labels.')
    return (
      mistake ?? [
        { ...known, labels: event.labels, value: event.type === 'increment' ? event.by : event.value },
      ]
    )
  }

  #mapped(event: Extract<BusinessEvent, { type: keyof BusinessConfig['events'] }>): Raised[] | Mistake {
    const fields: Readonly<Record<string, unknown>> = event
    const raised: Raised[] = []
    for (const effect of this.#events[event.type]) {
      const known = this.#metrics.get(effect.metric)!
      const value = numberOf(effect, fields)
      if (value === undefined) continue
      const labels = Object.fromEntries(
        known.metric.labels.map((label) => [label, String(fields[label] ?? '')]),
      )
      const mistake = disallowed(known, labels, '')
      if (mistake) return mistake
      raised.push({ metric: known.metric, labels, value })
    }
    return raised
  }
}

/** What each type of metric takes. */
const OPERATIONS = { counter: 'increment', histogram: 'observe', gauge: 'set' } as const

function numberOf({ value: field }: Effect, fields: Readonly<Record<string, unknown>>): number | undefined {
  if (field === undefined) return 1
  const value = fields[field]
  return typeof value === 'number' ? value : undefined
}

function disallowed(
  { allowed }: BusinessMetric,
  labels: Readonly<Record<string, string>>,
  path: string,
): Mistake | undefined {
  for (const [label, values] of Object.entries(allowed)) {
    const value = Object.hasOwn(labels, label) ? labels[label] : undefined
    if (value === undefined || !values.includes(value)) {
      const shown = values.slice(0, 20).join(', ')
      return { field: path + label, reason: `expected one of ${shown}${values.length > 20 ? ', …' : ''}` }
    }
  }
  return undefined
}

function record({ metric, labels, value }: Raised, recorder: Recorder): void {
  if (metric.type === 'counter') recorder.increment(metric as Counter, labels, value)
  else if (metric.type === 'gauge') recorder.set(metric as Gauge, labels, value)
  else recorder.observe(metric as Histogram, labels, value)
}
