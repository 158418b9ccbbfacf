import type { MonitorStatus } from './model.ts'
import type { MonitorMeasures, MonitorQuestion } from './ports.ts'
import type { MonitorStore } from './store.ts'

/**
 * Answers a question of an alert rule. Under maintenance bad states and response times are not told, so that no rule
 * pages; good states are, so that what fired before is resolved.
 */
export function answerOf(
  { monitor, of, overMs }: MonitorQuestion,
  status: MonitorStatus,
  store: Pick<MonitorStore, 'uptime' | 'latency'>,
  now: number,
): MonitorMeasures {
  switch (of) {
    case 'state':
      return stateOf(status)
    case 'uptime': {
      const uptimeRatio = store.uptime(monitor, overMs, now)
      return uptimeRatio === undefined ? {} : { uptimeRatio }
    }
    case 'latency': {
      const latencyMs = status.state === 'maintenance' ? undefined : store.latency(monitor, overMs, now)
      return latencyMs === undefined ? {} : { latencyMs }
    }
  }
}

function stateOf({ state, seen }: MonitorStatus): Pick<MonitorMeasures, 'up' | 'degraded'> {
  if (seen === 'unknown') return {}
  if (seen === 'up') return { up: 1, degraded: 0 }
  if (state === 'maintenance') return seen === 'degraded' ? { up: 1 } : {}
  return seen === 'degraded' ? { up: 1, degraded: 1 } : { up: 0, degraded: 0 }
}
