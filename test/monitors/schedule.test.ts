import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MINUTE_MS } from '../../src/lib/clock.ts'
import { dueShards, isDue, slotOf, staggered } from '../../src/monitors/schedule.ts'

const interval = fc.integer({ min: 60, max: 86_400 }).map((seconds) => seconds * 1000)

describe('the schedule', () => {
  it('gives each interval one check, whatever the interval', () =>
    fc.assert(
      fc.property(fc.string(), interval, (id, intervalMs) => {
        const minutes = 3_000
        const startMs = Date.UTC(2026, 0, 1)
        let lastMs: number | undefined
        let checks = 0
        for (let minute = 0; minute < minutes; minute++) {
          const atMs = startMs + minute * MINUTE_MS
          if (!isDue({ id, intervalMs }, atMs, lastMs)) continue
          lastMs = atMs
          checks += 1
        }
        // The first one comes at once, in the slot that is under way.
        expect(checks).toBeGreaterThanOrEqual(Math.floor((minutes * MINUTE_MS) / intervalMs))
        expect(checks).toBeLessThanOrEqual(Math.ceil((minutes * MINUTE_MS) / intervalMs) + 1)
      }),
      { numRuns: 30 },
    ))

  it('spreads monitors of the same interval over its minutes', () => {
    const intervalMs = 5 * MINUTE_MS
    const perMinute = [0, 1, 2, 3, 4].map((minute) => {
      const atMs = Date.UTC(2026, 0, 1) + minute * MINUTE_MS
      return Array.from({ length: 1_000 }, (_, index) => `monitor-${index}`).filter(
        (id) => slotOf({ id, intervalMs }, atMs) > slotOf({ id, intervalMs }, atMs - MINUTE_MS),
      ).length
    })
    expect(perMinute.reduce((sum, count) => sum + count)).toBe(1_000)
    expect(Math.max(...perMinute)).toBeLessThan(300)
  })

  it('keeps each monitor in its shard, due or not', () => {
    const monitors = Array.from({ length: 50 }, (_, index) => ({
      id: `m${index}`,
      intervalMs: MINUTE_MS,
      timeoutMs: 10_000,
      regions: ['asia'] as const,
    }))
    const shards = dueShards(monitors, ({ id }) => ['m3', 'm30'].includes(id))
    expect(shards).toEqual([
      { region: 'asia', shard: 0, monitors: ['m3'] },
      { region: 'asia', shard: 1, monitors: ['m30'] },
    ])
  })

  it('keeps checks that may take long apart, five together', () => {
    const monitors = Array.from({ length: 30 }, (_, index) => ({
      id: `m${index}`,
      intervalMs: MINUTE_MS,
      timeoutMs: index % 5 === 4 ? 10_001 : 10_000,
      regions: ['asia'] as const,
    }))
    const shards = dueShards(monitors, () => true)
    expect(shards.map(({ shard, monitors: { length } }) => [shard, length])).toEqual([
      [0, 20],
      [1, 4],
      [2, 5],
      [3, 1],
    ])
    expect(shards[2]?.monitors).toEqual(['m4', 'm9', 'm14', 'm19', 'm24'])
  })

  it('asks few shards for monitors of long intervals: those of a minute are together', () => {
    const monitors = Array.from({ length: 200 }, (_, index) => ({
      id: `m${index}`,
      intervalMs: (index % 2 === 0 ? 1 : 5) * MINUTE_MS,
      timeoutMs: 10_000,
      regions: ['asia'] as const,
    }))
    const startMs = Date.UTC(2026, 0, 1)
    let checks = 0
    for (let minute = 0; minute < 5; minute++) {
      const atMs = startMs + minute * MINUTE_MS
      const shards = dueShards(monitors, (monitor) => isDue(monitor, atMs, atMs - MINUTE_MS))
      checks += shards.flatMap((shard) => shard.monitors).length
      // 100 of each minute in 5 shards; of the others about 20, which may lie in two or three.
      expect(shards.length).toBeLessThanOrEqual(8)
    }
    expect(checks).toBe(5 * 100 + 100)
  })

  it('begins a few shards a second apart, and many within 40 seconds, each region for itself', () => {
    const shards = (count: number) =>
      ['asia', 'eu-west'].flatMap((region) =>
        Array.from({ length: count }, (_, shard) => ({ region: region as 'asia', shard, monitors: [] })),
      )
    const times = (count: number) => staggered(shards(count)).map(({ afterMs }) => afterMs)
    expect(times(1)).toEqual([0, 0])
    expect(times(3)).toEqual([0, 1000, 2000, 0, 1000, 2000])
    expect(Math.max(...times(100))).toBe(39_600)
  })
})
