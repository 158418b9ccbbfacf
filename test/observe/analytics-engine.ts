import { ANALYTICS_LIMITS } from '../../src/observe/data-point.ts'

/**
 * Why Analytics Engine would refuse a point, by its documented limits; undefined where it would take it. The local
 * runtime takes anything.
 */
export function refusal(point: AnalyticsEngineDataPoint): string | undefined {
  const { indexes = [], blobs = [], doubles = [] } = point
  const bytes = (value: ArrayBuffer | string | null | undefined) =>
    typeof value === 'string' ? new TextEncoder().encode(value).length : (value?.byteLength ?? 0)
  if (indexes.length > ANALYTICS_LIMITS.indexes) return 'more than one of indexes'
  if (indexes.some((index) => bytes(index) > ANALYTICS_LIMITS.indexBytes)) return 'the index is too long'
  if (blobs.length > ANALYTICS_LIMITS.blobs) return 'too many blobs'
  if (doubles.length > ANALYTICS_LIMITS.doubles) return 'too many doubles'
  if (doubles.some((double) => !Number.isFinite(double))) return 'a double is no number'
  if (blobs.reduce((sum, blob) => sum + bytes(blob), 0) > ANALYTICS_LIMITS.blobBytes)
    return 'too many bytes of blobs'
  return undefined
}

/** A dataset that keeps its points, and throws for one that the real one would refuse. */
export class KeptDataset implements AnalyticsEngineDataset {
  readonly points: AnalyticsEngineDataPoint[] = []

  writeDataPoint(point: AnalyticsEngineDataPoint = {}): void {
    const reason = refusal(point)
    if (reason) throw new TypeError(`Analytics Engine refuses the point: ${reason}`)
    this.points.push(point)
  }
}
