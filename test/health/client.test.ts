import { describe, expect, it } from 'vitest'
import { HealthClient } from '../../src/health/client.ts'
import type { DependencyReader, SchedulerReport } from '../../src/health/model.ts'
import { NOW, report, ticked } from './facts.ts'
import { silentLogger } from './silent-logger.ts'

const never = <T>() => new Promise<T>(() => {})

function setUp(
  answer: DependencyReader['report'],
  schedulerReport: () => Promise<SchedulerReport> = async () => ticked,
) {
  const state = { now: NOW, calls: 0 }
  const client = new HealthClient({
    roles: { mongodb: 'critical' },
    monitor: () => {
      state.calls++
      return { report: answer }
    },
    schedulerReport,
    clock: () => state.now,
    log: silentLogger,
    timeoutMs: 30,
  })
  return { client, state }
}

describe('the health client', () => {
  it('keeps a report until it is 10 s old, its age in the monitor included', async () => {
    const { client, state } = setUp(async () => report({ checkedAtMs: NOW - 9_000 }))
    await client.read()
    state.now = NOW + 999
    await client.read()
    expect(state.calls).toBe(1)
    state.now = NOW + 1_000
    await client.read()
    expect(state.calls).toBe(2)
  })

  it('does not keep a report for longer when the monitor has a clock that is ahead', async () => {
    const { client, state } = setUp(async () => report({ checkedAtMs: NOW + 60_000 }))
    await client.read()
    state.now = NOW + 10_000
    await client.read()
    expect(state.calls).toBe(2)
  })

  it('knows nothing of a dependency when the monitor hangs, and calls one without a role disabled', async () => {
    const { client, state } = setUp(never)
    const { dependencies, scheduler } = await client.read()
    expect(dependencies.mongodb).toEqual({ state: 'unknown', message: 'timed out' })
    expect(dependencies.redis).toEqual({ state: 'disabled' })
    expect(scheduler).toEqual(ticked)
    await client.read()
    expect(state.calls).toBe(2) // a failure to ask is not kept
  })

  it('gives the monitor less time than it takes itself, and does not keep what is undecided', async () => {
    const waits: (number | undefined)[] = []
    const undecided = report({ mongodb: { state: 'unknown', message: 'not probed yet' }, checkedAtMs: NOW })
    const { client, state } = setUp(async (waitMs) => {
      waits.push(waitMs)
      return undecided
    })
    expect((await client.read()).dependencies).toEqual(undecided)
    await client.read()
    expect(state.calls).toBe(2)
    expect(waits).toEqual([2_000, 2_000])
  })

  it('asks again at once when a call was cut', async () => {
    let calls = 0
    const { client } = setUp(async () => {
      if (calls++ === 0) throw new Error('Durable Object reset because its code was updated.')
      return report()
    })
    expect((await client.read()).dependencies).toEqual(report())
  })

  it('never rejects', async () => {
    const fail = async () => {
      throw new Error('broken at 10.0.0.1')
    }
    const facts = await setUp(fail, fail).client.read()
    expect(facts.dependencies.mongodb).toEqual({ state: 'unknown', message: 'probe failed' })
    expect(facts.scheduler).toBeUndefined()
  })

  it('answers while the ledger hangs', async () => {
    const { client } = setUp(async () => report(), never)
    expect(await client.read()).toEqual({ dependencies: report(), scheduler: undefined })
  })

  it('asks no monitor when nothing is configured', async () => {
    const client = new HealthClient({
      roles: {},
      monitor: () => {
        throw new Error('asked')
      },
      schedulerReport: async () => ticked,
      clock: () => NOW,
      log: silentLogger,
    })
    expect((await client.read()).dependencies).toMatchObject({
      mongodb: { state: 'disabled' },
      redis: { state: 'disabled' },
    })
  })
})
