import type { RequestRecord } from '../metrics/accumulator.ts'

/** What is known of a request once it is answered. */
export interface Observation extends RequestRecord {
  readonly requestId: string
}

// RFC 9110 and RFC 5789. Any other method is the caller's invention, and must not make a series of its own.
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'])

/** A method as it may be used for a label. */
export const methodLabel = (method: string): string => (METHODS.has(method) ? method : 'OTHER')
