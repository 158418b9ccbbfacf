import type { MonitorConfig } from '../config/monitors.ts'
import { getOrAdd } from '../lib/get-or-add.ts'
import type { Catalog } from '../metrics/catalog.ts'
import type { Gauge, LabelValues, Recorder } from '../metrics/model.ts'
import type { Series, Shape } from '../metrics/series.ts'
import { monitorOf } from '../metrics/series.ts'
import type { CheckResult, MonitorState, MonitorStatus, SeenState } from './model.ts'
import { regionsOf } from './plan.ts'

const STATES: readonly MonitorState[] = ['up', 'degraded', 'down', 'unknown', 'maintenance']
const OUTCOMES: readonly CheckResult['outcome'][] = ['up', 'slow', 'failed', 'unknown']

/** What uptime is told over; see `recordUptime`. */
export const UPTIME_WINDOW_DAYS = 30

/** Records what runs find. Gauges are recorded when they change, so that a run hands little over. */
export class MonitorMetrics {
  readonly #recorder: Recorder
  readonly #catalog: Catalog
  /** What each gauge was set to, by its labels; as long as the object lives. */
  readonly #gauges = new Map<Gauge<string>, Map<string, number>>()
  readonly #counted = new Set<string>()

  constructor(recorder: Recorder, catalog: Catalog) {
    this.#recorder = recorder
    this.#catalog = catalog
  }

  /** Records a run that was committed. */
  recordRun(statuses: readonly MonitorStatus[], results: readonly CheckResult[], atMs: number): void {
    const { monitorUp, monitorState, monitorRegionUp, monitorsLastRun } = this.#catalog
    for (const { id: monitor, state, seen, regions } of statuses) {
      this.#set(monitorUp, { monitor }, upValue(seen))
      for (const each of STATES) this.#set(monitorState, { monitor, state: each }, each === state ? 1 : 0)
      for (const { region, state: inRegion } of regions) {
        this.#set(monitorRegionUp, { monitor, region }, upValue(inRegion))
      }
    }
    for (const result of results) this.#recordCheck(result)
    this.#recorder.set(monitorsLastRun, {}, atMs / 1000)
  }

  /** Records the share of the measured time in which a monitor was up; undefined where none was measured. */
  recordUptime(monitor: string, ratio: number | undefined): void {
    const labels = { monitor, window: `${UPTIME_WINDOW_DAYS}d` }
    this.#set(this.#catalog.monitorUptimeRatio, labels, ratio ?? Number.NaN)
  }

  #recordCheck({ monitor, region, outcome, latencyMs }: CheckResult): void {
    const { monitorChecks, monitorLatency } = this.#catalog
    const key = `${region} ${monitor}`
    if (!this.#counted.has(key)) {
      this.#counted.add(key)
      // Prometheus sees no increase in a series that is born at 1.
      for (const each of OUTCOMES)
        this.#recorder.increment(monitorChecks, { monitor, region, outcome: each }, 0)
    }
    this.#recorder.increment(monitorChecks, { monitor, region, outcome })
    if (latencyMs !== undefined) this.#recorder.observe(monitorLatency, { monitor, region }, latencyMs / 1000)
  }

  #set<Label extends string>(metric: Gauge<Label>, labels: LabelValues<Label>, value: number): void {
    const known = getOrAdd(this.#gauges, metric, () => new Map<string, number>())
    const key = metric.labels.map((label) => labels[label]).join(' ')
    if (Object.is(known.get(key), value)) return
    known.set(key, value)
    this.#recorder.set(metric, labels, value)
  }
}

/** What nobody knows is no number: a monitor that isn't measured must not go on being up. */
const upValue = (state: SeenState): number => (state === 'unknown' ? Number.NaN : state === 'down' ? 0 : 1)

/** How many series the metrics of these monitors have: none of them may become `other`. */
export function seriesOfMonitors(monitors: readonly MonitorConfig[]): number {
  const pairs = monitors.reduce((sum, monitor) => sum + regionsOf(monitor).length, 0)
  return Math.max(monitors.length * STATES.length, pairs * OUTCOMES.length)
}

/** Whether a series is about a monitor, or a region of one, that is not configured any more. */
export function retiredSeries(
  monitors: readonly MonitorConfig[],
): (shape: Shape, series: Pick<Series, 'values'>) => boolean {
  const regions = new Map<string, readonly string[]>(
    monitors.map((monitor) => [monitor.id, regionsOf(monitor)]),
  )
  return (shape, series) => {
    const monitor = monitorOf(shape, series)
    if (monitor === undefined) return false
    const known = regions.get(monitor)
    const region = series.values[shape.labels.indexOf('region')]
    return !known || (region !== undefined && !known.includes(region))
  }
}
