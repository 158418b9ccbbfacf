/** An answer that is not the one hoped for: thrown by handlers, rendered once, in the app's error shape. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  /** What programs go by, such as `not_found`. */
  readonly code: string
  readonly headers: Readonly<Record<string, string>>
  /** Which fields of a request are wrong, and how. */
  readonly details: readonly FieldMistake[]

  constructor(
    status: number,
    code: string,
    message: string,
    more: { headers?: Record<string, string>; details?: readonly FieldMistake[] } = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.headers = more.headers ?? {}
    this.details = more.details ?? []
  }
}

/** One field of a request that is wrong. */
export interface FieldMistake {
  readonly field: string
  readonly message: string
}

/** The answer to a request with wrong fields; the first one is told in its message. */
export function invalidRequest(details: readonly FieldMistake[]): HttpError {
  const [first] = details
  const message = first ? `${first.field}: ${first.message}` : 'invalid request'
  return new HttpError(400, 'invalid_request', message, { details })
}

/** The answer to a request with one wrong field. */
export const wrongField = (field: string, message: string): HttpError => invalidRequest([{ field, message }])
