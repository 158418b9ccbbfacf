import type { DependencyReport, DependencyState, Facts, SchedulerReport } from '../../src/health/model.ts'

export const NOW = Date.parse('2026-11-01T12:00:00Z')
const MB = 1024 * 1024

export const UP: DependencyState = {
  state: 'up',
  details: {
    latencyMs: 12,
    connections: { current: 7, available: 93 },
    memory: { usedBytes: 256 * MB, totalBytes: 1024 * MB },
    disk: { usedBytes: 10 * MB, totalBytes: 100 * MB },
  },
}
export const DOWN: DependencyState = { state: 'down', message: 'connection refused' }
export const DISABLED: DependencyState = { state: 'disabled' }

export const memory = (usedMb: number, totalMb: number): DependencyState => ({
  state: 'up',
  details: { latencyMs: 3, memory: { usedBytes: usedMb * MB, totalBytes: totalMb * MB } },
})

export const report = (parts: Partial<DependencyReport> = {}): DependencyReport => ({
  checkedAtMs: NOW - 1_000,
  mongodb: UP,
  redis: { state: 'up', details: { latencyMs: 3 } },
  ...parts,
})

export const ticked: SchedulerReport = {
  lastRunAtMs: NOW - 90_000,
  pendingNotifications: 2,
  deadNotifications: 0,
}

export const facts = (
  parts: Partial<DependencyReport> = {},
  scheduler: SchedulerReport | undefined = ticked,
): Facts => ({ dependencies: report(parts), scheduler })
