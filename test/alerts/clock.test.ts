import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MONITORS_MISSED, SCHEDULER_MISSED } from '../../src/alerts/watchdog.ts'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/lib/clock.ts'
import { err } from '../../src/lib/result.ts'
import { ACCEPTED, DOWN, inWorld, MONGODB_DOWN, monitor, START_MS, UP, type World } from './world.ts'

/** A ledger whose clock is `skewMs` ahead of the real time. Its alarms go by the same clock. */
class Skewed {
  skewMs = 0
  readonly #world: World
  #failures = 0

  constructor(world: World) {
    this.#world = world
    world.clock = () => world.now + this.skewMs
    world.rules = [MONGODB_DOWN]
    world.mongodb = UP
    world.monitors = [monitor('api')]
    world.restart()
  }

  /** A minute of real time, in which everything that is due happens: alarms, a judgement and a run. */
  async minute(): Promise<void> {
    const world = this.#world
    await this.alarmsUntil(world.now + MINUTE_MS)
    await world.ledger.observeMonitors([{ id: 'api', seen: 'up', state: 'up', regions: [] }], world.clock())
    await world.tick()
    await this.alarmsUntil(world.now)
  }

  /** Until some real time, alarms come when they are due. */
  async alarmsUntil(endMs: number): Promise<void> {
    const world = this.#world
    for (let alarms = 0; ; alarms++) {
      if (alarms > 200) throw new Error('the alarm never rests')
      const dueMs = await world.state.storage.getAlarm()
      if (dueMs === null || dueMs - this.skewMs > endMs) break
      world.now = Math.max(world.now, dueMs - this.skewMs)
      await world.alarm({ scheduledTime: dueMs, isRetry: false, retryCount: 0 } as AlarmInvocationInfo)
    }
    world.now = endMs
  }

  /** Makes every delivery fail, so many times. */
  failNext(times: number): void {
    this.#failures = times
    for (const receiver of this.#world.receivers) {
      receiver.answer = () =>
        this.#failures-- > 0 ? err({ message: 'answered 503', retryable: true }) : ACCEPTED
    }
  }
}

describe('a run whose clock was 45 minutes ahead', () => {
  it('withholds no page and raises no alarm of its own', () =>
    inWorld(async (world) => {
      const skewed = new Skewed(world)
      await skewed.minute()
      skewed.skewMs = 45 * MINUTE_MS
      await skewed.minute()
      skewed.skewMs = 0
      world.mongodb = DOWN
      await skewed.minute()
      expect(world.receiver('pager').told).toEqual(['firing mongodb-down'])
      expect(world.receiver('pager').accepted[0]!.createdAtMs! - world.now).toBeLessThan(SECOND_MS)
      world.mongodb = UP
      for (let minute = 0; minute < 60; minute++) await skewed.minute()
      expect(world.receiver('pager').told).toEqual(['firing mongodb-down', 'resolved mongodb-down'])
    }))

  it('sends its own page, and that of an incident that it began is resolved after it began', () =>
    inWorld(async (world) => {
      const skewed = new Skewed(world)
      await skewed.minute()
      skewed.skewMs = 45 * MINUTE_MS
      world.mongodb = DOWN
      skewed.failNext(1) // what is put off by this clock is put off by 45 minutes too many
      await skewed.minute()
      skewed.skewMs = 0
      await skewed.minute()
      expect(world.receiver('pager').told).toEqual(['firing mongodb-down'])
      world.mongodb = UP
      await skewed.minute()
      const [firing, resolved] = world.receiver('pager').accepted
      expect(resolved).toMatchObject({ kind: 'resolved', dedupKey: firing?.dedupKey })
      expect(resolved!.resolvedAtMs).toBeGreaterThanOrEqual(resolved!.startedAtMs)
      expect(resolved!.resolvedAtMs).toBe(START_MS + 4 * MINUTE_MS)
    }))

  it('puts no reminder off', () =>
    inWorld(async (world) => {
      const skewed = new Skewed(world)
      skewed.skewMs = 45 * MINUTE_MS
      world.mongodb = DOWN
      await skewed.minute()
      skewed.skewMs = 0
      for (let minute = 0; minute < 4 * 60 + 2; minute++) await skewed.minute()
      expect(world.receiver('pager').told).toEqual(['firing mongodb-down', 'reminder mongodb-down'])
    }))

  it('holds back no monitor whose dependency was up again by that clock', () =>
    inWorld(async (world) => {
      const skewed = new Skewed(world)
      world.monitors = [monitor('api'), monitor('shop', { dependsOn: ['api'] })]
      world.restart()
      const judge = (apiSeen: 'up' | 'down') => {
        const last = { atMs: world.now, outcome: 'failed' } as const
        return world.ledger.observeMonitors(
          [
            { id: 'api', seen: apiSeen, state: apiSeen, regions: [] },
            {
              id: 'shop',
              seen: 'down',
              state: 'down',
              regions: [{ region: 'asia', state: 'down', last }],
              ...(apiSeen === 'down' && { blockedBy: 'api' }),
            },
          ],
          world.clock(),
        )
      }
      await judge('down')
      skewed.skewMs = 45 * MINUTE_MS
      world.now += MINUTE_MS
      await judge('up')
      skewed.skewMs = 0
      for (let minute = 0; minute < 2; minute++) {
        world.now += MINUTE_MS
        await judge('up')
      }
      await skewed.alarmsUntil(world.now)
      expect(world.receiver('pager').told).toContain('firing monitor-shop')
    }))

  it('hides neither a scheduler nor monitors that are missed', () =>
    inWorld(async (world) => {
      const skewed = new Skewed(world)
      await skewed.minute()
      skewed.skewMs = 45 * MINUTE_MS
      await skewed.minute()
      skewed.skewMs = 0
      await skewed.minute()
      world.restart()
      for (let minute = 0; minute < 6; minute++) {
        await skewed.alarmsUntil(world.now + MINUTE_MS)
        await world.tick()
      }
      await skewed.alarmsUntil(world.now)
      expect(world.receiver('pager').told).toEqual([`firing ${MONITORS_MISSED}`])
      await skewed.alarmsUntil(world.now + 10 * MINUTE_MS)
      expect(world.receiver('pager').told).toContain(`firing ${SCHEDULER_MISSED}`)
    }))
})

