import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/lib/clock.ts'
import { uptimeRatio } from '../../src/monitors/model.ts'
import { unpackHistories } from '../../src/monitors/packed-history.ts'
import type { MonitorMeasures } from '../../src/monitors/ports.ts'
import { LEASE_MS } from '../../src/monitors/uptime.ts'
import { FAILED, inWorld, PLAIN, SLOW, START_MS, UNKNOWN, UP, type World } from './uptime-world.ts'

const THREE = ['us-east', 'eu-west', 'asia'] as const

describe('a run', () => {
  it('checks what is due from each region, once for each interval', () =>
    inWorld(async (world) => {
      world.configure([
        { name: 'Shop', url: 'https://shop.example/', locations: ['us-east', 'eu-west'] },
        { ...PLAIN, name: 'Report', interval: 300 },
      ])
      expect(await world.tick()).toEqual({ outcome: 'ok', checks: 3 })
      expect(world.takeAsked()).toEqual(['eu-west/report', 'eu-west/shop', 'us-east/shop'])
      const asked: string[] = []
      for (let minute = 0; minute < 10; minute++) {
        await world.nextTick()
        asked.push(...world.takeAsked())
      }
      expect(asked.filter((each) => each === 'eu-west/shop')).toHaveLength(10)
      expect(asked.filter((each) => each === 'eu-west/report')).toHaveLength(2)
    }))

  it('asks a prober for 20 checks at most, and spreads the calls of a region over 40 seconds', () =>
    inWorld(async (world) => {
      world.configure(
        Array.from({ length: 1_000 }, (_, index) => ({
          ...PLAIN,
          name: `m${index}`,
          locations: ['eu-west', 'asia'] as const,
        })),
      )
      expect(await world.tick()).toEqual({ outcome: 'ok', checks: 2_000 })
      expect(world.probes).toHaveLength(100)
      expect(Math.max(...world.probes.map(({ monitors }) => monitors.length))).toBe(20)
      expect(new Set(world.probes.map(({ region, shard }) => `${region} ${shard}`)).size).toBe(100)
      expect(Math.max(...world.sleeps)).toBeLessThan(40_000)
      expect(world.sleeps).toHaveLength(98) // the first of each region begins at once
      expect(world.uptime.report().monitors.filter(({ state }) => state === 'up')).toHaveLength(1_000)
    }))

  it('has the first failure checked again at once, so that one run decides', () =>
    inWorld(async (world) => {
      world.configure([{ ...PLAIN, failures: 2, recoveries: 2 }])
      await world.tick()
      expect(world.takeAsked()).toEqual(['eu-west/shop'])
      world.answer = () => FAILED
      await world.nextTick()
      expect(world.takeAsked()).toEqual(['eu-west/shop', 'eu-west/shop'])
      expect(world.status('shop')).toMatchObject({
        state: 'down',
        seen: 'down',
        sinceMs: START_MS + MINUTE_MS,
        reason: 'status 500, expected 2xx',
      })
      await world.nextTick()
      expect(world.takeAsked()).toEqual(['eu-west/shop'])
      world.answer = () => UP
      await world.nextTick()
      expect(world.status('shop').state).toBe('down')
      await world.nextTick()
      expect(world.status('shop')).toMatchObject({ state: 'up', sinceMs: START_MS + 4 * MINUTE_MS })
      expect(world.status('shop').reason).toBeUndefined()
    }))

  it('asks again a minute after a first good check, however long the interval is', () =>
    inWorld(async (world) => {
      world.configure([{ ...PLAIN, interval: 300, failures: 2, recoveries: 3 }])
      const answers = [UP, UP, FAILED, FAILED, UP, FAILED, UP, UP, UP, UP]
      // Of each check: the minutes since the one before, what it came to, and the state after it.
      const seen: string[] = []
      world.answer = () => answers.shift() ?? UP
      for (let minute = 0, last = 0; answers.length > 0; minute++) {
        await world.nextTick()
        const [, ...again] = world.takeAsked()
        const { outcome } = world.status('shop').regions[0]!.last!
        if (world.status('shop').regions[0]!.last!.atMs !== world.now) continue
        seen.push(
          `${minute - last} min: ${outcome}${again.length > 0 ? ', again' : ''}, ${world.status('shop').state}`,
        )
        last = minute
      }
      expect(seen.slice(2)).toEqual([
        '5 min: failed, again, down',
        '5 min: up, down',
        '1 min: failed, down', // it was no recovery
        '4 min: up, down',
        '1 min: up, down',
        '1 min: up, up',
        '3 min: up, up',
      ])
    }))

  it('asks for what recovers once for a minute, also where a run comes twice', () =>
    inWorld(async (world) => {
      world.configure([{ ...PLAIN, interval: 60, recoveries: 5 }])
      world.answer = () => FAILED
      await world.tick()
      world.answer = () => UP
      await world.nextTick()
      world.takeAsked()
      await world.tick()
      world.restart()
      await world.tick()
      expect(world.takeAsked()).toEqual([])
    }))

  it('tells who listens, after it is stored; that one failing changes nothing', () =>
    inWorld(async (world) => {
      world.configure([PLAIN])
      let stored: number | undefined
      world.onJudged = async (_, atMs) => {
        stored = world.uptime.report().judgedAtMs
        expect(stored).toBe(atMs)
        throw new Error('the ledger is away')
      }
      expect(await world.tick()).toEqual({ outcome: 'ok', checks: 1 })
      expect(stored).toBe(START_MS)
      expect(world.lines).toMatchObject([{ level: 'error', event: 'verdicts_not_told' }])
      world.onJudged = async () => {}
      await world.nextTick()
      expect(world.told.map(([status]) => status?.state)).toEqual(['up', 'up'])
    }))
})

