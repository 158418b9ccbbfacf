import type { Config } from '../config/schema.ts'
import type { DependencyReport } from '../health/model.ts'
import type { Clock } from '../lib/clock.ts'
import type { ErrorReporter, Logger } from '../logging/model.ts'
import type { Catalog } from '../metrics/catalog.ts'
import type { Recorder } from '../metrics/model.ts'
import type { MetricsReader } from '../metrics/query.ts'
import type { Notification, Receiver } from './receiver.ts'

/** All that the ledger uses of the world. */
export interface LedgerSettings {
  readonly source: Notification['source']
  readonly alerts: Pick<Config['alerts'], 'rules' | 'routes' | 'reminder' | 'giveUpAfter'>
  readonly receivers: readonly Receiver[]
  readonly metrics: MetricsReader
  /** May reject: what it would have told is then not known. */
  readonly dependencies: () => Promise<DependencyReport>
  readonly catalog: Catalog
  readonly recorder: Recorder
  /** Hands what was recorded over to the metrics store. */
  readonly flush: () => Promise<void>
  readonly log: Logger
  readonly errors: ErrorReporter
  readonly clock: Clock
  /** From 0 to 1; spreads retries. */
  readonly random: () => number
}
