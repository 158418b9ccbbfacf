import * as z from 'zod'
import { durationMs } from './text.ts'

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const

const instant = z.iso.datetime({ offset: true, error: 'a time such as "2026-12-01T02:00:00Z"' })

const common = {
  /** Shown on the status page. */
  title: z.string().trim().min(1).max(200),
  /** Names or ids of monitors; all of them where none is named. */
  monitors: z.array(z.string()).default([]),
}

const recurring = {
  ...common,
  duration: durationMs,
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
  /** Begins whenever the cron expression says. */
  z.strictObject({ ...recurring, cron: z.string().min(1) }),
])

/** See `maintenance`. */
export type MaintenanceConfig = z.infer<typeof maintenance>

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }) !== undefined
  } catch {
    return false
  }
}
