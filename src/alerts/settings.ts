import { monitorAlertId } from '../config/monitor-ids.ts'
import type { MonitorConfig } from '../config/monitors.ts'
import type { Config } from '../config/schema.ts'
import type { DependencyReport } from '../health/model.ts'
import type { Clock } from '../lib/clock.ts'
import type { ErrorReporter, Logger } from '../logging/model.ts'
import type { Catalog } from '../metrics/catalog.ts'
import type { Recorder } from '../metrics/model.ts'
import type { MetricsReader } from '../metrics/query.ts'
import type { UptimeMonitorClient } from '../monitors/ports.ts'
import type { Silenceable } from './model.ts'
import type { Notification, Receiver } from './receiver.ts'
import { MONITORS_MISSED, SCHEDULER_MISSED } from './watchdog.ts'

/** All that the ledger uses of the world. */
export interface LedgerSettings {
  readonly source: Notification['source']
  readonly alerts: Pick<Config['alerts'], 'rules' | 'routes' | 'reminder' | 'giveUpAfter'>
  readonly receivers: readonly Receiver[]
  readonly metrics: MetricsReader
  /** May reject: what it would have told is then not known. */
  readonly dependencies: () => Promise<DependencyReport>
  readonly monitors: {
    readonly configured: readonly MonitorConfig[]
    /** May reject, as `dependencies` may. */
    readonly measure: UptimeMonitorClient['measure']
  }
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

/** What is configured that has alerts. */
interface AlertSources {
  readonly alerts: Pick<Config['alerts'], 'rules'>
  readonly monitors: { readonly configured: readonly MonitorConfig[] }
}

/** Every alert that there may be. */
export const alertsOf = ({ alerts, monitors }: AlertSources): Silenceable[] => [
  ...alerts.rules.map(({ id, severity, labels }) => ({ alert: id, severity, labels })),
  ...monitors.configured.map(({ id, severity, labels }) => ({ alert: monitorAlertId(id), severity, labels })),
  ...[SCHEDULER_MISSED, ...(monitors.configured.length > 0 ? [MONITORS_MISSED] : [])].map((alert) => ({
    alert,
    severity: 'critical' as const,
    labels: {},
  })),
]