describe('several regions', () => {
  it('outvote a bad one', () =>
    inWorld(async (world) => {
      world.configure([{ ...PLAIN, locations: [...THREE] }])
      world.answer = (_, region) => (region === 'asia' ? FAILED : UP)
      for (let minute = 0; minute < 5; minute++) await world.nextTick()
      expect(new Set(world.told.map(([status]) => status?.state))).toEqual(new Set(['up']))
      expect(world.status('shop').regions.map(({ region, state }) => [region, state])).toEqual([
        ['us-east', 'up'],
        ['eu-west', 'up'],
        ['asia', 'down'],
      ])
    }))

  it('are down together, and degraded where most are slow or down', () =>
    inWorld(async (world) => {
      world.configure([{ ...PLAIN, locations: [...THREE] }])
      world.answer = (_, region) => (region === 'asia' ? FAILED : region === 'eu-west' ? SLOW : UP)
      await world.tick()
      expect(world.status('shop')).toMatchObject({ state: 'degraded', reason: SLOW.reason })
      world.answer = (_, region) => (region === 'us-east' ? UP : FAILED)
      await world.nextTick()
      expect(world.status('shop').state).toBe('down')
    }))
})

describe('a prober', () => {
  it('that fails makes its checks unknown, never down, and soon the monitor too', () =>
    inWorld(async (world) => {
      world.configure([{ ...PLAIN, failures: 1 }])
      await world.tick()
      world.onProbe = () => Promise.reject(new Error('the object was reset'))
      await world.nextTick()
      expect(world.status('shop')).toMatchObject({ state: 'up', regions: [{ last: { outcome: 'unknown' } }] })
      await world.nextTick()
      await world.nextTick()
      expect(world.status('shop')).toMatchObject({ state: 'unknown', reason: 'the check could not be made' })
      expect(world.told.flat().map(({ state }) => state)).not.toContain('down')
      expect(world.reported).toHaveLength(3)
    }))

  it('without a network tells nothing', () =>
    inWorld(async (world) => {
      world.configure([PLAIN])
      world.answer = () => UNKNOWN
      await world.tick()
      expect(world.status('shop')).toMatchObject({ state: 'unknown', reason: 'no network' })
      expect(world.status('shop').sinceMs).toBeUndefined()
    }))

  it('that is slow holds up neither the other regions nor the next run, and is not asked again meanwhile', () =>
    inWorld(async (world) => {
      world.staysInMemory = 'a result that comes after its run waits in memory for the next one'
      world.configure([{ ...PLAIN, locations: ['us-east', 'eu-west'] }])
      const gate = Promise.withResolvers<void>()
      world.onProbe = (region) => (region === 'eu-west' ? gate.promise : Promise.resolve())
      const first = world.tick()
      await new Promise((resolve) => setTimeout(resolve)) // so that the other region has answered
      world.now += LEASE_MS
      world.takeAsked()
      const second = world.tick(START_MS + MINUTE_MS)
      expect(await second).toEqual({ outcome: 'ok', checks: 1 })
      expect(world.takeAsked()).toEqual(['us-east/shop'])
      gate.resolve()
      expect(await first).toEqual({ outcome: 'refused', checks: 0 })
      world.onProbe = async () => {}
      world.now = START_MS + 2 * MINUTE_MS
      await world.tick()
      // What came late is not lost.
      expect(world.uptime.checks('shop', 0, Number.MAX_SAFE_INTEGER)).toHaveLength(5)
    }))
})

