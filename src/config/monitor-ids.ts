import { slugOf } from '../lib/text.ts'

/** The id of a monitor as configured: its `id`, or one derived from its name. */
export const monitorId = ({
  id,
  name,
}: {
  readonly id?: string | undefined
  readonly name: string
}): string => id ?? slugOf(name)

/** The alert that fires while a monitor is down. */
export const monitorAlertId = (monitor: string): string => `monitor-${monitor}`
