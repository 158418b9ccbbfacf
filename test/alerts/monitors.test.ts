import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/lib/clock.ts'
import { err } from '../../src/lib/result.ts'
import type { MonitorStatus, RegionStatus } from '../../src/monitors/model.ts'
import { inWorld, monitor, rowsWritten, START_MS, type World } from './world.ts'

const API = monitor('API health', { labels: { team: 'data' }, runbook: 'https://wiki.example/api' })
const SHOP = monitor('Shop', { dependsOn: ['api-health'] })

const down = (id: string, more: Partial<MonitorStatus> = {}) => ({ id, seen: 'down' as const, ...more })
const up = (id: string) => ({ id, seen: 'up' as const })
const inMaintenance = (id: string, seen: MonitorStatus['seen']) => ({
  id,
  seen,
  state: 'maintenance' as const,
})
const unknown = (id: string) => ({ id, seen: 'unknown' as const })

/** As seen from one place, at its last check. */
const from = (region: RegionStatus['region'], atMs: number, state: 'up' | 'down' = 'down'): RegionStatus => ({
  region,
  state,
  last: { atMs, outcome: state === 'down' ? 'failed' : 'up' },
})

const inWatchedWorld = (test: (world: World) => Promise<void>) =>
  inWorld(async (world) => {
    world.monitors = [API, SHOP]
    world.restart()
    await test(world)
  })

const told = (world: World) => world.receiver('pager').told
const eventsOf = (world: World, alert = 'monitor-api-health') =>
  world.ledger
    .incidents(0)
    .find((each) => each.alert === alert)
    ?.timeline.map(({ kind, text, receiver, by }) => [kind, receiver ?? by, text].filter(Boolean).join(' '))

