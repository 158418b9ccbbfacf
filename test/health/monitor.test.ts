import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
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

/** Runs `work` with a function that makes a monitor anew over the same storage, as after an eviction. */
async function withMonitors(
  settings: Partial<HealthMonitorSettings>,
  work: (start: () => HealthMonitorObject<unknown>) => Promise<void>,
) {
  const stub = env.HEALTH_MONITOR.get(env.HEALTH_MONITOR.newUniqueId())
  await runInDurableObject(stub, async (_, state) => {
    class TestMonitor extends HealthMonitorObject<unknown> {
      protected settings() {
        const defaults = { clock: () => NOW, sleep: async () => {}, log: silentLogger, probeTimeoutMs: 20 }
        return { ...defaults, ...settings }
      }
    }
    await work(() => new TestMonitor(state, env))
  })
}

const withMonitor = (
  settings: Partial<HealthMonitorSettings>,
  work: (monitor: HealthMonitorObject<unknown>) => Promise<void>,
) => withMonitors(settings, (start) => work(start()))

/** Gives the answers one after another, and the last one from then on. */
function answering(...answers: DependencyState[]): CountingProbe {
  const rest = [...answers]
  return new CountingProbe(async () => (rest.length > 1 ? rest.shift()! : rest[0]!))
}

const hanging = () => new CountingProbe(() => new Promise(() => {}))

describe('the health monitor', () => {
  it('probes once for 100 who ask at once', async () => {
    const mongodb = new CountingProbe()
    const redis = new CountingProbe(async () => DOWN)
    await withMonitor({ mongodb, redis }, async (monitor) => {
      const reports = await Promise.all(Array.from({ length: 100 }, () => monitor.report()))
      expect(mongodb.count).toBe(1)
      expect(redis.count).toBe(2) // a failed probe is repeated
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

describe('a failed probe', () => {
  it('decides nothing alone: a cold start that is too slow is not an outage', async () => {
    const slow: DependencyState = { state: 'down', message: 'timed out' }
    const mongodb = answering(slow, UP)
    const redis = answering(slow, UP)
    await withMonitor({ mongodb, redis }, async (monitor) => {
      expect(await monitor.report()).toMatchObject({ mongodb: UP, redis: UP })
    })
  })

  it('is repeated within the same report, a second later, and then it counts', async () => {
    const slept: number[] = []
    const sleep = async (ms: number) => void slept.push(ms)
    await withMonitor({ mongodb: answering(DOWN), sleep }, async (monitor) => {
      expect(await monitor.report()).toMatchObject({ mongodb: DOWN })
    })
    expect(slept).toEqual([1_000])
  })

  it('is not repeated while the dependency is known to be down, after an eviction either', async () => {
    const mongodb = answering(DOWN)
    await withMonitors({ mongodb }, async (start) => {
      await start().report()
      expect(mongodb.count).toBe(2)
      expect(await start().report()).toMatchObject({ mongodb: DOWN })
      expect(mongodb.count).toBe(3)
    })
  })

  it('counts with a second one only, whatever came before and however often the object is evicted', async () => {
    const reached = { confirmed: 0, dismissed: 0, evictedWhileDown: 0 }
    const run = fc.record({ evicted: fc.boolean(), fails: fc.tuple(fc.boolean(), fc.boolean()) })
    await fc.assert(
      fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 12 }), async (runs) => {
        let now = NOW
        let fails: boolean[] = []
        const mongodb = new CountingProbe(async () => (fails.shift() ? DOWN : UP))
        await withMonitors({ mongodb, clock: () => now }, async (start) => {
          let monitor = start()
          let isDown = false
          for (const each of runs) {
            now += 60_000
            if (each.evicted) {
              monitor = start()
              if (isDown) reached.evictedWhileDown++
            }
            fails = [...each.fails]
            const [first, second] = each.fails
            if (first && !second && !isDown) reached.dismissed++
            if (first && second && !isDown) reached.confirmed++
            isDown = first && (isDown || second)
            expect((await monitor.report()).mongodb.state).toBe(isDown ? 'down' : 'up')
          }
        })
      }),
      { numRuns: 40 },
    )
    for (const count of Object.values(reached)) expect(count).toBeGreaterThan(5)
  }, 60_000)
})

describe('who can wait for a while only', () => {
  it('gets what is decided, and unknown for what is not', async () => {
    await withMonitor({ mongodb: hanging(), redis: answering(UP), probeTimeoutMs: 500 }, async (monitor) => {
      expect(await monitor.report(5)).toEqual({
        checkedAtMs: NOW,
        mongodb: { state: 'unknown', message: 'not probed yet' },
        redis: UP,
      })
    })
  })

  it('gets the verdict of the outage while it lasts, after an eviction too', async () => {
    let now = NOW
    let mongodb = answering(DOWN)
    const settings = { mongodb: { probe: () => mongodb.probe() }, clock: () => now, probeTimeoutMs: 5_000 }
    await withMonitors(settings, async (start) => {
      await start().report()
      now = NOW + 60_000
      mongodb = hanging()
      const asked = start()
      expect(await asked.report(5)).toMatchObject({ checkedAtMs: NOW, mongodb: DOWN })
      mongodb = answering(UP)
      expect(await start().report()).toMatchObject({ checkedAtMs: now, mongodb: UP })
      mongodb = hanging()
      expect(await start().report(5)).toMatchObject({ mongodb: { state: 'unknown' } })
    })
  })

  it('shares the probe with those who wait for all of it', async () => {
    let answer = (_: DependencyState) => {}
    const mongodb = new CountingProbe(() => new Promise((resolve) => (answer = resolve)))
    await withMonitor({ mongodb, probeTimeoutMs: 5_000 }, async (monitor) => {
      expect(await monitor.report(5)).toMatchObject({ mongodb: { state: 'unknown' } })
      const whole = monitor.report()
      answer(UP)
      expect(await whole).toMatchObject({ mongodb: UP })
      expect(await monitor.report(5)).toMatchObject({ mongodb: UP })
      expect(mongodb.count).toBe(1)
    })
  })
})

it('tells of a dependency though nothing can be stored', async () => {
  const stub = env.HEALTH_MONITOR.get(env.HEALTH_MONITOR.newUniqueId())
  await runInDurableObject(stub, async (_, state) => {
    state.storage.sql.exec('CREATE TABLE outages (broken TEXT)')
    class TestMonitor extends HealthMonitorObject<unknown> {
      protected settings() {
        return { mongodb: answering(DOWN), clock: () => NOW, sleep: async () => {}, log: silentLogger }
      }
    }
    expect(await new TestMonitor(state, env).report()).toMatchObject({ mongodb: DOWN })
  })
})
