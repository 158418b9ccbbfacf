import type { MonitorConfig } from './monitors.ts'

/** The monitors that the public may know of: those on the status page. The others are private. */
export const publicMonitors = <Monitor extends Pick<MonitorConfig, 'public'>>(
  monitors: readonly Monitor[],
): Monitor[] => monitors.filter((each) => each.public !== false)

/** See `publicMonitors`. */
export const publicMonitorIds = (monitors: readonly Pick<MonitorConfig, 'id' | 'public'>[]): string[] =>
  publicMonitors(monitors).map(({ id }) => id)
