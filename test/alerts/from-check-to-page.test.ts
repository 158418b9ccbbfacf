import { describe, expect, it } from 'vitest'
import type { MonitorStatus, Region } from '../../src/monitors/model.ts'
import { FAILED, inWorld as inUptimeWorld, UP } from '../monitors/uptime-world.ts'
import { inWorld, monitor } from './world.ts'

const API = { name: 'API health', url: 'https://api.example/health' }

/** The judgements of a minute each, where a check comes to this; as a monitor has it that sets nothing else. */
async function judgements(
  locations: ('us-east' | 'eu-west' | 'asia')[],
  minutes: number,
  isGood: (minute: number, region: Region) => boolean,
  interval = 60,
): Promise<(readonly MonitorStatus[])[]> {
  const told: (readonly MonitorStatus[])[] = []
  await inUptimeWorld(async (world) => {
    world.configure([{ ...API, interval, locations }])
    for (let minute = 0; minute < minutes; minute++) {
      world.answer = (_, region) => (isGood(minute, region) ? UP : FAILED)
      await world.nextTick()
    }
    told.push(...world.told)
  })
  return told
}

/** Whom these judgements, and a run of the rules after each, had told. */
async function paged(statuses: (readonly MonitorStatus[])[]): Promise<readonly string[]> {
  let told: readonly string[] = []
  await inWorld(async (world) => {
    world.monitors = [monitor(API.name)]
    world.restart()
    for (const each of statuses) {
      await world.judge(...each)
      await world.nextTick()
    }
    told = world.receiver('pager').told
  })
  return told
}

describe('from checks to pages', () => {
  it('flapping pages once, and is resolved once it is over', async () => {
    // Down, then good and bad by turns, then good.
    const isGood = (minute: number) => minute >= 20 || minute % 2 === 1
    const statuses = await judgements(['us-east', 'eu-west'], 25, isGood)
    expect(await paged(statuses)).toEqual(['firing monitor-api-health', 'resolved monitor-api-health'])
  })

  it('flapping pages once with a long interval, too, though a good check is repeated soon', async () => {
    const isGood = (minute: number) => minute >= 60 || minute % 2 === 1
    const statuses = await judgements(['us-east', 'eu-west'], 75, isGood, 300)
    expect(await paged(statuses)).toEqual(['firing monitor-api-health', 'resolved monitor-api-health'])
  })

  it('one bad region of three pages nobody', async () => {
    const statuses = await judgements(['us-east', 'eu-west', 'asia'], 5, (_, region) => region !== 'asia')
    expect(await paged(statuses)).toEqual([])
  })

  it('two bad regions of three page', async () => {
    const statuses = await judgements(['us-east', 'eu-west', 'asia'], 5, (_, region) => region === 'asia')
    expect(await paged(statuses)).toEqual(['firing monitor-api-health'])
  })
})
