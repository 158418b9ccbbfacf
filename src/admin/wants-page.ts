import type { Context } from 'hono'
import { accepts } from 'hono/accepts'

/** Whether a request would rather have a page than JSON: it comes from a person's browser. */
export const wantsPage = (c: Context): boolean =>
  accepts(c, {
    header: 'Accept',
    supports: ['application/json', 'text/html'],
    default: 'application/json',
  }) === 'text/html'