describe('a monitor that is down', () => {
  it('pages once, says from where and why, and is resolved once', () =>
    inWatchedWorld(async (world) => {
      const regions = [from('us-east', world.now), from('eu-west', world.now), from('asia', world.now, 'up')]
      for (let minute = 0; minute < 5; minute++) {
        await world.judge(down('api-health', { reason: 'expected status 2xx, got 503', regions }), up('shop'))
        await world.nextTick()
      }
      await world.judge(up('api-health'), up('shop'))
      expect(told(world)).toEqual(['firing monitor-api-health', 'resolved monitor-api-health'])
      const [firing, resolved] = world.receiver('pager').accepted
      expect(firing).toEqual({
        kind: 'firing',
        dedupKey: `shop/monitor-api-health/${START_MS}`,
        alert: 'monitor-api-health',
        severity: 'critical',
        summary: 'API health is down: expected status 2xx, got 503 (us-east, eu-west)',
        condition: 'down in more than half of its locations',
        labels: { team: 'data' },
        runbook: 'https://wiki.example/api',
        value: 'down',
        startedAtMs: START_MS,
        createdAtMs: START_MS,
        source: { service: 'shop', environment: 'test', url: 'https://shop.example' },
      })
      expect(resolved).toMatchObject({ dedupKey: firing?.dedupKey, value: 'up', resolvedAtMs: world.now - 1 })
    }))

  it('says why until it is over, also when the last checks were good', () =>
    inWatchedWorld(async (world) => {
      await world.judge(down('api-health', { reason: 'no connection' }), up('shop'))
      await world.judge(down('api-health'), up('shop'))
      expect(world.ledger.incidents(0)).toMatchObject([{ summary: 'API health is down: no connection' }])
    }))

  it('is routed by its severity, silenced by its labels and acknowledged by its alert', () =>
    inWatchedWorld(async (world) => {
      world.monitors = [{ ...API, severity: 'warning' }]
      world.restart()
      const { matches } = world.silence({
        matcher: { labels: { team: 'data' } },
        untilMs: world.now + 2 * MINUTE_MS,
        reason: 'upgrade',
      })
      expect(matches).toEqual(['monitor-api-health'])
      await world.judge(down('api-health'))
      expect(world.receiver('chat').told).toEqual([])
      expect(world.ledger.status().active).toMatchObject([
        { alert: 'monitor-api-health', silenced: true, heldBack: 'silenced: upgrade', value: 'down' },
      ])
      await world.advance(2 * MINUTE_MS)
      await world.judge(down('api-health'))
      expect(world.receiver('chat').told).toEqual(['firing monitor-api-health'])
      expect(told(world)).toEqual([])
      expect(world.ledger.acknowledge('monitor-api-health', { by: 'ada', note: 'on it' })).toBeDefined()
      expect(eventsOf(world)).toEqual([
        'opened API health is down',
        'silenced silenced: upgrade',
        'released',
        'told chat that it fires',
        'acknowledged ada on it',
      ])
    }))

  it('is not resolved by what is unknown, nor by runs of the rules, and slow is up', () =>
    inWatchedWorld(async (world) => {
      await world.judge(down('api-health'))
      await world.judge(unknown('api-health'), unknown('shop'))
      await world.nextTick()
      expect(told(world)).toEqual(['firing monitor-api-health'])
      await world.judge({ id: 'api-health', seen: 'degraded' })
      expect(told(world)).toEqual(['firing monitor-api-health', 'resolved monitor-api-health'])
    }))

  it('is resolved when it is gone from the configuration, and not known when it was never in it', () =>
    inWatchedWorld(async (world) => {
      await world.judge(down('api-health'), down('nobody'))
      world.monitors = [SHOP]
      world.restart()
      await world.nextTick()
      expect(told(world)).toEqual(['firing monitor-api-health', 'resolved monitor-api-health'])
      await world.judge(down('api-health'))
      expect(world.ledger.status().active).toEqual([])
    }))

  it('keeps its incident under a new name', () =>
    inWatchedWorld(async (world) => {
      await world.judge(down('api-health'))
      world.monitors = [monitor('The API', { id: 'api-health' })]
      world.restart()
      await world.judge(down('api-health'))
      expect(told(world)).toEqual(['firing monitor-api-health'])
      expect(world.ledger.incidents(0)).toMatchObject([{ monitor: { id: 'api-health', name: 'The API' } }])
    }))

  it('is paged once though judged while a run is under way', () =>
    inWatchedWorld(async (world) => {
      const gate = Promise.withResolvers<void>()
      const report = world.dependencies
      world.dependencies = () => gate.promise.then(report)
      const run = world.tick()
      await world.judge(down('api-health'))
      gate.resolve()
      await run
      await world.runAlarms()
      await world.judge(down('api-health'))
      expect(told(world)).toEqual(['firing monitor-api-health'])
      expect(world.recorded.get('edgewatch_alerts_firing{"severity":"critical"}')).toBe(1)
    }))

  it('is not brought back by a judgement that comes late', () =>
    inWatchedWorld(async (world) => {
      await world.judge(down('api-health'))
      await world.advance(MINUTE_MS)
      await world.judge(up('api-health'))
      const late = { id: 'api-health', state: 'down', seen: 'down', regions: [] } as const
      await world.ledger.observeMonitors([late], world.now - 30_000)
      await world.runAlarms()
      expect(told(world)).toEqual(['firing monitor-api-health', 'resolved monitor-api-health'])
    }))

  it('has another incident each time, also within a millisecond', () =>
    inWatchedWorld(async (world) => {
      world.staysInMemory = 'no object is evicted and constructed again within a millisecond'
      for (const seen of ['down', 'up', 'down', 'up'] as const) {
        await world.ledger.observeMonitors([{ id: 'api-health', state: seen, seen, regions: [] }], world.now)
      }
      await world.advance(10)
      expect(world.ledger.incidents(0)).toHaveLength(2)
      expect(told(world)).toHaveLength(4)
    }))

  it('writes no row for a judgement in which nothing changes', () =>
    inWatchedWorld(async (world) => {
      await world.judge(down('api-health'), up('shop'))
      await world.advance(MINUTE_MS)
      const again = () => world.judge(down('api-health'), up('shop'))
      expect(await rowsWritten(world, again)).toBe(0)
    }))
})

