import { describe, expect, it } from 'vitest'
import { DOWN, inWorld, MONGODB_DOWN, START_MS, UP } from './world.ts'

describe('the alert ledger', () => {
  it('pages once when a dependency goes down and once when it is back, under one key', () =>
    inWorld(async (world) => {
      world.rules = [MONGODB_DOWN]
      world.mongodb = UP
      await world.nextTick()
      const pager = world.receiver('pager')
      expect(pager.told).toEqual([])

      world.mongodb = DOWN
      for (let minute = 0; minute < 5; minute++) await world.nextTick()
      expect(pager.told).toEqual(['firing mongodb-down'])

      world.mongodb = UP
      for (let minute = 0; minute < 5; minute++) await world.nextTick()
      expect(pager.told).toEqual(['firing mongodb-down', 'resolved mongodb-down'])

      const [firing, resolved] = pager.accepted
      expect(firing).toEqual({
        kind: 'firing',
        dedupKey: `shop/mongodb-down/${START_MS + 120_000}`,
        alert: 'mongodb-down',
        severity: 'critical',
        summary: 'MongoDB is down',
        startedAtMs: START_MS + 120_000,
        value: 'down',
        condition: 'mongodb_up == 0',
        labels: {},
        source: { service: 'shop', environment: 'test', url: 'https://shop.example' },
      })
      expect(resolved).toEqual({
        ...firing,
        kind: 'resolved',
        value: 'up',
        resolvedAtMs: START_MS + 420_000,
      })
    }))
})