describe('a control URL that gives no answer', () => {
  const silentSince = (world: World) => world.uptime.report().controlSilentSinceMs
  const warnings = (world: World) => world.lines.filter(({ event }) => event === 'control_url_silent').length

  it('is told of while all is well, until it answers', () =>
    inWorld(async (world) => {
      world.configure([PLAIN])
      world.control = false
      await world.tick()
      expect([silentSince(world), warnings(world)]).toEqual([START_MS, 1])
      await world.nextTick()
      world.restart()
      expect([silentSince(world), warnings(world)]).toEqual([START_MS, 2])
      world.control = true
      await world.nextTick()
      expect(silentSince(world)).toBeUndefined()

      // While it answers it is asked four times an hour.
      world.control = false
      for (let minute = 0; minute < 14; minute++) await world.nextTick()
      expect(silentSince(world)).toBeUndefined()
      await world.nextTick()
      expect([silentSince(world), warnings(world)]).toEqual([world.now, 3])
    }))

  it('is nobody’s concern where nothing is checked from outside', () =>
    inWorld(async (world) => {
      world.configure([{ name: 'Edgewatch', type: 'service' }])
      world.control = false
      await world.tick()
      expect([silentSince(world), warnings(world)]).toEqual([undefined, 0])
    }))
})

describe('what arrives after a run has ended', () => {
  it('is judged as soon as the next one begins, whatever that one waits for', () =>
    inWorld(async (world) => {
      world.configure([PLAIN, { ...PLAIN, name: 'Other', locations: ['asia'] }])
      await world.tick()
      const late = Promise.withResolvers<void>()
      world.onProbe = (region) => (region === 'asia' ? late.promise : new Promise(() => {}))
      world.answer = () => FAILED
      const soon = () => new Promise((resolve) => setTimeout(resolve))
      const begin = async () => {
        world.now += MINUTE_MS
        const run = world.tick()
        await soon() // so that it waits
        return run
      }
      void begin()
      await soon()
      void begin()
      await soon()
      world.told.splice(0)
      late.resolve() // what the first run asked for, which has lost its lease
      await soon()
      expect(world.told).toEqual([])
      world.onProbe = () => new Promise(() => {})
      void begin()
      await soon()
      expect(world.told).toHaveLength(1)
      expect(world.status('other').state).toBe('down')
    }))
})

describe('two runs', () => {
  it('that overlap do not check twice', () =>
    inWorld(async (world) => {
      world.configure([PLAIN])
      const gate = Promise.withResolvers<void>()
      world.onProbe = () => gate.promise
      const first = world.tick()
      expect(await world.tick()).toEqual({ outcome: 'refused', checks: 0 })
      gate.resolve()
      expect(await first).toEqual({ outcome: 'ok', checks: 1 })
      // The same minute once more, as the platform may deliver it, also to a new instance.
      expect(await world.tick(START_MS)).toEqual({ outcome: 'ok', checks: 0 })
      world.restart()
      expect(await world.tick(START_MS)).toEqual({ outcome: 'ok', checks: 0 })
      expect(world.takeAsked()).toEqual(['eu-west/shop'])
    }))

  it('may be one that its object did not survive, and one that checks anew', () =>
    inWorld(async (world) => {
      world.configure([PLAIN])
      world.onProbe = () => new Promise(() => {})
      void world.tick()
      world.restart()
      world.onProbe = async () => {}
      expect(await world.nextTick()).toEqual({ outcome: 'ok', checks: 1 })
      expect(world.status('shop').state).toBe('up')
      expect(world.uptime.checks('shop', 0, Number.MAX_SAFE_INTEGER)).toHaveLength(1)
    }))

  it('may have an eviction between them', () =>
    inWorld(async (world) => {
      world.configure([{ ...PLAIN, failures: 3, recoveries: 3 }])
      await world.tick()
      const states: string[] = []
      world.answer = () => FAILED
      for (let minute = 0; minute < 3; minute++) {
        await world.nextTick()
        states.push(world.status('shop').state)
        world.restart()
      }
      world.answer = () => UP
      for (let minute = 0; minute < 3; minute++) {
        await world.nextTick()
        states.push(world.status('shop').state)
        world.restart()
      }
      expect(states).toEqual(['up', 'down', 'down', 'down', 'down', 'up'])
      expect(world.status('shop').sinceMs).toBe(START_MS + 6 * MINUTE_MS)
    }))
})

