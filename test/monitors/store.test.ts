import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/lib/clock.ts'
import { RELATIVE_ERROR } from '../../src/monitors/latency-sketch.ts'
import type { CheckResult, DaySummary, MonitorState } from '../../src/monitors/model.ts'
import { STATES } from '../../src/monitors/packing.ts'
import { MonitorStore } from '../../src/monitors/store.ts'
import { check, judged, watchRows, withStore } from './store-harness.ts'

const MIDNIGHT = Date.UTC(2026, 10, 21)
const STEP_MS = 10 * SECOND_MS
const NOTHING = { up: 0, degraded: 0, down: 0, unknown: 0, maintenance: 0 }

const daysOf = (store: MonitorStore, id: string, now: number) => store.history([id], now)[0]!.days

describe('the time of a monitor', () => {
  it('is in the state that was judged before it, cut at the hours and days', () =>
    withStore((reopen) => {
      const store = reopen()
      store.save(judged(MIDNIGHT - 90 * SECOND_MS, { api: 'up' }))
      store.save(judged(MIDNIGHT - 30 * SECOND_MS, { api: 'down' }))
      store.save(judged(MIDNIGHT + 30 * SECOND_MS, { api: 'maintenance' }))
      store.save(judged(MIDNIGHT + 90 * SECOND_MS, { api: 'up' }))
      for (const each of [store, reopen()]) {
        expect(daysOf(each, 'api', MIDNIGHT + 100 * SECOND_MS)).toEqual([
          { date: '2026-11-20', ...NOTHING, up: 60_000, down: 30_000 },
          { date: '2026-11-21', ...NOTHING, down: 30_000, maintenance: 60_000, up: 10_000 },
        ])
      }
    }))

  it('is unknown where more than three minutes passed, be it hours or days', () =>
    withStore((reopen) => {
      const store = reopen()
      const startMs = MIDNIGHT + 23 * HOUR_MS
      store.save(judged(startMs, { api: 'up' }))
      store.save(judged(startMs + 3 * MINUTE_MS, { api: 'up' }))
      expect(daysOf(store, 'api', startMs + 6 * MINUTE_MS)[0]?.up).toBe(6 * MINUTE_MS)
      const later = startMs + 2 * DAY_MS
      const expected = [
        { date: '2026-11-21', ...NOTHING, up: 3 * MINUTE_MS, unknown: 57 * MINUTE_MS },
        { date: '2026-11-22', ...NOTHING, unknown: DAY_MS },
        { date: '2026-11-23', ...NOTHING, unknown: 23 * HOUR_MS },
      ]
      expect(daysOf(store, 'api', later)).toEqual(expected)
      store.save(judged(later, { api: 'up' }))
      expect(daysOf(store, 'api', later)).toEqual(expected)
      expect(store.uptime('api', 7 * DAY_MS, later)).toBe(1)
    }))

  it('is there at any moment, also while an hour waits for the run that ends it', () =>
    withStore((reopen) => {
      const store = reopen()
      const startMs = MIDNIGHT + 10 * HOUR_MS
      for (let second = 0; second <= 2 * 60 * 60; second += 50) {
        const now = startMs + second * SECOND_MS
        if (second % 100 === 50) store.save(judged(now, { api: 'up' }))
        const up = (second - 50) * SECOND_MS
        expect(daysOf(store, 'api', now)).toEqual(up > 0 ? [{ date: '2026-11-21', ...NOTHING, up }] : [])
      }
    }))

  it('begins with the first run that knows the monitor, and ends with the last', () =>
    withStore((reopen) => {
      const store = reopen()
      store.save(judged(MIDNIGHT, { api: 'up' }))
      store.save(judged(MIDNIGHT + MINUTE_MS, { api: 'up', web: 'up' }))
      store.save(judged(MIDNIGHT + 2 * MINUTE_MS, { web: 'up' }))
      store.save(judged(MIDNIGHT + 3 * MINUTE_MS, { web: 'up' }))
      const history = store.history(['web', 'api', 'never'], MIDNIGHT + 3 * MINUTE_MS)
      expect(history.map(({ days }) => days.map(({ up }) => up))).toEqual([
        [2 * MINUTE_MS],
        [2 * MINUTE_MS],
        [],
      ])
    }))

  it('does not go back with the clock, and is not counted twice', () =>
    withStore((reopen) => {
      const store = reopen()
      const startMs = MIDNIGHT + 12 * HOUR_MS
      store.save(judged(startMs, { api: 'up' }))
      store.save(judged(startMs + MINUTE_MS, { api: 'up' }))
      const back = startMs - 2 * HOUR_MS
      store.save(judged(back, { api: 'down' }, [check('api', back, 40)]))
      store.save(judged(startMs + 2 * MINUTE_MS, { api: 'up' }))
      const now = startMs + 2 * MINUTE_MS
      expect(daysOf(store, 'api', now)).toEqual([
        { date: '2026-11-21', ...NOTHING, up: MINUTE_MS, down: MINUTE_MS },
      ])
      expect(daysOf(reopen(), 'api', back)).toEqual(daysOf(store, 'api', now))
      store.save(judged(startMs + HOUR_MS, { api: 'up' }))
      expect(store.checks('api', back, back + 1)).toEqual([check('api', back, 40)])
    }))

  it('adds up, whatever the runs are like and however often the object is evicted', async () => {
    const step = fc.record({
      // In steps of ten seconds, which the reference counts one by one.
      gap: fc.oneof(fc.integer({ min: 0, max: 24 }), fc.integer({ min: 0, max: 3_000 })),
      states: fc.record(
        { api: fc.constantFrom(...STATES), web: fc.constantFrom(...STATES) },
        { requiredKeys: [] },
      ),
      isEvicted: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.nat(20_000), fc.nat(40), (steps, offset, tail) =>
        withStore((reopen) => {
          let store = reopen()
          const startMs = MIDNIGHT + offset * STEP_MS
          let now = startMs
          const passed: { endMs: number; states: Partial<Record<string, MonitorState>> }[] = []
          let before: { states: Partial<Record<string, MonitorState>> } = { states: {} }
          const passes = (gap: number) => {
            const states = Object.fromEntries(
              Object.entries(before.states).map(([id, state]) => [
                id,
                gap * STEP_MS > 3 * MINUTE_MS ? 'unknown' : state!,
              ]),
            )
            for (let step = 0; step < gap; step++) {
              now += STEP_MS
              passed.push({ endMs: now, states })
            }
          }
          for (const { gap, states, isEvicted } of steps) {
            passes(gap)
            before = { states: states as Record<string, MonitorState> }
            store.save(judged(now, before.states as Record<string, MonitorState>))
            if (isEvicted) store = reopen()
          }
          passes(tail)

          for (const id of ['api', 'web']) {
            const expected = new Map<number, Record<MonitorState, number>>()
            for (const { endMs, states } of passed) {
              const state = states[id]
              if (!state) continue
              const day = Math.floor((endMs - 1) / DAY_MS)
              const times = expected.get(day) ?? { ...NOTHING }
              times[state] += STEP_MS
              expected.set(day, times)
            }
            const dateOf = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10)
            const shown = [...expected].map(([day, times]) => ({ date: dateOf(day), ...times }))
            expect(daysOf(store, id, now)).toEqual(shown)
            expect(daysOf(reopen(), id, now)).toEqual(shown)
            for (const day of shown) expect(totalMs(day)).toBeLessThanOrEqual(DAY_MS)
          }
        }),
      ),
      { numRuns: 60 },
    )
  })
})

