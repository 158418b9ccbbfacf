/** What a probe of a dependency found. Numbers are there where the dependency told them. */
export interface DependencyDetails {
  readonly latencyMs: number
  readonly connections?: { readonly current: number; readonly available: number }
  readonly memory?: { readonly usedBytes: number; readonly totalBytes?: number }
  readonly disk?: { readonly usedBytes: number; readonly totalBytes: number }
}

/**
 * The state of one dependency. `message` holds no host, URI or credential. `down`: two probes in a row failed.
 * `unknown`: no probe has decided yet.
 */
export type DependencyState =
  | { readonly state: 'disabled' }
  | { readonly state: 'unknown'; readonly message: string }
  | { readonly state: 'up'; readonly details: DependencyDetails }
  | { readonly state: 'down'; readonly message: string }

/** The dependencies, as probed together. */
export interface DependencyReport {
  /** When the probes ended; milliseconds since the epoch. */
  readonly checkedAtMs: number
  readonly mongodb: DependencyState
  readonly redis: DependencyState
}

/** Asks a dependency how it is. Never throws, and answers within its own time limit. */
export interface Probe {
  probe(): Promise<DependencyState>
}

/** How much a dependency matters: without a critical one we are down, without an optional one degraded. */
export type Role = 'critical' | 'optional'

/** The dependencies that are configured. */
export interface Roles {
  readonly mongodb?: Role
  readonly redis?: Role
}

/** What the cron and the outbox say of themselves; the alert ledger knows. */
export interface SchedulerReport {
  /** When the last cron run began; milliseconds since the epoch. Undefined before the first one. */
  readonly lastRunAtMs?: number | undefined
  /** Notifications that wait to be delivered. */
  readonly pendingNotifications: number
  /** Notifications that were given up, as long as the ledger keeps them. */
  readonly deadNotifications: number
}

/** All that the health documents are made of. */
export interface Facts {
  readonly dependencies: DependencyReport
  /** Undefined where it could not be read in time. */
  readonly scheduler: SchedulerReport | undefined
}

/** Reads the dependencies; the health monitor, as others call it. */
export interface DependencyReader {
  /**
   * Waits for both probes of a dependency that fails, or, with `waitMs`, for that long at most: a dependency that is
   * undecided by then is `down` if it already was, else `unknown`.
   */
  report(waitMs?: number): Promise<DependencyReport>
}

/** How long what was found is good for, wherever it is kept. Milliseconds. */
export const SHARED_MS = 10_000

/** The routes by which others ask how we are. */
export const HEALTH_ROUTES: readonly string[] = [
  '/health',
  '/health/ready',
  '/health/live',
  '/health/detailed',
]
