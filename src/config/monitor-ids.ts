import { slugOf } from '../lib/text.ts'

/** The identity of a monitor as it is written: its `id`, or what its name gives. */
export const monitorId = ({
  id,
  name,
}: {
  readonly id?: string | undefined
  readonly name: string
}): string => id ?? slugOf(name)

/** The alert that fires while a monitor is down. */
export const monitorAlertId = (monitor: string): string => `monitor-${monitor}`
