import type { MonitorConfig } from '../config/monitors.ts'
import { SECOND_MS } from '../lib/clock.ts'
import type { Rhythm } from './heartbeat.ts'
import type { Region } from './model.ts'
import type { Scheduled } from './schedule.ts'
import type { Patience } from './verdict.ts'

/** A monitor as it is judged: one that is asked, from some regions, or one that tells. */
export type Watched = Asked | Telling

/** See `Watched`. */
export interface Asked extends Scheduled, Patience {
  readonly kind: 'asked'
  readonly dependsOn: readonly string[]
  /** Whether a second check tells more than the first: what is known of a dependency stays the same for some seconds. */
  readonly canRepeat: boolean
}

/** A heartbeat. */
interface Telling extends Rhythm {
  readonly kind: 'telling'
  readonly id: string
  readonly regions: readonly Region[]
  readonly dependsOn: readonly string[]
}

/** What is to be watched, in milliseconds. */
export const planMonitors = (monitors: readonly MonitorConfig[]): readonly Watched[] =>
  monitors.map((monitor) => {
    const { id, dependsOn } = monitor
    if (monitor.type === 'heartbeat') {
      const { every, grace } = monitor
      const rhythm = { everyMs: every * SECOND_MS, graceMs: grace * SECOND_MS }
      return { kind: 'telling', id, dependsOn, regions: regionsOf(monitor), ...rhythm }
    }
    return {
      kind: 'asked',
      id,
      dependsOn,
      regions: regionsOf(monitor),
      intervalMs: monitor.interval * SECOND_MS,
      timeoutMs: monitor.timeout * SECOND_MS,
      canRepeat: monitor.type !== 'mongodb' && monitor.type !== 'redis',
      failures: monitor.failures,
      recoveries: monitor.recoveries,
    }
  })

/** Where a monitor is seen from. */
export const regionsOf = (monitor: MonitorConfig): readonly Region[] =>
  'locations' in monitor ? monitor.locations : ['internal']