const totalMs = ({ date: _, ...times }: DaySummary) =>
  Object.values(times).reduce((sum, each) => sum + each, 0)

describe('the checks', () => {
  it('are found again for 7 days, with latency and reason, across hours and evictions', () =>
    withStore((reopen) => {
      const all: CheckResult[] = []
      let store = reopen()
      for (let minute = 0; minute < 8 * 24 * 60; minute += 20) {
        const atMs = MIDNIGHT + minute * MINUTE_MS
        const results: CheckResult[] = [
          check('api', atMs - 500, 40 + (minute % 100)),
          {
            monitor: 'api',
            region: 'us-east',
            atMs: atMs + 700,
            outcome: 'failed',
            reason: `expected 200, got ${500 + (minute % 3)}`,
          },
        ]
        all.push(...results)
        // Now and then a run is of the hour before its checks.
        const runAtMs = minute % 40 === 0 ? atMs - 1 : atMs
        store.save(judged(runAtMs, { api: 'up' }, [...results, check('web', atMs, 1)]))
        if (minute % 900 === 0) store = reopen()
      }
      const endMs = MIDNIGHT + 8 * DAY_MS
      for (const [from, to] of [
        [endMs - 7 * DAY_MS, endMs],
        [endMs - 3 * DAY_MS - 500, endMs - 3 * DAY_MS + 701],
        [endMs - 3 * DAY_MS + 700, endMs - 3 * DAY_MS + 30 * MINUTE_MS],
        [endMs - 90 * MINUTE_MS, endMs - 10 * MINUTE_MS],
      ] as const) {
        const expected = all.filter(({ atMs }) => atMs >= from && atMs < to)
        expect(expected.length).toBeGreaterThan(1)
        expect(store.checks('api', from, to)).toEqual(expected)
        expect(reopen().checks('api', from, to)).toEqual(expected)
      }
      expect(store.checks('api', MIDNIGHT, MIDNIGHT + 12 * HOUR_MS)).toEqual([])
      expect(store.checks('never', 0, endMs)).toEqual([])
    }))

  it('of a monitor whose last run was long ago stay until their time is over', () =>
    withStore((reopen) => {
      const store = reopen()
      store.save(judged(MIDNIGHT, { api: 'up' }, [check('api', MIDNIGHT, 5)]))
      store.save(judged(MIDNIGHT + 6 * DAY_MS, { web: 'up' }))
      expect(store.checks('api', MIDNIGHT, MIDNIGHT + 1)).toHaveLength(1)
    }))
})

