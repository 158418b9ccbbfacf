/**
 * Where checks run from, and Cloudflare's location hint for it
 * (https://developers.cloudflare.com/durable-objects/reference/data-location/#provide-a-location-hint).
 */
export const LOCATION_HINTS = {
  'us-east': 'enam',
  'us-west': 'wnam',
  'eu-west': 'weur',
  'eu-east': 'eeur',
  asia: 'apac',
  'asia-northeast': 'apac-ne',
  'asia-southeast': 'apac-se',
  oceania: 'oc',
} as const

/** The name of a place on earth, such as `eu-west`. */
export type Location = keyof typeof LOCATION_HINTS
