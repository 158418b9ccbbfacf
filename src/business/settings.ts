import type { BusinessConfig } from '../config/business.ts'
import type { Clock } from '../lib/clock.ts'
import type { ErrorReporter, Logger } from '../logging/model.ts'
import type { Batch } from '../metrics/batch.ts'
import type { Catalog } from '../metrics/catalog.ts'
import type { Recorder } from '../metrics/model.ts'
import type { BusinessMetrics, Effects } from './effects.ts'
import type { BusinessDatabase } from './ports.ts'

/** What the queue needs from outside. */
export interface EventQueueSettings {
  readonly config: BusinessConfig
  readonly metrics: BusinessMetrics
  readonly effects: Effects
  readonly catalog: Catalog
  /** Undefined: no database is configured. Then events only raise metrics, and nothing is asked. */
  readonly database: (() => BusinessDatabase) | undefined
  /** Hands a batch to the metrics store, always to the same shard. Rejects where it was not acknowledged. */
  readonly send: (batch: Batch) => Promise<void>
  /** For gauges, which may be set twice. */
  readonly recorder: Recorder & { flush(): Promise<void> }
  /** `metrics.maxSeries`. */
  readonly maxSeries: number
  /** How long events may gather before they are handed on. */
  readonly gatherMs: number
  readonly newId: () => string
  readonly clock: Clock
  readonly log: Logger
  readonly errors: ErrorReporter
}