describe('the response times', () => {
  it('are 96 quarters of an hour, of which the last is under way', () =>
    withStore((reopen) => {
      const store = reopen()
      const now = MIDNIGHT + 12 * HOUR_MS + 20 * MINUTE_MS
      for (let atMs = now - DAY_MS; atMs <= now; atMs += MINUTE_MS) {
        const minute = (atMs / MINUTE_MS) % 15
        store.save(
          judged(atMs, { api: 'up' }, [
            check('api', atMs, 100 + minute),
            { ...check('api', atMs, 1), outcome: 'failed' },
          ]),
        )
      }
      for (const each of [store, reopen()]) {
        const [history] = each.history(['api'], now)
        const latency = history!.latency
        expect(latency).toHaveLength(96)
        expect(latency.at(-1)).toEqual({ atMs: now - 5 * MINUTE_MS, p50Ms: 102, p95Ms: 105 })
        const whole = { p50Ms: 107, p95Ms: 114 }
        expect(latency.slice(0, -1)).toEqual(
          Array.from({ length: 95 }, (_, index) => ({
            atMs: now - 5 * MINUTE_MS - (95 - index) * 15 * MINUTE_MS,
            ...whole,
          })),
        )
      }
      expect(store.history(['never'], now)[0]?.latency[0]).toEqual({
        atMs: now - 5 * MINUTE_MS - 95 * 15 * MINUTE_MS,
      })
    }))
})

