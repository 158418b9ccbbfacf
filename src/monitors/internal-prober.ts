import type { MonitorConfig, MonitorOf } from '../config/monitors.ts'
import type { DependencyReport } from '../health/model.ts'
import type { Clock } from '../lib/clock.ts'
import type { Fetch } from '../lib/http-client.ts'
import type { ErrorReporter, Logger } from '../logging/model.ts'
import type { Finding } from './finding.ts'
import { findingByLatency, resultOf } from './finding.ts'
import { checkHttp } from './http-check.ts'
import { CHECKS_AT_ONCE, Lanes } from './lanes.ts'
import type { CheckResult } from './model.ts'
import type { ProbeRequest, RegionProberClient } from './ports.ts'

/** What Edgewatch sees itself by. */
export interface InternalProberSettings {
  readonly monitors: readonly MonitorConfig[]
  /** Reaches this service's own routes, whatever the host. */
  readonly fetch: Fetch
  /** What the routes are asked under. */
  readonly serviceUrl: string
  readonly userAgent: string
  readonly dependencies: () => Promise<DependencyReport>
  readonly clock: Clock
  readonly log: Logger
  readonly errors: ErrorReporter
}

type InternalMonitor = MonitorOf<'service' | 'mongodb' | 'redis'>

/** Makes the checks that need no region: of the service's own routes, and of its dependencies as `/health` sees them. */
export class InternalProber implements RegionProberClient {
  readonly #settings: InternalProberSettings
  readonly #lanes = new Lanes(CHECKS_AT_ONCE)

  constructor(settings: InternalProberSettings) {
    this.#settings = settings
  }

  /** Leaves out what is not configured, or not checked from here. Asks for the dependencies once at most. */
  async run({ region, monitors }: ProbeRequest): Promise<readonly CheckResult[]> {
    let asked: Promise<DependencyReport> | undefined
    const report = () => {
      asked ??= this.#settings.dependencies()
      return asked
    }
    const wanted = this.#settings.monitors.filter(({ id }) => monitors.includes(id))
    return await Promise.all(
      wanted.filter(isInternal).map(async (monitor) => {
        const found = await this.#lanes.run(() => this.#check(monitor, report))
        return resultOf({ monitor: monitor.id, region }, found)
      }),
    )
  }

  async #check(monitor: InternalMonitor, report: () => Promise<DependencyReport>): Promise<Finding> {
    const { log, errors, clock } = this.#settings
    const atMs = clock()
    try {
      return monitor.type === 'service'
        ? await this.#checkService(monitor)
        : checkDependency(monitor, await report())
    } catch (error) {
      log.error('check_failed', { monitor: monitor.id, error })
      errors.report(error, { tags: { object: 'UptimeMonitor', monitor: monitor.id } })
      return { atMs, outcome: 'unknown', reason: 'the check itself failed' }
    }
  }

  #checkService({ path, timeout, expect }: MonitorOf<'service'>): Promise<Finding> {
    const url = new URL(path, this.#settings.serviceUrl).href
    // A redirect may lead out of the service, where this way of asking doesn't go.
    const check = {
      url,
      method: 'GET',
      headers: {},
      body: undefined,
      auth: undefined,
      followRedirects: false,
    } as const
    return checkHttp({ ...check, timeout, expect }, this.#settings)
  }
}

const isInternal = (monitor: MonitorConfig): monitor is InternalMonitor =>
  monitor.type === 'service' || monitor.type === 'mongodb' || monitor.type === 'redis'

function checkDependency(
  { type, expect }: MonitorOf<'mongodb' | 'redis'>,
  report: DependencyReport,
): Finding {
  const atMs = report.checkedAtMs
  const found = report[type]
  switch (found.state) {
    case 'disabled':
      return { atMs, outcome: 'unknown', reason: `${type} is not configured` }
    case 'unknown':
      return { atMs, outcome: 'unknown', reason: found.message }
    case 'down':
      return { atMs, outcome: 'failed', reason: found.message }
    case 'up':
      return findingByLatency(atMs, found.details.latencyMs, expect.maxLatencyMs)
  }
}