describe('a clock that jumped a day ahead and came back', () => {
  it('stops no checks and makes nothing unknown or late', () =>
    inWorld(async (world) => {
      world.configure([PLAIN, { name: 'Backup', type: 'heartbeat', every: 3_600 }])
      await world.tick()
      world.uptime.beat('backup', 'done')
      world.now += DAY_MS
      await world.tick()
      world.now -= DAY_MS
      world.takeAsked()
      await world.nextTick()
      expect(world.takeAsked()).toEqual(['eu-west/shop'])
      expect(world.told.at(-1)).toMatchObject([{ state: 'up' }, { state: 'up' }])
      expect(world.status('backup').sinceMs).toBeLessThanOrEqual(world.now)

      world.answer = () => FAILED
      await world.nextTick()
      expect(world.told.at(-1)).toMatchObject([{ state: 'down', sinceMs: world.now }, { state: 'up' }])
    }))

  it('leaves no judgement in the future, and tells who listens in their order', () =>
    inWorld(async (world) => {
      world.configure([PLAIN])
      const order: number[] = []
      world.onJudged = async (_, atMs) => void order.push(atMs)
      await world.tick()
      world.now += DAY_MS
      await world.tick()
      world.now -= DAY_MS
      for (let minute = 0; minute < 2; minute++) {
        await world.nextTick()
        world.restart()
        expect(world.uptime.report().judgedAtMs).toBe(world.now)
      }
      expect(order).toEqual([...order].sort((a, b) => a - b))
      expect(new Set(order).size).toBe(4)
    }))

  it('does not keep what was seen then for fresh', () =>
    inWorld(async (world) => {
      world.configure([PLAIN])
      world.now += DAY_MS
      await world.tick()
      world.now -= DAY_MS
      world.answer = () => UNKNOWN
      await world.nextTick()
      expect(world.status('shop').state).toBe('unknown')
    }))
})

describe('a change of the configuration', () => {
  it('of the name keeps state and history where the id stays', () =>
    inWorld(async (world) => {
      world.configure([{ ...PLAIN, name: 'Shop', id: 'shop' }])
      world.answer = () => FAILED
      for (let minute = 0; minute < 5; minute++) await world.nextTick()
      const { sinceMs } = world.status('shop')
      world.configure([{ ...PLAIN, name: 'Web shop', id: 'shop' }])
      expect(world.status('shop')).toMatchObject({ state: 'down', sinceMs })
      await world.nextTick()
      expect(world.status('shop')).toMatchObject({ state: 'down', sinceMs })
      const [history] = unpackHistories(world.uptime.history(['shop']))
      expect(history?.days.at(-1)?.down).toBe(5 * MINUTE_MS)
    }))

  it('of the type keeps state and history, and what is new tells what is known from then on', () =>
    inWorld(async (world) => {
      world.configure([{ ...PLAIN, failures: 2, recoveries: 2 }])
      world.answer = () => FAILED
      for (let minute = 0; minute < 3; minute++) await world.nextTick()
      world.configure([
        { name: 'Shop', type: 'tcp', host: 'shop.example', port: 443, locations: ['eu-west'] },
      ])
      expect(world.status('shop').state).toBe('down')
      world.answer = () => UP
      await world.nextTick()
      expect(world.status('shop').state).toBe('down') // it still takes two
      world.configure([{ name: 'Shop', type: 'heartbeat', every: 3_600 }])
      await world.nextTick()
      expect(world.status('shop')).toMatchObject({ state: 'unknown', reason: 'it was never heard of' })
      world.uptime.beat('shop', 'done')
      await world.nextTick()
      expect(world.status('shop').state).toBe('up')
      world.configure([{ name: 'Shop', type: 'service', path: '/health' }])
      await world.nextTick()
      expect(world.status('shop').state).toBe('up')
      const [history] = unpackHistories(world.uptime.history(['shop']))
      expect(history?.days.at(-1)).toMatchObject({ down: 4 * MINUTE_MS, unknown: MINUTE_MS, up: MINUTE_MS })
    }))

  it('of the interval neither checks twice nor leaves a slot out', () =>
    inWorld(async (world) => {
      world.configure([{ ...PLAIN, interval: 60 }])
      await world.tick()
      world.configure([{ ...PLAIN, interval: 3_600 }])
      world.takeAsked()
      for (let minute = 0; minute < 60; minute++) await world.nextTick()
      expect(world.takeAsked()).toHaveLength(1)
      world.configure([{ ...PLAIN, interval: 60 }])
      await world.nextTick()
      expect(world.takeAsked()).toHaveLength(1)
    }))

  it('that adds a region asks it at once, and one that removes a monitor ends it', () =>
    inWorld(async (world) => {
      world.configure([
        { ...PLAIN, interval: 3_600 },
        { ...PLAIN, name: 'Old' },
      ])
      await world.tick()
      world.configure([{ ...PLAIN, interval: 3_600, locations: ['eu-west', 'asia'] }])
      world.takeAsked()
      await world.tick()
      expect(world.takeAsked()).toEqual(['asia/shop'])
      expect(world.uptime.report().monitors.map(({ id }) => id)).toEqual(['shop'])
      expect(unpackHistories(world.uptime.history(['old', 'shop'])).map(({ id }) => id)).toEqual(['shop'])
      expect(world.uptime.measure([{ monitor: 'old', of: 'state', overMs: HOUR_MS }])).toEqual([{}])
    }))
})

