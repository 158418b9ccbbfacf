/** How much a line matters, least first. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What a line tells besides its event. An `Error` under `error` is written with its cause and stack. */
export type LogFields = Readonly<Record<string, unknown>>

/**
 * Writes structured lines: `log.info('analysis_completed', { duration_ms })`. The event is a fixed snake_case name,
 * never a sentence with values in it. Secrets in fields are redacted, nested ones too. Never throws.
 */
export interface Logger {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

/** Where errors are reported, Sentry for one. Never throws and never waits: sending goes on in the background. */
export interface ErrorReporter {
  /**
   * Reports an error with what is known of it. The same error in a burst is sent a few times and counted after.
   * @param context names where it happened: `route`, `job`, `object`; tags are searchable, contexts are shown.
   */
  report(error: unknown, context?: ErrorContext): void
  /** Tells that the cron run `slug` has begun or ended, so that a cron which stops is noticed. Returns the check-in's id. */
  checkIn(slug: string, status: 'in_progress' | 'ok' | 'error', id?: string): string | undefined
}

/** See `ErrorReporter.report`. */
export interface ErrorContext {
  readonly tags?: Readonly<Record<string, string>>
  readonly contexts?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}
