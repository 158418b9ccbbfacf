import { describe, expect, it } from 'vitest'
import { MINUTE_MS } from '../../src/lib/clock.ts'
import { err } from '../../src/lib/result.ts'
import { ACCEPTED, DOWN, inWorld, MONGODB_DOWN, UP, type World } from './world.ts'

/** A world with a pager that can show acknowledgements, and a chat that can't. */
async function fire(world: World): Promise<void> {
  world.routes = { ...world.routes, critical: ['pager', 'chat'] }
  world.receiver('pager').showsAcknowledged = true
  world.rules = [MONGODB_DOWN]
  world.mongodb = DOWN
  await world.tick()
}

describe('an acknowledgement', () => {
  it('reaches a receiver that can show it, under the key of the incident, and no other', () =>
    inWorld(async (world) => {
      await fire(world)
      await world.runAlarms()
      world.ledger.acknowledge('mongodb-down', { by: 'ada' })
      await world.runAlarms()
      world.mongodb = UP
      await world.nextTick()
      const { told, accepted } = world.receiver('pager')
      expect(told).toEqual(['firing mongodb-down', 'acknowledged mongodb-down', 'resolved mongodb-down'])
      expect(new Set(accepted.map(({ dedupKey }) => dedupKey)).size).toBe(1)
      expect(world.receiver('chat').told).toEqual(['firing mongodb-down', 'resolved mongodb-down'])
    }))

  it('waits for the trigger, and the resolve waits for it, over failures and evictions', () =>
    inWorld(async (world) => {
      await fire(world)
      const pager = world.receiver('pager')
      const down = () => err({ message: 'answered 503', retryable: true })
      pager.answer = down
      await world.runAlarms()
      world.ledger.acknowledge('mongodb-down', {})
      world.ledger.acknowledge('mongodb-down', {}) // a second click, before the first was sent
      world.restart()
      pager.answer = ([first]) => (first?.kind === 'acknowledged' ? down() : ACCEPTED)
      await world.advance(MINUTE_MS)
      expect(pager.told).toEqual(['firing mongodb-down'])
      world.mongodb = UP
      await world.nextTick()
      world.restart()
      expect(pager.told).toEqual(['firing mongodb-down'])
      pager.answer = () => ACCEPTED
      await world.advance(20 * MINUTE_MS)
      expect(pager.told.filter((each) => each.includes('mongodb'))).toEqual([
        'firing mongodb-down',
        'acknowledged mongodb-down',
        'resolved mongodb-down',
      ])
    }))

  it('of an alert that nobody was notified of is sent after the trigger, if that is ever sent', () =>
    inWorld(async (world) => {
      world.silence({
        matcher: { alert: 'mongodb-down' },
        untilMs: world.now + 3 * MINUTE_MS,
        reason: 'x',
      })
      world.restart()
      await fire(world)
      world.ledger.acknowledge('mongodb-down', {})
      await world.runAlarms()
      expect(world.receiver('pager').told).toEqual([])
      for (let minute = 0; minute < 4; minute++) await world.nextTick()
      expect(world.receiver('pager').told).toEqual(['firing mongodb-down', 'acknowledged mongodb-down'])
    }))

  it('of an alert that does not fire is refused', () =>
    inWorld(async (world) => {
      await fire(world)
      world.mongodb = UP
      await world.nextTick()
      expect(world.ledger.acknowledge('mongodb-down', {})).toBeUndefined()
      await world.runAlarms()
      expect(world.receiver('pager').told).toEqual(['firing mongodb-down', 'resolved mongodb-down'])
    }))
})