describe('maintenance', () => {
  it('begins no incident, and pages at its end what is still down', () =>
    inWatchedWorld(async (world) => {
      await world.judge(inMaintenance('api-health', 'down'))
      expect(world.ledger.incidents(0)).toEqual([])
      await world.advance(HOUR_MS)
      await world.judge(down('api-health'))
      expect(told(world)).toEqual(['firing monitor-api-health'])
    }))

  it('keeps open what was down before, reminds nobody, and lets the end be told', () =>
    inWatchedWorld(async (world) => {
      await world.judge(down('api-health'))
      for (let hour = 0; hour < 9; hour++) {
        await world.advance(HOUR_MS)
        await world.judge(inMaintenance('api-health', 'down'))
      }
      expect(world.ledger.status().active[0]?.heldBack).toBe('held back: maintenance is under way')
      await world.judge(inMaintenance('api-health', 'up'))
      expect(told(world).filter((each) => each.endsWith('monitor-api-health'))).toEqual([
        'firing monitor-api-health',
        'resolved monitor-api-health',
      ])
      expect(eventsOf(world)).toEqual([
        'opened API health is down',
        'told pager that it fires',
        'held_back held back: maintenance is under way',
        'resolved',
        'told pager that it is resolved',
      ])
    }))
})

describe('a monitor that depends on one that is down', () => {
  const blocked = down('shop', { blockedBy: 'api-health' })

  it('has an incident that says why nobody is paged, and ends quietly with the other', () =>
    inWatchedWorld(async (world) => {
      await world.judge(down('api-health'), blocked)
      expect(told(world)).toEqual(['firing monitor-api-health'])
      expect(world.ledger.status().active).toMatchObject([
        {},
        { alert: 'monitor-shop', heldBack: 'held back: API health is down', told: [] },
      ])
      await world.judge(up('api-health'), up('shop'))
      expect(told(world)).toEqual(['firing monitor-api-health', 'resolved monitor-api-health'])
      expect(eventsOf(world, 'monitor-shop')).toEqual([
        'opened Shop is down',
        'held_back held back: API health is down',
        'resolved',
      ])
    }))

  it('is paged when it fails a check after the other is up again', () =>
    inWatchedWorld(async (world) => {
      const lastCheckMs = world.now
      const seenDown = (atMs: number) => down('shop', { regions: [from('us-east', atMs)] })
      await world.judge(down('api-health'), { ...seenDown(lastCheckMs), blockedBy: 'api-health' })
      await world.advance(MINUTE_MS)
      await world.judge(up('api-health'), seenDown(lastCheckMs))
      await world.advance(MINUTE_MS)
      await world.judge(up('api-health'), unknown('shop'))
      await world.judge(up('api-health'), {
        ...down('shop'),
        regions: [from('us-east', world.now, 'up'), from('eu-west', lastCheckMs)],
      })
      expect(told(world)).toEqual(['firing monitor-api-health', 'resolved monitor-api-health'])
      await world.judge(up('api-health'), seenDown(world.now))
      expect(told(world).slice(2)).toEqual(['firing monitor-shop'])
      expect(eventsOf(world, 'monitor-shop')?.slice(-2)).toEqual(['released', 'told pager that it fires'])
    }))

  it('is paged at once where it is a job, which is not checked but waited for', () =>
    inWatchedWorld(async (world) => {
      world.monitors = [API, monitor('Backup', { type: 'heartbeat', every: 60 })]
      world.restart()
      const regions = [from('internal', world.now - DAY_MS)]
      await world.judge(down('api-health'), down('backup', { blockedBy: 'api-health', regions }))
      await world.judge(up('api-health'), down('backup', { regions }))
      expect(told(world).slice(2)).toEqual(['firing monitor-backup'])
    }))

  it('is resolved for those who were told before', () =>
    inWatchedWorld(async (world) => {
      await world.judge(up('api-health'), down('shop'))
      await world.judge(down('api-health'), blocked)
      await world.judge(down('api-health'), up('shop'))
      expect(told(world)).toEqual([
        'firing monitor-shop',
        'firing monitor-api-health',
        'resolved monitor-shop',
      ])
    }))
})

