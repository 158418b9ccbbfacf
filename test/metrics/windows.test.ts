import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/lib/clock.ts'
import type { MetricsQuery } from '../../src/metrics/query.ts'
import { KEPT_HOURS, KEPT_MINUTES, planWindow } from '../../src/metrics/windows.ts'
import { createWorld, NOON, request } from './harness.ts'

const MINUTES_PER_HOUR = 60

describe('the plan of a window', () => {
  it('covers each of its minutes once, with what is still kept', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5 * DAY_MS }),
        fc.integer({ min: 0, max: 5 * DAY_MS }),
        (fromAgo, lastsMs) => {
          const { span, minutes, hours } = planWindow(NOON - fromAgo, NOON - fromAgo + lastsMs, NOON)
          const covered: number[] = []
          for (const { first, end } of minutes) {
            for (let minute = first; minute < end; minute++) {
              covered.push(minute)
              expect(minute).toBeGreaterThan(Math.floor(NOON / MINUTE_MS) - KEPT_MINUTES)
            }
          }
          for (let minute = hours.first * 60; minute < hours.end * 60; minute++) covered.push(minute)
          covered.sort((a, b) => a - b)
          expect(covered).toEqual(
            Array.from({ length: span.end - span.first }, (_, index) => span.first + index),
          )
          // It reaches further than was asked by less than an hour, and only where minutes are gone.
          const asked = Math.floor((NOON - fromAgo) / MINUTE_MS)
          expect(span.first).toBeLessThanOrEqual(asked)
          expect(asked - span.first).toBeLessThan(
            asked > Math.floor(NOON / MINUTE_MS) - KEPT_MINUTES ? 1 : MINUTES_PER_HOUR,
          )
        },
      ),
    )
  })

  it('does not reach back beyond the hours that are kept', () => {
    expect(planWindow(0, NOON, NOON).hours.first).toBe(Math.floor(NOON / HOUR_MS) - KEPT_HOURS + 1)
  })
})

describe('windows of requests', { timeout: 30_000 }, () => {
  /** Records a request a minute for some minutes, each handed over on its own. */
  async function recordMinutes(world: ReturnType<typeof createWorld>, minutes: number, stepMinutes = 1) {
    const one = world.buffer()
    if (minutes > 100) world.world.staysInMemory = 'hundreds of evictions would take too long'
    for (let count = 0; count < minutes; count++) {
      one.recordRequest(request('/a', { atMs: world.world.now, status: count % 10 === 0 ? 500 : 200 }))
      await one.flush()
      world.world.now += stepMinutes * MINUTE_MS
    }
    world.world.staysInMemory = undefined
  }

  const countsOf = async (world: ReturnType<typeof createWorld>, windows: MetricsQuery['windows']) =>
    (await world.client().read({ windows, series: [] })).windows.map(
      (routes) => routes.find(({ route }) => route === '/a')?.requests,
    )

  it('hold whole minutes: both ends are rounded down', async () => {
    const world = createWorld()
    await recordMinutes(world, 10)
    const { now } = world.world
    expect(
      await countsOf(world, [
        { fromMs: now - 5 * MINUTE_MS, toMs: now },
        { fromMs: now - 5 * MINUTE_MS + 40_000, toMs: now + 40_000 },
        { fromMs: now - MINUTE_MS, toMs: now },
        { fromMs: now, toMs: now + MINUTE_MS },
        { fromMs: now, toMs: now - HOUR_MS },
      ]),
    ).toEqual([5, 5, 1, undefined, undefined])
  })

  it('tell requests, errors and latency by route, over all shards', async () => {
    const world = createWorld({ shards: 2 })
    for (const random of [0, 0.9]) {
      const one = world.buffer({ random })
      one.recordRequest(request('/b', { durationMs: 500 }))
      one.recordRequest(request('/a', { durationMs: 500, status: 503 }))
      await one.flush()
    }
    const { windows } = await world
      .client()
      .read({ windows: [{ fromMs: NOON, toMs: NOON + MINUTE_MS }], series: [] })
    const buckets = [0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0]
    expect(windows[0]).toEqual([
      { route: '/a', requests: 2, errors: 2, durationSumSeconds: 1, durationBuckets: buckets },
      { route: '/b', requests: 2, errors: 0, durationSumSeconds: 1, durationBuckets: buckets },
    ])
  })

  it('stay the same across hours, snapshots and evictions, and take late data in', async () => {
    const world = createWorld()
    const late = world.buffer()
    late.recordRequest(request('/a', { atMs: world.world.now + 3 * MINUTE_MS }))
    await recordMinutes(world, 300)
    await world.evict()
    await late.flush()
    const now = world.world.now
    const asked = [
      { fromMs: now - 300 * MINUTE_MS, toMs: now },
      { fromMs: now - 297 * MINUTE_MS, toMs: now - 296 * MINUTE_MS },
      { fromMs: now - 100 * MINUTE_MS, toMs: now - 10 * MINUTE_MS },
    ]
    expect(await countsOf(world, asked)).toEqual([301, 2, 90])
    await world.evict()
    expect(await countsOf(world, asked)).toEqual([301, 2, 90])
  })

  it('are kept by the minute for 48 hours and by the hour for 90 days', async () => {
    const world = createWorld()
    // Twice an hour, at 10 and 40 past, for 130 hours.
    await recordMinutes(world, 260, 30)
    const now = world.world.now
    const ago = (hours: number) => now - hours * HOUR_MS
    expect(
      await countsOf(world, [
        { fromMs: ago(10), toMs: now },
        { fromMs: ago(47), toMs: ago(46) },
        { fromMs: ago(100), toMs: ago(90) },
        { fromMs: 0, toMs: now },
      ]),
    ).toEqual([20, 2, 22, 260]) // the third one's edges move outwards, to whole hours

    world.world.now += 89 * DAY_MS
    await recordMinutes(world, 130)
    expect(await countsOf(world, [{ fromMs: ago(1), toMs: now }])).toEqual([2])
    expect(await countsOf(world, [{ fromMs: ago(100), toMs: ago(90) }])).toEqual([undefined])
    const end = world.world.now
    expect(await countsOf(world, [{ fromMs: end - 130 * MINUTE_MS, toMs: end }])).toEqual([130])
  })
})
