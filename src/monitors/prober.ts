import { DurableObject } from 'cloudflare:workers'
import type { MonitorConfig } from '../config/monitors.ts'
import type { Clock } from '../lib/clock.ts'
import type { Fetch } from '../lib/http-client.ts'
import type { ErrorReporter, Logger } from '../logging/model.ts'
import { askColo } from './colo.ts'
import { checkDns } from './dns-check.ts'
import type { Finding } from './finding.ts'
import { resultOf } from './finding.ts'
import { checkHttp } from './http-check.ts'
import { CHECKS_AT_ONCE, Lanes } from './lanes.ts'
import type { CheckResult } from './model.ts'
import { NetworkProbe } from './network.ts'
import type { ProbeRequest, RegionProberClient } from './ports.ts'
import type { Connect } from './tcp-check.ts'
import { checkTcp } from './tcp-check.ts'

/** What a region prober needs. */
export interface RegionProberSettings {
  readonly monitors: readonly MonitorConfig[]
  /** See `probes.controlUrl` in the configuration. */
  readonly controlUrl: string
  /** See `probes.traceUrl` in the configuration. */
  readonly traceUrl: string
  /** Sent with every request. */
  readonly userAgent: string
  readonly fetch: Fetch
  /** Of `cloudflare:sockets`. */
  readonly connect: Connect
  readonly clock: Clock
  readonly log: Logger
  readonly errors: ErrorReporter
  /** Hands over what was counted of errors. */
  readonly flush: () => Promise<void>
}

/**
 * Makes checks from one region. There is one for each region and shard; it stores nothing. At most five checks are made
 * at once, over all calls, and the clock of a check starts when it gets its own.
 */
export abstract class RegionProberObject<E> extends DurableObject<E> implements RegionProberClient {
  readonly #lanes = new Lanes(CHECKS_AT_ONCE)
  #locating: Promise<void> | undefined
  #colo: string | undefined
  #ready: { readonly settings: RegionProberSettings; readonly network: NetworkProbe } | undefined

  /** Asked for once per life of the object. */
  protected abstract settings(): RegionProberSettings

  /** Leaves out what is not configured, or not checked from regions. Never rejects for a check. */
  async run({ region, monitors }: ProbeRequest): Promise<readonly CheckResult[]> {
    this.#locate()
    const asked = this.#prepare().settings.monitors.filter(({ id }) => monitors.includes(id))
    const results = await Promise.all(
      asked.filter(isRemote).map(async (monitor) => {
        const found = await this.#lanes.run(() => this.#check(monitor))
        return resultOf({ monitor: monitor.id, region }, found)
      }),
    )
    const colo = this.#colo
    return results
      .sort((a, b) => a.atMs - b.atMs)
      .map((result) => ({ ...result, ...(colo !== undefined && { colo }) }))
  }

  /** Finds out where this runs, once per life of the object. No check waits for it, so the first run may end without it. */
  #locate(): void {
    const { traceUrl, fetch } = this.#prepare().settings
    this.#locating ??= askColo(traceUrl, fetch).then((colo) => {
      this.#colo = colo
    })
  }

  async #check(monitor: RemoteMonitor): Promise<Finding> {
    const { settings, network } = this.#prepare()
    const atMs = settings.clock()
    try {
      const found = await find(monitor, settings)
      if (found.outcome !== 'unknown' && !found.unanswered) network.saw()
      if (found.outcome !== 'failed' || !found.unanswered || (await network.answers())) return found
      return { atMs: found.atMs, outcome: 'unknown', reason: 'no network in this region' }
    } catch (error) {
      settings.log.error('check_failed', { monitor: monitor.id, error })
      settings.errors.report(error, { tags: { object: 'RegionProber', monitor: monitor.id } })
      this.ctx.waitUntil(settings.flush())
      return { atMs, outcome: 'unknown', reason: 'the check itself failed' }
    }
  }

  #prepare() {
    if (!this.#ready) {
      const settings = this.settings()
      this.#ready = { settings, network: new NetworkProbe(settings) }
    }
    return this.#ready
  }
}

type RemoteMonitor = Extract<MonitorConfig, { type: 'http' | 'tcp' | 'dns' }>

const isRemote = (monitor: MonitorConfig): monitor is RemoteMonitor => 'locations' in monitor

function find(monitor: RemoteMonitor, settings: RegionProberSettings): Promise<Finding> {
  switch (monitor.type) {
    case 'http':
      return checkHttp(monitor, settings)
    case 'tcp':
      return checkTcp(monitor, settings)
    case 'dns':
      return checkDns(monitor, settings)
  }
}