describe('monitors that nobody judges', () => {
  const minutes = async (world: World, count: number, judge = false) => {
    for (let minute = 0; minute < count; minute++) {
      if (judge) await world.judge(up('api-health'))
      await world.nextTick()
      world.restart() // evicted between any two runs
    }
  }

  it('are missed after five minutes in which the cron runs, and no more once they are judged', () =>
    inWatchedWorld(async (world) => {
      await minutes(world, 10, true)
      expect(told(world)).toEqual([])
      await minutes(world, 3)
      expect(told(world)).toEqual([])
      await minutes(world, 3)
      expect(told(world)).toEqual(['firing monitors-missed'])
      await world.judge(up('api-health'))
      await world.nextTick()
      expect(told(world)).toEqual(['firing monitors-missed', 'resolved monitors-missed'])
    }))

  it('are not missed where the object is evicted after each judgement, at a row each two minutes', () =>
    inWatchedWorld(async (world) => {
      const rows = await rowsWritten(world, async () => {
        for (let minute = 0; minute < 30; minute++) {
          await world.judge(up('api-health'))
          world.restart()
          await world.nextTick()
          world.restart()
        }
      })
      expect(told(world)).toEqual([])
      expect(rows).toBeLessThanOrEqual(30 * 2 + 15)
    }))

  it('are not missed for the time in which the cron did not run, nor where there are none', () =>
    inWatchedWorld(async (world) => {
      await minutes(world, 2, true)
      world.now += DAY_MS
      await world.tick()
      await minutes(world, 3, true)
      world.monitors = []
      world.restart()
      await minutes(world, 10)
      expect(told(world).filter((each) => each.includes('monitors-missed'))).toEqual([])
    }))

  it('cost no row more in a minute', () =>
    inWatchedWorld(async (world) => {
      await minutes(world, 3, true)
      const minute = async () => {
        await world.judge(up('api-health'))
        await world.tick()
      }
      expect(await rowsWritten(world, minute)).toBeLessThanOrEqual(2)
    }))
})

describe('the timeline of an incident', () => {
  it('tells who could not be told, and why', () =>
    inWatchedWorld(async (world) => {
      world.receiver('pager').answer = () => err({ message: 'answered 400', retryable: false })
      await world.judge(down('api-health'))
      expect(eventsOf(world)).toEqual([
        'opened API health is down',
        'not_told pager that it fires: answered 400',
      ])
    }))

  it('holds when something was delivered, and only the last reminder', () =>
    inWatchedWorld(async (world) => {
      world.receiver('pager').answer = () => err({ message: 'answered 503', retryable: true })
      await world.judge(down('api-health'))
      await world.advance(1)
      world.receiver('pager').answer = () => ({ ok: true, value: { status: 202, body: '' } })
      await world.advance(MINUTE_MS)
      const [told] = world.ledger.incidents(0)[0]?.timeline.filter(({ kind }) => kind === 'told') ?? []
      expect(told?.atMs).toBe(world.ledger.overview().outbox.delivered[0]?.settledAtMs)
      expect(told?.atMs).toBeGreaterThan(START_MS)
      for (let hour = 0; hour < 24; hour++) {
        await world.advance(HOUR_MS)
        await world.judge(down('api-health'))
      }
      expect(eventsOf(world)).toEqual([
        'opened API health is down',
        'told pager that it fires',
        'told pager that it still fires',
      ])
    }))

  it('stays short however often something changes, and keeps its beginning', () =>
    inWatchedWorld(async (world) => {
      for (let minute = 0; minute < 100; minute++) {
        await world.judge(inMaintenance('api-health', 'down'), down('api-health'))
        await world.judge(inMaintenance('api-health', 'down'))
      }
      expect(eventsOf(world)).toHaveLength(100)
      expect(eventsOf(world)?.[0]).toBe('opened API health is down')
    }))

  it('is kept for 90 days, at most for 1,000 incidents', { timeout: 60_000 }, () =>
    inWatchedWorld(async (world) => {
      for (let count = 0; count < 1_010; count++) {
        await world.judge(down('api-health'))
        await world.judge(up('api-health'))
      }
      await world.tick()
      world.now += HOUR_MS
      await world.tick()
      const since = (ms: number) => world.ledger.incidents(world.now - ms).length
      expect([since(2 * HOUR_MS), since(0)]).toEqual([1_000, 0])
      expect(world.ledger.overview().outbox.delivered.length).toBeLessThanOrEqual(500)
      world.now += 89 * DAY_MS
      await world.tick()
      expect(since(100 * DAY_MS)).toBe(1_000)
      expect(world.ledger.overview().resolved).toEqual([])
      world.now += DAY_MS
      await world.tick()
      expect(since(100 * DAY_MS)).toBe(0)
    }),
  )
})
