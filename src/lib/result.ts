/** Why something that may fail did fail. `retryable`: whether the same call may succeed later. */
export interface Failure {
  /** Safe to show and log: holds no host, URI, credential or body. */
  readonly message: string
  readonly retryable: boolean
  /** How long the other side asked us to wait, where it did. */
  readonly retryAfterMs?: number
  /** The platform refused to send another request from this invocation: nothing was attempted. */
  readonly unsent?: true
  /** The other side refused the message for its size or form; a smaller one may be accepted. */
  readonly tooLarge?: true
}

/** The outcome of work that is expected to fail sometimes. Bugs throw instead. */
export type Result<T, E = Failure> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E }

/** A successful result. */
export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value })

/** A failed result. */
export const err = <E>(error: E): Result<never, E> => ({ ok: false, error })