type Step =
  | { do: 'minute' }
  | { do: 'toggle' }
  | { do: 'clock'; skewMs: number }
  | { do: 'evict' }
  | { do: 'fail'; times: number }

const step = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Step>({ do: 'minute' }) },
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'toggle' }) },
  {
    weight: 3,
    arbitrary: fc
      // A jump of about the three minutes after which the cron is missed looks like a cron that is missed.
      .constantFrom(0, 0, 0, 30 * SECOND_MS, 45 * MINUTE_MS, 5 * HOUR_MS, -30 * MINUTE_MS, -SECOND_MS)
      .map((skewMs): Step => ({ do: 'clock', skewMs })),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'evict' }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 2 }).map((times): Step => ({ do: 'fail', times })),
  },
)

describe('whatever the clocks do', () => {
  it('each incident is sent and resolved once, without a wait, under a key of its own', {
    timeout: 120_000,
  }, async () => {
    let aheadThenBack = 0
    let incidentsInAll = 0
    const property = fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), (steps) =>
      inWorld(async (world) => {
        world.reminderMs = 0 // a clock five hours ahead rightly reminds
        const skewed = new Skewed(world)
        const expected: string[] = []
        for (const each of [...steps, { do: 'clock', skewMs: 0 } as const, { do: 'minute' } as const]) {
          if (each.do === 'clock') {
            if (each.skewMs < skewed.skewMs) aheadThenBack += 1
            skewed.skewMs = each.skewMs
          } else if (each.do === 'evict') world.restart()
          else if (each.do === 'fail') skewed.failNext(each.times)
          else {
            if (each.do === 'toggle') world.mongodb = world.mongodb === UP ? DOWN : UP
            const kind = world.mongodb === UP ? 'resolved' : 'firing'
            if (each.do === 'toggle') expected.push(`${kind} mongodb-down`)
            await skewed.minute()
          }
        }
        // The last minute is one of real time, in which everything that failed is tried again.
        await skewed.minute()
        const { accepted, told } = world.receiver('pager')
        expect(told.toSorted()).toEqual(expected.toSorted())
        const incidents = Map.groupBy(accepted, ({ dedupKey }) => dedupKey)
        incidentsInAll += incidents.size
        expect(incidents.size).toBe(expected.filter((each) => each === 'firing mongodb-down').length)
        for (const [first, ...rest] of incidents.values()) {
          expect(first?.kind).toBe('firing')
          for (const { kind, resolvedAtMs, startedAtMs } of rest) {
            expect(kind).toBe('resolved')
            expect(resolvedAtMs).toBeGreaterThanOrEqual(startedAtMs)
          }
        }
        expect(world.ledger.status().notifications).toEqual({ pending: 0, dead: 0 })
      }),
    )
    await fc.assert(property, { numRuns: 60 })
    expect(aheadThenBack).toBeGreaterThan(40)
    expect(incidentsInAll).toBeGreaterThan(60)
  })
})
