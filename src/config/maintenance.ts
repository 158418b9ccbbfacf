import { Cron } from 'croner'
import * as z from 'zod'
import { durationMs, lineText } from './text.ts'
import { WEEKDAYS } from './weekdays.ts'

const instant = z.iso.datetime({ offset: true, error: 'a time such as "2026-12-01T02:00:00Z"' })

const common = {
  /** Shown on the status page. */
  title: lineText(200),
  /** Names or ids of monitors; all of them where none is named. */
  monitors: z.array(z.string()).default([]),
}

const recurring = {
  ...common,
  duration: durationMs.refine((ms) => ms > 0, { error: 'a duration above 0' }),
  /** Such as `Europe/Berlin`. */
  timeZone: z.string().refine(isTimeZone, { error: 'a time zone such as "Europe/Berlin"' }).default('UTC'),
}

/** A time in which monitors may be down: they are checked, but nobody is paged. */
export const maintenance = z.union([
  z
    .strictObject({ ...common, from: instant, to: instant })
    .refine(({ from, to }) => Date.parse(from) < Date.parse(to), {
      path: ['to'],
      error: 'a time after from',
    }),
  z.strictObject({
    ...recurring,
    weekly: z.strictObject({
      days: z.array(z.enum(WEEKDAYS)).min(1),
      /** The time of day at which it begins. */
      at: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'a time of day such as "03:00"' }),
    }),
  }),
  z.strictObject({
    ...recurring,
    /** When it begins; five fields: minute, hour, day of the month, month, day of the week. */
    cron: z.string().refine(comesAgain, { error: 'a cron expression of five fields such as "0 3 * * 0"' }),
  }),
])

/** See `maintenance`. */
export type MaintenanceConfig = z.infer<typeof maintenance>

/** Whether a cron expression can be read, and names times that exist. A date would come but once. */
function comesAgain(expression: string): boolean {
  try {
    return (
      !/^\d+-\d+-\d+T/.test(expression.trim()) &&
      new Cron(expression, { mode: '5-part' }).nextRun(new Date(0)) !== null
    )
  } catch {
    return false
  }
}

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }) !== undefined
  } catch {
    return false
  }
}