describe('time that nobody measured', () => {
  it('is unknown, not up: in the report at once, and in the history', () =>
    inWorld(async (world) => {
      world.configure([PLAIN])
      await world.tick()
      await world.nextTick()
      world.now += DAY_MS
      expect(world.status('shop').state).toBe('unknown')
      await world.tick()
      const [history] = unpackHistories(world.uptime.history(['shop']))
      const sum = (state: 'up' | 'unknown') => history!.days.reduce((total, day) => total + day[state], 0)
      expect(sum('unknown')).toBeGreaterThanOrEqual(DAY_MS - 3 * MINUTE_MS)
      expect(sum('up')).toBeLessThanOrEqual(4 * MINUTE_MS)
      expect(uptimeRatio(history!.days)).toBe(1)
    }))
})

describe('a monitor that depends on another', () => {
  it('says which one that is down, also over another one between them', () =>
    inWorld(async (world) => {
      const down = new Set<string>(['database'])
      world.configure([
        { ...PLAIN, name: 'Page', dependsOn: ['Shop'] },
        { ...PLAIN, name: 'Shop', dependsOn: ['Database'] },
        { ...PLAIN, name: 'Database' },
      ])
      world.answer = (monitor) => (down.has(monitor) ? FAILED : UP)
      await world.tick()
      const blockers = () => world.uptime.report().monitors.map(({ blockedBy }) => blockedBy)
      expect(blockers()).toEqual(['database', 'database', undefined])
      down.add('shop')
      await world.nextTick()
      expect(blockers()).toEqual(['shop', 'database', undefined])
      down.clear()
      await world.nextTick()
      expect(blockers()).toEqual([undefined, undefined, undefined])
    }))
})

