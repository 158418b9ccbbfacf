import * as z from 'zod'

// What `/metrics/cache` answers.

export const cacheStatistics = z.object({
  hits: z.number(),
  misses: z.number(),
  hit_rate: z.string().meta({ description: 'A share such as `66.67%`' }),
})

export const cache = z.union([
  z.object({ status: z.literal('enabled'), statistics: cacheStatistics }),
  z.object({ status: z.literal('disabled') }),
])
