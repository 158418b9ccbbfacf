import * as z from 'zod'

/**
 * Where checks run from, and Cloudflare's location hint for it
 * (https://developers.cloudflare.com/durable-objects/reference/data-location/#provide-a-location-hint).
 */
export const LOCATION_HINTS = {
  'us-east': 'enam',
  'us-west': 'wnam',
  'south-america': 'sam',
  'eu-west': 'weur',
  'eu-east': 'eeur',
  asia: 'apac',
  'asia-northeast': 'apac-ne',
  'asia-southeast': 'apac-se',
  oceania: 'oc',
  africa: 'afr',
  'middle-east': 'me',
} as const

/** The name of a place on earth, such as `eu-west`. */
export type Location = keyof typeof LOCATION_HINTS

const NAMES = Object.keys(LOCATION_HINTS) as Location[]
const HINTS = Object.values(LOCATION_HINTS)

/** A location by its name or by Cloudflare's code for it; once parsed, the name. */
const location = z
  .enum([...NAMES, ...HINTS])
  .transform((text) => NAMES.find((name) => name === text || LOCATION_HINTS[name] === text)!)

/** Places to check from; each of them counts once. */
export const locations = z
  .array(location)
  .min(1)
  .transform((list) => [...new Set(list)])
