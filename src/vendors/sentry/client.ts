import type { Options, Toucan } from 'toucan-js'
import type { Clock } from '../../lib/clock.ts'
import type { Secret } from '../../lib/secret.ts'
import type { Logger } from '../../logging/model.ts'
import { finishedEvent, type Report, tagsOf } from './event.ts'
import { type Category, Pauses } from './pauses.ts'

/** What a client is made of. */
export interface ClientOptions {
  readonly dsn: Secret
  readonly service: { readonly name: string; readonly version: string }
  /** Sentry's word for where it runs, such as `production`. */
  readonly environment: string
  readonly clock: Clock
  readonly log: Logger
  readonly fetcher?: typeof fetch
}

const SEND_TIMEOUT_MS = 5_000
/** The cron runs each minute: two minutes late is missed, and a run takes no longer than its minute. */
const MONITOR = {
  schedule: { type: 'crontab', value: '* * * * *' },
  checkinMargin: 2,
  maxRuntime: 1,
  timezone: 'Etc/UTC',
} as const

// Sentry's client prints one that it does not understand.
const DSN = /^https?:\/\/\w+(?::\w*)?@[\w.-]+(?::\d+)?\/(?:.+\/)?\d+$/

/** Begins or ends a run of a cron. */
export interface CheckIn {
  readonly id: string
  readonly slug: string
  readonly status: 'in_progress' | 'ok' | 'error'
}

/** Sends to Sentry with its client for Workers, within five seconds, and not while Sentry asks for a pause. */
export class SentryClient {
  readonly #options: ClientOptions
  readonly #pauses = new Pauses()

  constructor(options: ClientOptions) {
    this.#options = options
  }

  isPaused(category: Category): boolean {
    return this.#pauses.isPaused(category, this.#options.clock())
  }

  /** Sends an error. False where it could not be sent. */
  async sendError(error: unknown, report: Report): Promise<boolean> {
    if (this.isPaused('error')) return false
    const configured = { beforeSend: (event) => finishedEvent(event, report) } satisfies Partial<Options>
    return this.#send(configured, (toucan) => {
      toucan.setTags(tagsOf(report))
      toucan.setLevel('error')
      if (report.work?.traceId) {
        toucan.setPropagationContext({
          traceId: report.work.traceId,
          spanId: crypto.randomUUID().replaceAll('-', '').slice(16),
          ...(report.work.spanId && { parentSpanId: report.work.spanId }),
        })
      }
      toucan.captureException(error)
    })
  }

  /** Sends a check-in, and with it what the monitor should expect: the first one creates it. */
  async sendCheckIn({ id, slug, status }: CheckIn): Promise<boolean> {
    if (this.isPaused('monitor')) return false
    return this.#send({}, (toucan) => {
      // Its types give an id only to an end; the beginning takes one too.
      const checkIn = { monitorSlug: slug, status, checkInId: id } as Parameters<Toucan['captureCheckIn']>[0]
      toucan.captureCheckIn(checkIn, MONITOR)
    })
  }

  async #send(configured: Partial<Options>, capture: (toucan: Toucan) => void): Promise<boolean> {
    const { dsn, service, environment, log } = this.#options
    if (!DSN.test(dsn.reveal())) {
      log.error('sentry_dsn_invalid')
      return false
    }
    let sent: Promise<boolean> | undefined
    try {
      // Loaded on first use: it would slow down every start of the Worker.
      const { linkedErrorsIntegration, Toucan } = await import('toucan-js')
      const toucan = new Toucan({
        dsn: dsn.reveal(),
        release: `${service.name.toLowerCase().replaceAll(/[^a-z0-9._-]+/g, '-')}@${service.version}`,
        environment,
        // Not the default ones: they look at requests and at what was validated.
        defaultIntegrations: false,
        integrations: [linkedErrorsIntegration({ limit: 5 })],
        normalizeDepth: 8,
        transportOptions: {
          fetcher: (url: RequestInfo | URL, init?: RequestInit) => {
            const answer = this.#exchange(url, init)
            sent = answer.then(({ ok }) => ok)
            return answer
          },
        },
        ...configured,
      } as Options)
      toucan.setTag('app.version', service.version)
      toucan.setContext('app', { app_name: service.name, app_version: service.version })
      capture(toucan)
    } catch (error) {
      // Some things that are thrown can't even be looked at.
      log.error('error_report_failed', { error })
    }
    return sent ?? false
  }

  /** One request to Sentry. Never rejects: without an answer it gives one with status 599. */
  async #exchange(url: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
    const { clock, log, fetcher = fetch } = this.#options
    try {
      const signal = AbortSignal.timeout(SEND_TIMEOUT_MS)
      const { ok, status, headers, body } = await fetcher(url, { ...init, redirect: 'manual', signal })
      this.#pauses.noteAnswer(status, headers, clock())
      if (!ok) log.warn('error_report_refused', { status })
      await body?.cancel()
      return new Response(null, { status: ok ? 200 : Math.max(status, 400), headers })
    } catch {
      // The platform's own message may hold the host.
      this.#pauses.noteFailure(clock())
      log.warn('error_report_refused', { reason: 'no answer' })
      return new Response(null, { status: 599 })
    }
  }
}
