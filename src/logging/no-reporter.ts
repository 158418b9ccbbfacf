import type { ErrorReporter } from './model.ts'

/** Where errors go when no error tracker is configured: nowhere but into the log, where they are anyway. */
export const noReporter: ErrorReporter = {
  report() {},
  checkIn: () => undefined,
}
