import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { DependencyState, Probe } from '../../src/health/model.ts'
import { HealthMonitorObject, type HealthMonitorSettings } from '../../src/health/monitor.ts'
import { DOWN, NOW, UP } from './facts.ts'
import { silentLogger } from './silent-logger.ts'

class CountingProbe implements Probe {
  count = 0
  readonly #answer: () => Promise<DependencyState>

  constructor(answer: () => Promise<DependencyState> = async () => UP) {
    this.#answer = answer
  }

  probe() {
    this.count++
    return this.#answer()
  }
}

async function withMonitor(
  settings: Partial<HealthMonitorSettings>,
  work: (monitor: HealthMonitorObject<unknown>) => Promise<void>,
) {
  const stub = env.HEALTH_MONITOR.get(env.HEALTH_MONITOR.newUniqueId())
  await runInDurableObject(stub, async (_, state) => {
    class TestMonitor extends HealthMonitorObject<unknown> {
      protected settings() {
        return { clock: () => NOW, log: silentLogger, probeTimeoutMs: 20, ...settings }
      }
    }
    await work(new TestMonitor(state, env))
  })
}

describe('the health monitor', () => {
  it('probes once for 100 who ask at once', async () => {
    const mongodb = new CountingProbe()
    const redis = new CountingProbe(async () => DOWN)
    await withMonitor({ mongodb, redis }, async (monitor) => {
      const reports = await Promise.all(Array.from({ length: 100 }, () => monitor.report()))
      expect(mongodb.count).toBe(1)
      expect(redis.count).toBe(1)
      for (const report of reports) expect(report).toEqual({ checkedAtMs: NOW, mongodb: UP, redis: DOWN })
    })
  })

  it('shares what it found for 10 s', async () => {
    const mongodb = new CountingProbe()
    let now = NOW
    await withMonitor({ mongodb, clock: () => now }, async (monitor) => {
      await monitor.report()
      now = NOW + 9_999
      expect((await monitor.report()).checkedAtMs).toBe(NOW)
      expect(mongodb.count).toBe(1)
      now = NOW + 10_000
      expect((await monitor.report()).checkedAtMs).toBe(now)
      expect(mongodb.count).toBe(2)
    })
  })

  it('does not wait for a probe that hangs, and calls a probe that throws down', async () => {
    const mongodb = new CountingProbe(() => new Promise(() => {}))
    const redis = new CountingProbe(async () => {
      throw new Error('redis://user:secret@10.0.0.1')
    })
    await withMonitor({ mongodb, redis }, async (monitor) => {
      expect(await monitor.report()).toEqual({
        checkedAtMs: NOW,
        mongodb: { state: 'down', message: 'timed out' },
        redis: { state: 'down', message: 'probe failed' },
      })
    })
  })

  it('probes again when the call was cut', async () => {
    let calls = 0
    const mongodb = new CountingProbe(async () => {
      if (calls++ === 0) throw new Error('Durable Object reset because its code was updated.')
      return UP
    })
    await withMonitor({ mongodb }, async (monitor) => {
      expect(await monitor.report()).toMatchObject({ mongodb: UP })
    })
  })

  it('calls what has no probe disabled', async () => {
    await withMonitor({}, async (monitor) => {
      expect(await monitor.report()).toMatchObject({
        mongodb: { state: 'disabled' },
        redis: { state: 'disabled' },
      })
    })
  })
})