describe('measuring', () => {
  it('gives uptime exactly and latency within its error, over any window', () =>
    withStore((reopen) => {
      const store = reopen()
      const startMs = MIDNIGHT + 7 * HOUR_MS
      const minutes = 4 * 24 * 60
      const latencyAt = (minute: number) => 20 + ((minute * 7919) % 3_000)
      const isDown = (minute: number) => minute % 37 < 3
      for (let minute = 0; minute <= minutes; minute++) {
        const atMs = startMs + minute * MINUTE_MS
        store.save(
          judged(atMs, { api: isDown(minute) ? 'down' : 'up' }, [check('api', atMs, latencyAt(minute))]),
        )
      }
      const now = startMs + minutes * MINUTE_MS + 30 * SECOND_MS
      const last = <T>(overMinutes: number, of: (minute: number) => T) =>
        Array.from({ length: overMinutes }, (_, index) => of(minutes - overMinutes + 1 + index))

      for (const overMinutes of [
        5,
        30,
        60,
        61,
        70,
        7 * 60 + 3,
        24 * 60,
        25 * 60 + 7,
        50 * 60 + 59,
        90 * 60,
      ]) {
        // From half a minute before a run up to half a minute after one.
        const overMs = overMinutes * MINUTE_MS
        const whole = last(overMinutes, isDown)
        const downMs = whole.reduce((sum, down) => sum + (down ? MINUTE_MS : 0), 0)
        const firstHalf = isDown(minutes - overMinutes) ? 30_000 : 0
        const lastHalf = isDown(minutes) ? 30_000 : 0
        const uptimeRatio = 1 - (downMs - lastHalf + firstHalf) / overMs
        const sorted = last(overMinutes, latencyAt).sort((a, b) => a - b)
        for (const each of [store, reopen()]) {
          const measured = each.latency('api', overMs, now)
          expect(each.uptime('api', overMs, now)).toBeCloseTo(uptimeRatio, 12)
          for (const [name, q] of [
            ['p50', 0.5],
            ['p95', 0.95],
            ['p99', 0.99],
          ] as const) {
            const exact = sorted[Math.ceil(q * sorted.length) - 1]!
            expect(Math.abs(measured![name] - exact)).toBeLessThanOrEqual(exact * RELATIVE_ERROR + 0.5)
          }
        }
      }
      expect([store.uptime('never', DAY_MS, now), store.latency('never', DAY_MS, now)]).toEqual([
        undefined,
        undefined,
      ])
    }))

  it('says nothing of time that nobody measured', () =>
    withStore((reopen) => {
      const store = reopen()
      expect([store.uptime('api', DAY_MS, MIDNIGHT), store.latency('api', DAY_MS, MIDNIGHT)]).toEqual([
        undefined,
        undefined,
      ])
      store.save(judged(MIDNIGHT, { api: 'unknown' }))
      expect(store.uptime('api', DAY_MS, MIDNIGHT + MINUTE_MS)).toBeUndefined()
    }))
})

describe('a run', () => {
  it('is found again with its memory after the object was evicted', async () => {
    const stub = env.UPTIME_MONITOR.getByName('evicted')
    await runInDurableObject(stub, (_, { storage }) => {
      const store = new MonitorStore(storage)
      expect(store.memory()).toBeUndefined()
      store.save(judged(MIDNIGHT, { api: 'up' }, [check('api', MIDNIGHT, 7)]))
      store.save(judged(MIDNIGHT + MINUTE_MS, { api: 'up' }))
    })
    await evictDurableObject(stub)
    await runInDurableObject(stub, (_, { storage }) => {
      const store = new MonitorStore(storage)
      expect(store.memory()).toBe(`memory of ${MIDNIGHT + MINUTE_MS}`)
      expect(store.checks('api', MIDNIGHT, MIDNIGHT + 1)).toEqual([check('api', MIDNIGHT, 7)])
      store.save(judged(MIDNIGHT + HOUR_MS, { api: 'up' }))
      expect(store.memory()).toBe(`memory of ${MIDNIGHT + HOUR_MS}`)
    })
  })

  it('that could not be kept leaves nothing behind, in memory neither', () =>
    withStore((reopen, storage) => {
      const store = reopen()
      store.save(judged(MIDNIGHT, { api: 'up' }, [check('api', MIDNIGHT, 7)]))
      const { sql } = storage
      const exec = sql.exec.bind(sql)
      // The last statement of the next run: the hour before it is closed by then.
      sql.exec = ((query: string, ...bindings: unknown[]) => {
        if (query.includes('INTO runs') && bindings[4] !== '') throw new Error('disk full')
        return exec(query, ...bindings)
      }) as typeof sql.exec
      const next = judged(MIDNIGHT + HOUR_MS, { api: 'down' }, [check('api', MIDNIGHT + HOUR_MS, 9)])
      expect(() => store.save(next)).toThrow('disk full')
      sql.exec = exec
      expect(store.memory()).toBe(`memory of ${MIDNIGHT}`)
      expect(store.checks('api', 0, MIDNIGHT + DAY_MS)).toHaveLength(1)
      store.save(next)
      expect(store.checks('api', 0, MIDNIGHT + DAY_MS)).toHaveLength(2)
      expect(daysOf(store, 'api', MIDNIGHT + HOUR_MS + MINUTE_MS)).toEqual([
        { date: '2026-11-21', ...NOTHING, unknown: HOUR_MS, down: MINUTE_MS },
      ])
    }))
})

