import type { MaintenanceConfig } from '../config/maintenance.ts'
import type { MonitorConfig } from '../config/monitors.ts'
import type { Clock } from '../lib/clock.ts'
import type { ErrorReporter, Logger } from '../logging/model.ts'
import type { Catalog } from '../metrics/catalog.ts'
import type { Recorder } from '../metrics/model.ts'
import type { Schedule } from './maintenance.ts'
import { readSchedules } from './maintenance.ts'
import { MonitorMetrics } from './metrics.ts'
import type { Region } from './model.ts'
import type { Watched } from './plan.ts'
import { planMonitors } from './plan.ts'
import type { OnJudged, RegionProberClient } from './ports.ts'

/** All that the uptime monitor uses of the world. */
export interface UptimeSettings {
  readonly monitors: readonly MonitorConfig[]
  readonly maintenance: readonly MaintenanceConfig[]
  /** Who makes the checks of a region's shard. Asked for each call: a stub that failed is not used again. */
  readonly prober: (region: Region, shard: number) => RegionProberClient
  /** Whether the control URL answers: without it, what gives no answer is unknown instead of down. */
  readonly controlAnswers: () => Promise<boolean>
  readonly onJudged: OnJudged
  readonly catalog: Catalog
  readonly recorder: Recorder
  /** Hands what was recorded over to the metrics store. */
  readonly flush: () => Promise<void>
  readonly log: Logger
  readonly errors: ErrorReporter
  readonly clock: Clock
  /** Resolves after some time. */
  readonly sleep: (ms: number) => Promise<void>
}

/** The settings, and what is made of them once. */
export interface Prepared extends UptimeSettings {
  readonly plan: readonly Watched[]
  readonly schedules: readonly Schedule[]
  readonly metrics: MonitorMetrics
}

/** See `Prepared`. */
export function prepare(settings: UptimeSettings): Prepared {
  const { monitors, maintenance, recorder, catalog } = settings
  const idOf = (written: string) => monitors.find(({ id, name }) => id === written || name === written)?.id
  return {
    ...settings,
    plan: planMonitors(monitors),
    schedules: readSchedules(maintenance, idOf),
    metrics: new MonitorMetrics(recorder, catalog),
  }
}
