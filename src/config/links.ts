import * as z from 'zod'
import { urlText, whenUnset } from './text.ts'

/** A dashboard elsewhere, such as Grafana's, to which the admin dashboard leads. */
export const link = z.strictObject({
  name: z.string().trim().min(1).max(50),
  url: urlText,
  whenUnset,
})