describe('rows', () => {
  const run = (atMs: number, monitors: number) => {
    const states = Object.fromEntries(Array.from({ length: monitors }, (_, index) => [`m-${index}`, 'up']))
    const results = Array.from({ length: monitors }, (_, index) => [
      { ...check(`m-${index}`, atMs + index, 30 + (index % 400)), region: 'us-east' as const },
      check(`m-${index}`, atMs + index, 90 + (index % 400)),
    ]).flat()
    return judged(atMs, states as Record<string, MonitorState>, results)
  }

  it('written in a day are less than 2,000 for 50 monitors each minute from 2 regions', () =>
    withStore((reopen, storage) => {
      const store = reopen()
      // A week, so that checks are forgotten as fast as they come.
      for (let hour = 0; hour < 7 * 24; hour++) store.save(run(MIDNIGHT + hour * HOUR_MS, 50))
      const rows = watchRows(storage)
      for (let minute = 0; minute < 24 * 60; minute++) {
        store.save(run(MIDNIGHT + 7 * DAY_MS + minute * MINUTE_MS, 50))
      }
      expect(rows()).toBeGreaterThan(24 * 60)
      expect(rows()).toBeLessThan(2_000)
    }))

  it('are few with 1,000 monitors', () =>
    withStore((reopen, storage) => {
      const store = reopen()
      const rows = watchRows(storage)
      for (let minute = 0; minute <= 60; minute++) {
        store.save({ ...run(MIDNIGHT + minute * MINUTE_MS, 1_000), memory: 'x'.repeat(300_000) })
      }
      expect((rows() / 61) * 24 * 60).toBeLessThan(3_000)
    }))

  it('are forgotten when their time is over: checks after 7 days, hours after 90, days after 2 years', () =>
    withStore((reopen, storage) => {
      const store = reopen()
      const days = 800
      // Each day of the last ones, which are looked at; of those before, some are enough.
      for (let day = 0; day < days; day += day < days - 110 ? 10 : 1) {
        for (const hour of [3, 4, 5]) {
          const atMs = MIDNIGHT + day * DAY_MS + hour * HOUR_MS
          store.save(judged(atMs, { api: 'up' }, [check('api', atMs, 10)]))
        }
      }
      const oldest = (table: string, unitMs: number) => {
        const { id } = storage.sql.exec<{ id: number }>(`SELECT MIN(id) AS id FROM ${table}`).one()
        const now = MIDNIGHT + (days - 1) * DAY_MS + 5 * HOUR_MS
        return (now - (id / 1_000) * unitMs) / DAY_MS
      }
      for (const [table, unitMs, kept] of [
        ['checks', HOUR_MS, 7],
        ['hours', HOUR_MS, 90],
        ['days', DAY_MS, 730],
      ] as const) {
        expect(oldest(table, unitMs)).toBeGreaterThanOrEqual(kept)
        expect(oldest(table, unitMs)).toBeLessThan(kept + 1)
      }
      const now = MIDNIGHT + days * DAY_MS
      const shown = daysOf(store, 'api', now - 1)
      expect(shown).toHaveLength(90)
      expect(new Set(shown.map(totalMs))).toEqual(new Set([DAY_MS, DAY_MS - 1]))
    }))
})
