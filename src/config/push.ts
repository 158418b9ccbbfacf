import * as z from 'zod'
import { durationMs } from './text.ts'

/** What is kept of pushed metrics. */
export const push = z.strictObject({
  /** A group goes away this long after its last push. Without it, it stays until it is deleted. */
  ttl: durationMs.optional(),
  /** Samples in one group; each bucket of a histogram is one. More are refused with 413. */
  maxSeriesPerGroup: z.number().int().min(1).max(100_000).default(10_000),
  /** Samples in all groups together. More are refused with 413. */
  maxSeries: z.number().int().min(1).max(200_000).default(50_000),
})
