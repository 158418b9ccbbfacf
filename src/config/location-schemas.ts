import * as z from 'zod'
import { LOCATION_HINTS, type Location } from './locations.ts'

const NAMES = Object.keys(LOCATION_HINTS) as Location[]

/** Cloudflare accepts these hints but creates the objects elsewhere: for South America, in eastern North America. */
const NOT_HONORED = ['south-america', 'sam', 'africa', 'afr', 'middle-east', 'me']

/** A location, given by its name or by Cloudflare's code; parsed to the name. */
export const location = z.string().transform((text, context) => {
  const known = NAMES.find((name) => name === text || LOCATION_HINTS[name] === text)
  if (known) return known
  const why = NOT_HONORED.includes(text) ? `; Cloudflare runs no Durable Objects in ${text}` : ''
  const message = `one of ${NAMES.map((name) => `"${name}"`).join(', ')}${why}`
  context.addIssue({ code: 'custom', message, input: text })
  return z.NEVER
}) as unknown as z.ZodType<Location, Location | (typeof LOCATION_HINTS)[Location]>

/** Locations to check from, without duplicates. */
export const locations = z
  .array(location)
  .min(1)
  .transform((list) => [...new Set(list)])
