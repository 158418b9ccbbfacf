import type { Clock } from '../lib/clock.ts'
import { isRecent, MINUTE_MS, SECOND_MS } from '../lib/clock.ts'
import type { Fetch } from '../lib/http-client.ts'
import { send } from '../lib/http-client.ts'
import { SingleFlight } from '../lib/single-flight.ts'
import { cloudflareError } from './cloudflare-error.ts'
import type { UptimeSettings } from './settings.ts'

const TIMEOUT_MS = 3 * SECOND_MS
/** Without a network each question takes the timeout, so the answer is kept. */
const MISSED_MS = 30 * SECOND_MS
/** A network that was there may be gone a moment later: so much is trusted, so that many failures ask but once. */
const SEEN_MS = 5 * SECOND_MS

/** What a network probe uses. */
export interface NetworkProbeOptions {
  readonly controlUrl: string
  readonly fetch: Fetch
  readonly clock: Clock
}

/** Whether the control URL answers, with any response but Cloudflare's own for an unreachable host. */
export async function controlAnswers(controlUrl: string, fetch: Fetch): Promise<boolean> {
  const sent = await send({ url: controlUrl, timeoutMs: TIMEOUT_MS }, fetch)
  return sent.ok && cloudflareError(sent.value) === undefined
}

/** What is known of the control URL. */
export interface KnownControl {
  readonly askedAtMs: number
  /** Since when it gives no answer; undefined while it does. */
  readonly silentSinceMs?: number
}

/** A wrong URL is wrong all the time, so it is asked seldom; one that is silent often, until it answers. */
const WATCH_EVERY_MS = 15 * MINUTE_MS

/**
 * Asks the control URL now and then from where the monitors are judged, so that a wrong one is noticed before anything
 * is down, when it would make that unknown. Undefined where nothing is checked from outside.
 */
export async function watchControl(
  known: KnownControl | undefined,
  settings: Pick<UptimeSettings, 'monitors' | 'controlAnswers' | 'clock' | 'log'>,
): Promise<KnownControl | undefined> {
  const { monitors, controlAnswers: answers, clock, log } = settings
  if (!monitors.some((monitor) => 'locations' in monitor)) return undefined
  const now = clock()
  const silentSinceMs = known?.silentSinceMs
  if (known && silentSinceMs === undefined && isRecent(known.askedAtMs, now, WATCH_EVERY_MS)) return known
  if (await answers()) return { askedAtMs: now }
  log.warn('control_url_silent', { setting: 'probes.controlUrl' })
  return { askedAtMs: now, silentSinceMs: silentSinceMs ?? now }
}

/** Whether this region has a network: whether anything answered just now, or the control URL does. */
export class NetworkProbe {
  readonly #options: NetworkProbeOptions
  readonly #flights = new SingleFlight()
  #last: { readonly answered: boolean; readonly atMs: number } | undefined

  constructor(options: NetworkProbeOptions) {
    this.#options = options
  }

  /** Takes note that something answered. */
  saw(): void {
    this.#last = { answered: true, atMs: this.#options.clock() }
  }

  async answers(): Promise<boolean> {
    const { controlUrl, fetch, clock } = this.#options
    const known = this.#known()
    if (known !== undefined) return known
    return this.#flights.run('control', async () => {
      const answered = await controlAnswers(controlUrl, fetch)
      if (!answered && this.#known()) return true // something else answered meanwhile
      this.#last = { answered, atMs: clock() }
      return answered
    })
  }

  #known(): boolean | undefined {
    if (!this.#last) return undefined
    const { answered, atMs } = this.#last
    const ageMs = Math.abs(this.#options.clock() - atMs) // the clock may have gone back
    return ageMs < (answered ? SEEN_MS : MISSED_MS) ? answered : undefined
  }
}
