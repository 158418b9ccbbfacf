import { expect, it } from 'vitest'
import type { DependencyState } from '../../src/health/model.ts'
import { HealthMonitorObject } from '../../src/health/monitor.ts'
import type { World } from '../alerts/world.ts'
import { DOWN, inWorld, MONGODB_DOWN, UP } from '../alerts/world.ts'
import { silentLogger } from './silent-logger.ts'

/** What the pager got after each run. Runs are a minute apart; ledger and health monitor are evicted in between. */
async function pagesOf(world: World, runs: readonly (readonly DependencyState[])[]) {
  let answers: DependencyState[] = []
  class TestMonitor extends HealthMonitorObject<unknown> {
    protected settings() {
      const probe = async () => (answers.length > 1 ? answers.shift()! : answers[0]!)
      return { mongodb: { probe }, clock: world.clock, sleep: async () => {}, log: silentLogger }
    }
  }
  world.rules = [MONGODB_DOWN]
  world.dependencies = () => new TestMonitor(world.state, {}).report()
  const told: string[][] = []
  for (const run of runs) {
    answers = [...run]
    world.restart()
    await world.nextTick()
    told.push(world.receiver('pager').told)
  }
  return told
}

it('pages nobody for a cold start that is too slow, and for an outage in the run that sees it', async () => {
  await inWorld(async (world) => {
    const opened = ['firing mongodb-down']
    const resolved = [...opened, 'resolved mongodb-down']
    const told = await pagesOf(world, [[DOWN, UP], [DOWN, UP], [UP], [DOWN], [DOWN], [UP]])
    expect(told).toEqual([[], [], [], opened, opened, resolved])
  })
})

it('neither pages nor resolves while no probe has decided', async () => {
  await inWorld(async (world) => {
    world.rules = [MONGODB_DOWN]
    const tickWith = async (mongodb: DependencyState) => {
      world.mongodb = mongodb
      await world.nextTick()
      return world.receiver('pager').told
    }
    const unknown: DependencyState = { state: 'unknown', message: 'not probed yet' }
    expect(await tickWith(unknown)).toEqual([])
    expect(await tickWith(DOWN)).toEqual(['firing mongodb-down'])
    expect(await tickWith(unknown)).toEqual(['firing mongodb-down'])
    expect(await tickWith(UP)).toEqual(['firing mongodb-down', 'resolved mongodb-down'])
  })
})
