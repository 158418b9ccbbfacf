import type { Series, Shape } from './series.ts'
import type { WindowDelta } from './windows.ts'

/** The wire shape that this deployment writes. Fields may be added under one version; a change of meaning is a new one. */
export const BATCH_VERSION = 1

/**
 * What was added to a metric's series (of a gauge: what it was set to). The metric comes along, because another
 * deployment may know it otherwise or not at all.
 */
export interface MetricDelta extends Shape {
  readonly series: readonly Series[]
}

/** Requests within a minute. `minute` counts minutes since the epoch. */
export interface MinuteDelta extends WindowDelta {
  readonly minute: number
}

/** What a buffer hands over. The store counts each (source, sequence) once, however often it comes. */
export interface Batch {
  readonly version: number
  /** The buffer; random. */
  readonly source: string
  /** 1 for a source's first batch, then rising by 1. */
  readonly sequence: number
  /**
   * When it was made, by the source's clock; undefined where the source sends it again however late. It tells the store
   * whether the batch may be of a source that it forgot.
   */
  readonly createdAtMs?: number
  readonly metrics: readonly MetricDelta[]
  readonly minutes: readonly MinuteDelta[]
}
