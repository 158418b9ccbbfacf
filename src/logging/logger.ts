import type { Clock } from '../lib/clock.ts'
import { systemClock } from '../lib/clock.ts'
import { currentContext, leaveBreadcrumb } from './context.ts'
import type { LogLine } from './format.ts'
import { jsonFormat, textFormat } from './format.ts'
import type { LogFields, Logger, LogLevel } from './model.ts'

/** What a logger is made of. */
export interface LoggerOptions {
  /** Lines that matter less are not written. */
  readonly level: LogLevel
  readonly format: 'json' | 'text'
  /** What stands on every line, such as `service`, `version` and `environment`. In text only `service` does. */
  readonly everyLine?: LogFields
  /** Takes each line; the console unless given, which Workers Logs reads. */
  readonly write?: (level: LogLevel, line: string) => void
  readonly clock?: Clock
}

const WEIGHT: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/**
 * Makes a logger. Each line carries the ids of the context that it is written in (`runWithContext`), and is kept
 * there as a breadcrumb for an error that may follow.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { level: least, everyLine = {}, write = writeToConsole, clock = systemClock } = options
  const format = options.format === 'json' ? jsonFormat(everyLine) : textFormat(everyLine)

  function formatted(line: LogLine): string {
    try {
      return format(line)
    } catch {
      return format({ ...line, fields: { fields: '[unreadable]' } })
    }
  }

  function log(level: LogLevel, event: string, fields: LogFields | undefined): void {
    if (WEIGHT[level] < WEIGHT[least]) return
    try {
      const timeMs = clock()
      const context = currentContext()
      write(level, formatted({ timeMs, level, event, fields, context }))
      if (context) leaveBreadcrumb(context, { timeMs, level, event, fields })
    } catch {
      // A line that can't be written must not fail the work that it tells of.
    }
  }

  return {
    debug: (event, fields) => log('debug', event, fields),
    info: (event, fields) => log('info', event, fields),
    warn: (event, fields) => log('warn', event, fields),
    error: (event, fields) => log('error', event, fields),
  }
}

function writeToConsole(level: LogLevel, line: string): void {
  if (level === 'error') console.error(line)
  else if (level === 'warn') console.warn(line)
  else console.log(line)
}
