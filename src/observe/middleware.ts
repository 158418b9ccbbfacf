import type { Context, MiddlewareHandler } from 'hono'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../logging/model.ts'
import { type AnalyticsLabels, dataPoint } from './data-point.ts'
import { methodLabel, type Observation } from './observation.ts'
import { requestIdFrom } from './request-id.ts'
import { routeTemplate } from './route.ts'

/** Where the observations of an isolate are counted. */
interface RequestRecorder {
  recordRequest(observation: Observation): void
  /** Whether something waits that nobody has undertaken to flush yet. */
  readonly needsFlush: boolean
  /** Undertakes a flush, some seconds from now, in the background of a request. */
  flushLater(waitUntil: (work: Promise<unknown>) => void): void
}

/** What the middleware needs; everything but the clock may be left out. */
export interface ObserveOptions {
  readonly clock: Clock
  readonly recorder?: RequestRecorder
  readonly analytics?: { readonly dataset: AnalyticsEngineDataset; readonly labels: AnalyticsLabels }
  /** One line per request, and a warning for each slow one. */
  readonly log?: Logger
  /** A request that takes longer is slow. Milliseconds. */
  readonly slowMs: number
  /** Runs the handlers within a context that carries the request id to every log line. */
  readonly withContext?: <T>(c: Context, requestId: string, work: () => Promise<T>) => Promise<T>
}

/** What middleware and handlers tell each other on the context. */
export interface ObserveVariables {
  requestId: string
  /** Set by a handler that was asked how things are: its 503 is an answer, not a failure of its own. */
  statusIsAnswer?: boolean
  /** Set for a response that caches may share: it gets no headers about a single request. */
  isShared?: boolean
}

/**
 * Observes every request: counts it, times it, writes an Analytics Engine point and a log line, and sets
 * `X-Request-Id`, `X-Process-Time` (seconds) and `Server-Timing` (milliseconds) on a response that belongs to one
 * request (not `isShared`). Mount it first.
 *
 * It waits for nothing after the handlers are done, and nothing that goes wrong in it reaches the caller.
 */
export function observe(options: ObserveOptions): MiddlewareHandler<{ Variables: ObserveVariables }> {
  const { clock, recorder, analytics, log, slowMs, withContext } = options

  const record = (c: Context, observation: Observation): void => {
    if (recorder) {
      recorder.recordRequest(observation)
      if (recorder.needsFlush) flushInBackground(c, recorder)
    }
    if (analytics) analytics.dataset.writeDataPoint(dataPoint(observation, analytics.labels))
    if (log) logRequest(log, c, observation)
  }

  const finish = (c: Context, requestId: string, startMs: number): void => {
    try {
      const atMs = clock()
      const durationMs = Math.max(0, atMs - startMs)
      if (c.get('isShared') !== true) setHeaders(c, requestId, durationMs)
      const { status } = c.res
      record(c, {
        method: methodLabel(c.req.method),
        route: routeTemplate(c),
        status,
        durationMs,
        failed: isFailure(c),
        slow: durationMs > slowMs,
        atMs,
        requestId,
      })
    } catch (error) {
      log?.error('observation_failed', { error })
    }
  }

  // It runs for every request, so it makes no promise and no closure more than it must.
  return function observe(c, next) {
    const startMs = clock()
    const requestId = requestIdFrom(c.req.raw.headers.get('X-Request-Id'))
    c.set('requestId', requestId)
    if (!withContext) return next().then(() => finish(c, requestId, startMs))
    return withContext(c, requestId, () => next().then(() => finish(c, requestId, startMs)))
  }
}

/** Whether a request that has been answered failed on our side. */
export const isFailure = (c: Context): boolean => c.res.status >= 500 && c.get('statusIsAnswer') !== true

function setHeaders(c: Context, requestId: string, durationMs: number): void {
  try {
    writeHeaders(c.res.headers, requestId, durationMs)
  } catch {
    c.res = new Response(c.res.body, c.res) // what `fetch` returned can't be changed; a copy can
    writeHeaders(c.res.headers, requestId, durationMs)
  }
}

function writeHeaders(headers: Headers, requestId: string, durationMs: number): void {
  // A request that waits for nothing takes 0 ms on Workers: the texts of the last duration often serve again.
  if (durationMs !== lastTiming.durationMs) {
    lastTiming = { durationMs, seconds: String(durationMs / 1000), serverTiming: `total;dur=${durationMs}` }
  }
  headers.set('X-Request-Id', requestId)
  headers.set('X-Process-Time', lastTiming.seconds)
  headers.set('Server-Timing', lastTiming.serverTiming)
}

let lastTiming = { durationMs: 0, seconds: '0', serverTiming: 'total;dur=0' }

function flushInBackground(c: Context, recorder: RequestRecorder): void {
  let context: { waitUntil(work: Promise<unknown>): void }
  try {
    context = c.executionCtx
  } catch {
    return // `app.request()` has none: what is recorded waits for a request that has
  }
  recorder.flushLater((work) => context.waitUntil(work))
}

function logRequest(log: Logger, c: Context, { method, route, status, durationMs, slow }: Observation): void {
  const path = c.req.path
  // The values are redacted by the logger; which parameters were sent helps, their values are the user's.
  const queryStart = c.req.url.indexOf('?')
  const queryParams = queryStart < 0 ? '' : c.req.url.slice(queryStart + 1)
  log.info('api_request', { method, path, route, status, duration_ms: durationMs, query_params: queryParams })
  if (slow) log.warn('slow_request', { method, path, route, status, duration_ms: durationMs })
}
