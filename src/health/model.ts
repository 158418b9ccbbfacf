/** What a probe of a dependency found. Numbers are there where the dependency told them. */
export interface DependencyDetails {
  readonly latencyMs: number
  readonly connections?: { readonly current: number; readonly available: number }
  readonly memory?: { readonly usedBytes: number; readonly totalBytes?: number }
  readonly disk?: { readonly usedBytes: number; readonly totalBytes: number }
}

/** The state of one dependency. `message` holds no host, URI or credential. */
export type DependencyState =
  | { readonly state: 'disabled' }
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
