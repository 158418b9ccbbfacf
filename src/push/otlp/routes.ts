import { Hono } from 'hono'
import type * as z from 'zod'
import { answered } from '../../lib/answered.ts'
import { renderError } from '../../lib/http-answers.ts'
import { HttpError } from '../../lib/http-error.ts'
import { truncate } from '../../lib/text.ts'
import type { exported } from '../answers.ts'
import { accepted, bodyOf, largeBody, type PushRoutesSettings, UNAVAILABLE } from '../http.ts'
import { countPushes, type PushVariables } from '../outcomes.ts'
import type { ExportOutcome } from '../store.ts'

/** `google.rpc.Code` for statuses that are refusals. */
const RPC_CODES: Readonly<Record<number, number>> = { 401: 16, 413: 8, 429: 8 }
const INVALID_ARGUMENT = 3
const MAX_MESSAGE_LENGTH = 1000

type Exported = z.infer<typeof exported>

/**
 * OTLP/HTTP for metrics, in JSON. What is refused is answered with a `google.rpc.Status`, beside the shape that errors
 * have elsewhere.
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export function otlpRoutes(settings: PushRoutesSettings) {
  const { store, guard, log, recorder, catalog } = settings
  const countPoints = ({ takenPoints, rejectedPoints, repeatedPoints }: ExportOutcome) => {
    const points = { accepted: takenPoints, rejected: rejectedPoints, repeated: repeatedPoints }
    for (const [outcome, number] of Object.entries(points)) {
      if (number > 0) recorder.increment(catalog.otlpPoints, { outcome }, number)
    }
  }
  const routes = new Hono<{ Variables: PushVariables }>()
  routes.onError((error, c) => {
    if (!(error instanceof HttpError) || error.status >= 500) throw error // the app reports it
    const { message, status } = error
    return renderError(error, c, { code: RPC_CODES[status] ?? INVALID_ARGUMENT, message })
  })
  routes.post('/', countPushes('otlp', settings), guard.required, largeBody, async (c) => {
    const body = await bodyOf(c)
    if (!/^application\/json *(;|$)/i.test(body.contentType)) {
      const how = 'set OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=http/json, or send application/json'
      throw new HttpError(415, 'unsupported_media_type', `OTLP is taken in JSON only: ${how}`)
    }
    const outcome = accepted(await answered(store().export(body), UNAVAILABLE, log))
    countPoints(outcome)
    const { rejectedPoints, repeatedPoints, reasons } = outcome
    if (rejectedPoints > 0) {
      c.set('pushOutcome', 'partial')
      log.warn('otlp_points_rejected', {
        points: rejectedPoints,
        reasons: reasons.slice(0, 5).map((each) => truncate(each, 200)),
      })
    }
    // Without rejected points it is a warning; what was accepted as a whole has no partialSuccess.
    const notes =
      repeatedPoints > 0 ? [`${repeatedPoints} deltas had been added before`, ...reasons] : reasons
    if (notes.length === 0) return c.json({} satisfies Exported)
    const errorMessage = truncate(notes.join('; '), MAX_MESSAGE_LENGTH)
    const partialSuccess = { rejectedDataPoints: String(rejectedPoints), errorMessage }
    return c.json({ partialSuccess } satisfies Exported)
  })
  return routes
}
