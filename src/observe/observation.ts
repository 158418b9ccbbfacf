/** What is known of a request once it is answered. */
export interface Observation {
  /** One of the nine standard methods, or `OTHER`. */
  readonly method: string
  /** The route template, or `unmatched`. */
  readonly route: string
  readonly status: number
  readonly durationMs: number
  /** Answered with 500 or more, and not because that is what was asked for (see `ObserveVariables.statusIsAnswer`). */
  readonly failed: boolean
  /** Whether it took longer than `observe.slowMs`. */
  readonly slow: boolean
  /** When it was answered; milliseconds since the epoch. */
  readonly atMs: number
  readonly requestId: string
}

// RFC 9110 and RFC 5789. Any other method is the caller's invention, and must not make a series of its own.
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'])

/** A method as it may be used for a label. */
export const methodLabel = (method: string): string => (METHODS.has(method) ? method : 'OTHER')
