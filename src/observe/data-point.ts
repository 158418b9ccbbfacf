import type { Observation } from './observation.ts'

/** What Analytics Engine takes per point (https://developers.cloudflare.com/analytics/analytics-engine/limits/). */
export const ANALYTICS_LIMITS = {
  blobs: 20,
  doubles: 20,
  indexes: 1,
  indexBytes: 96,
  blobBytes: 16 * 1024,
} as const

// 16 blobs of at most this many characters stay below the limit, whatever their encoding.
const MAX_BLOB_CHARACTERS = 256

/** The service that the points are of. */
export interface AnalyticsLabels {
  readonly environment: string
  /** The id of the deployed version. */
  readonly deployment: string
}

/**
 * The point of one request; its columns are documented in `docs/analytics-engine.md`. The index, by which Analytics
 * Engine samples, is the route: a busy route is thinned out before a quiet one loses its points.
 */
export function dataPoint(observation: Observation, labels: AnalyticsLabels): AnalyticsEngineDataPoint {
  const { method, route, status, durationMs, requestId, slow } = observation
  return {
    indexes: [indexOf(route)],
    blobs: [
      limit(method),
      limit(route),
      String(status),
      limit(requestId),
      limit(labels.environment),
      limit(labels.deployment),
    ],
    doubles: [durationMs, status, slow ? 1 : 0],
  }
}

const limit = (text: string): string =>
  text.length <= MAX_BLOB_CHARACTERS ? text : text.slice(0, MAX_BLOB_CHARACTERS)

// Most templates fit by far; only long ones are measured in bytes.
const indexOf = (route: string): string =>
  route.length * 3 <= ANALYTICS_LIMITS.indexBytes ? route : cutToBytes(route, ANALYTICS_LIMITS.indexBytes)

function cutToBytes(text: string, maxBytes: number): string {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length <= maxBytes) return text
  let end = maxBytes
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end-- // not within a character
  return new TextDecoder().decode(bytes.subarray(0, end))
}