describe('maintenance', () => {
  const from = new Date(START_MS + 2 * MINUTE_MS).toISOString()
  const to = new Date(START_MS + 5 * MINUTE_MS).toISOString()

  it('is the state while it lasts; what is seen goes on being told', () =>
    inWorld(async (world) => {
      world.configure([PLAIN, { ...PLAIN, name: 'Other' }], [{ title: 'Move', from, to, monitors: ['Shop'] }])
      world.answer = (monitor) => (monitor === 'shop' ? FAILED : UP)
      const states: string[] = []
      for (let minute = 0; minute < 7; minute++) {
        await world.tick()
        const { state, seen } = world.status('shop')
        states.push(`${state}/${seen}`)
        world.now += MINUTE_MS
      }
      expect(states).toEqual([
        'down/down',
        'down/down',
        'maintenance/down',
        'maintenance/down',
        'maintenance/down',
        'down/down',
        'down/down',
      ])
      expect(world.told.flat().filter(({ id, state }) => id === 'other' && state !== 'up')).toEqual([])
      const [history] = unpackHistories(world.uptime.history(['shop']))
      expect(history?.days.at(-1)).toMatchObject({ maintenance: 3 * MINUTE_MS, down: 4 * MINUTE_MS })
    }))

  it('keeps bad news from alert rules, and lets good news pass', () =>
    inWorld(async (world) => {
      world.configure([PLAIN])
      world.uptime.announce({ title: 'Move', monitors: [], fromMs: START_MS, toMs: START_MS + HOUR_MS })
      const measured: unknown[] = []
      for (const answer of [FAILED, SLOW, UP]) {
        world.answer = () => answer
        await world.nextTick()
        const [state = {}, latency = {}] = world.uptime.measure([
          { monitor: 'shop', of: 'state', overMs: HOUR_MS },
          { monitor: 'shop', of: 'latency', overMs: HOUR_MS },
        ])
        measured.push([state.up, state.degraded, latency.latencyMs])
      }
      expect(measured).toEqual([
        [undefined, undefined, undefined],
        [1, undefined, undefined],
        [1, 0, undefined],
      ])
      world.now += HOUR_MS
      expect(world.uptime.measure([{ monitor: 'shop', of: 'latency', overMs: 2 * HOUR_MS }])).toMatchObject([
        { latencyMs: { p50: expect.any(Number) } },
      ])
    }))

  it('can be announced and withdrawn', () =>
    inWorld(async (world) => {
      world.configure([PLAIN])
      await world.tick()
      const window = { title: 'Move', monitors: ['shop'], fromMs: START_MS, toMs: START_MS + HOUR_MS }
      const announced = world.uptime.announce(window)
      expect(announced).toEqual({ ...window, id: announced.id })
      expect(world.uptime.report().maintenance).toEqual([announced])
      expect(world.status('shop').state).toBe('maintenance')
      world.restart()
      expect(world.status('shop').state).toBe('maintenance')
      expect(world.uptime.withdraw(announced.id!)).toBe(true)
      expect(world.uptime.withdraw(announced.id!)).toBe(false)
      expect(world.status('shop').state).toBe('up')
    }))
})

describe('a heartbeat', () => {
  const BACKUP = { name: 'Backup', type: 'heartbeat', every: 3_600, grace: 300 } as const
  const state = (world: World) => world.status('backup').state

  it('is unknown until it is heard of, up while it is in time, and down when it is late', () =>
    inWorld(async (world) => {
      world.configure([BACKUP])
      await world.tick()
      expect(state(world)).toBe('unknown')
      expect(world.uptime.beat('backup', 'done')).toBe(true)
      expect(state(world)).toBe('up') // at once, for who asks
      world.now += HOUR_MS + 5 * MINUTE_MS
      expect(state(world)).toBe('up')
      world.restart() // it is not forgotten
      world.now += 1
      expect(world.status('backup')).toMatchObject({ state: 'down', reason: 'late by 5m' })
      world.uptime.beat('backup', 'start')
      expect(world.status('backup')).toMatchObject({ reason: 'late by 5m, begun but not done' })
      world.uptime.beat('backup', 'done')
      expect(state(world)).toBe('up')
    }))

  it('is down when it says so, until it is done', () =>
    inWorld(async (world) => {
      world.configure([BACKUP])
      world.uptime.beat('backup', 'done')
      world.uptime.beat('backup', 'fail')
      world.uptime.beat('backup', 'start')
      await world.tick()
      expect(world.told.at(-1)).toMatchObject([{ state: 'down', reason: 'the job said that it failed' }])
      world.now += 2 * MINUTE_MS
      world.uptime.beat('backup', 'done')
      await world.tick()
      expect(world.told.at(-1)).toMatchObject([{ state: 'up' }])
      const checks = world.uptime.checks('backup', 0, Number.MAX_SAFE_INTEGER)
      expect(checks.map(({ outcome, latencyMs }) => [outcome, latencyMs])).toEqual([
        ['failed', undefined],
        ['up', 2 * MINUTE_MS],
      ])
    }))

  it('that begins again and again but is never done is late', () =>
    inWorld(async (world) => {
      world.configure([BACKUP])
      for (let hour = 0; hour < 2; hour++) {
        world.uptime.beat('backup', 'start')
        expect(state(world)).toBe('unknown')
        world.now += HOUR_MS
      }
      world.uptime.beat('backup', 'start')
      expect(state(world)).toBe('down')
    }))

  it('is told once in the history, however many runs there are', () =>
    inWorld(async (world) => {
      world.configure([BACKUP])
      world.uptime.beat('backup', 'done')
      for (let minute = 0; minute < 3; minute++) {
        await world.nextTick()
        world.restart()
      }
      expect(world.uptime.checks('backup', 0, Number.MAX_SAFE_INTEGER)).toHaveLength(1)
    }))

  it('is refused for what is none', () =>
    inWorld(async (world) => {
      world.configure([PLAIN])
      expect(world.uptime.beat('shop', 'done')).toBe(false)
      expect(world.uptime.beat('nothing', 'done')).toBe(false)
    }))
})

describe('what alert rules are told', () => {
  it('is the state, and uptime and response times within a window; what nobody knows is left out', () =>
    inWorld(async (world) => {
      world.configure([PLAIN, { ...PLAIN, name: 'Other' }])
      world.answer = (monitor) => (monitor === 'other' ? UNKNOWN : UP)
      for (let minute = 0; minute < 4; minute++) await world.nextTick()
      world.answer = (monitor) => (monitor === 'other' ? UNKNOWN : FAILED)
      await world.nextTick()
      world.now += MINUTE_MS
      const overMs = 5 * MINUTE_MS
      const ask = (monitor: string) =>
        Object.assign(
          {},
          ...(['state', 'uptime', 'latency'] as const).flatMap((of) =>
            world.uptime.measure([{ monitor, of, overMs }]),
          ),
        ) as MonitorMeasures
      expect(ask('shop')).toMatchObject({ up: 0, degraded: 0, uptimeRatio: 0.8 })
      expect(ask('shop').latencyMs?.p50).toBeGreaterThan(38)
      expect(ask('shop').latencyMs?.p50).toBeLessThan(42)
      expect(ask('other')).toEqual({})
    }))
})

describe('the metrics of monitors', () => {
  it('tell states, checks, response times and uptime', () =>
    inWorld(async (world) => {
      world.configure([{ ...PLAIN, locations: ['us-east', 'eu-west'] }])
      await world.tick()
      world.answer = (_, region) => (region === 'us-east' ? UNKNOWN : FAILED)
      for (let minute = 0; minute < 15; minute++) await world.nextTick()
      const recorded = Object.fromEntries(
        [...world.recorded].map(([key, value]) => [key.replace('edgewatch_monitor_', ''), value]),
      )
      expect(recorded).toEqual({
        'up{"monitor":"shop"}': 0,
        'state{"monitor":"shop","state":"up"}': 0,
        'state{"monitor":"shop","state":"degraded"}': 0,
        'state{"monitor":"shop","state":"down"}': 1,
        'state{"monitor":"shop","state":"unknown"}': 0,
        'state{"monitor":"shop","state":"maintenance"}': 0,
        'region_up{"monitor":"shop","region":"us-east"}': Number.NaN,
        'region_up{"monitor":"shop","region":"eu-west"}': 0,
        'checks_total{"monitor":"shop","region":"us-east","outcome":"up"}': 1,
        'checks_total{"monitor":"shop","region":"us-east","outcome":"slow"}': 0,
        'checks_total{"monitor":"shop","region":"us-east","outcome":"failed"}': 0,
        'checks_total{"monitor":"shop","region":"us-east","outcome":"unknown"}': 15,
        'checks_total{"monitor":"shop","region":"eu-west","outcome":"up"}': 1,
        'checks_total{"monitor":"shop","region":"eu-west","outcome":"slow"}': 0,
        'checks_total{"monitor":"shop","region":"eu-west","outcome":"failed"}': 16,
        'checks_total{"monitor":"shop","region":"eu-west","outcome":"unknown"}': 0,
        'latency_seconds{"monitor":"shop","region":"us-east"}': 1,
        'latency_seconds{"monitor":"shop","region":"eu-west"}': 1,
        'uptime_ratio{"monitor":"shop","window":"30d"}': expect.closeTo(0.2, 1),
        'edgewatch_monitors_last_run_timestamp_seconds{}': world.now / 1000,
      })
      expect(world.flushes).toBe(16)
    }))

  it('hand over only what changed', () =>
    inWorld(async (world) => {
      world.staysInMemory = 'after an eviction all gauges are handed over again'
      world.configure([PLAIN])
      await world.tick()
      world.recordings = 0
      await world.nextTick()
      expect(world.recordings).toBe(3) // the check, its time, and the run
    }))
})
