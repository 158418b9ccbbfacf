import { afterEach, describe, expect, it, vi } from 'vitest'
import { DELIVERY_TIMEOUT_MS } from '../../src/alerts/delivery.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/lib/clock.ts'
import { err } from '../../src/lib/result.ts'
import { ACCEPTED, DOWN, FakeReceiver, inWorld, MONGODB_DOWN, UP, type World } from './world.ts'

const unavailable = () => err({ message: 'answered 503', retryable: true })

/** Makes MongoDB go down, and the alert of it be put into the outbox. */
async function fire(world: World): Promise<void> {
  world.rules = [MONGODB_DOWN]
  world.mongodb = DOWN
  await world.tick()
}

describe('a notification that can not be delivered', () => {
  it('is tried again, ever more rarely, until it is', () =>
    inWorld(async (world) => {
      const pager = world.receiver('pager')
      pager.answer = unavailable
      await fire(world)
      const attemptsMs: number[] = []
      for (let attempt = 0; attempt < 6; attempt++) {
        await world.runAlarms()
        attemptsMs.push(world.now)
        world.now = world.ledger.overview().outbox.pending[0]!.nextAttemptAtMs
      }
      const waits = attemptsMs.slice(1).map((atMs, index) => (atMs - attemptsMs[index]!) / SECOND_MS)
      expect(waits).toEqual([2.5, 5, 10, 20, 40]) // half of what it may be: the test's jitter is 0.5
      expect(
        world.recorded.get('edgewatch_notifications_total{"receiver":"pager","outcome":"retried"}'),
      ).toBe(6)

      pager.answer = () => ACCEPTED
      await world.runAlarms()
      expect(pager.told).toEqual(['firing mongodb-down'])
      expect(
        world.recorded.get('edgewatch_notifications_total{"receiver":"pager","outcome":"delivered"}'),
      ).toBe(1)
      expect(world.recorded.get('edgewatch_notifications_pending{}')).toBe(0)
    }))

  it('is tried at once when its receiver accepts something else', () =>
    inWorld(async (world) => {
      const pager = world.receiver('pager')
      pager.answer = unavailable
      await fire(world)
      await world.advance(20 * MINUTE_MS)
      expect(world.ledger.overview().outbox.pending.length).toBeGreaterThan(0)

      pager.answer = () => ACCEPTED
      world.rules = [MONGODB_DOWN, { ...MONGODB_DOWN, id: 'redis-down', signal: 'redis_up' }]
      world.restart()
      world.redis = DOWN
      await world.tick()
      await world.runAlarms()
      expect(pager.told).toContain('firing redis-down')
      expect(pager.told).toContain('firing mongodb-down')
      expect(world.ledger.overview().outbox.pending).toEqual([])
    }))

  it('waits as long as the receiver asks, and so does all else for it', () =>
    inWorld(async (world) => {
      const pager = world.receiver('pager')
      pager.answer = () => err({ message: 'answered 429', retryable: true, retryAfterMs: 10 * MINUTE_MS })
      world.rules = [MONGODB_DOWN, { ...MONGODB_DOWN, id: 'redis-down', signal: 'redis_up' }]
      world.mongodb = DOWN
      world.redis = DOWN
      await world.tick()
      const begunMs = world.now
      await world.runAlarms()
      expect(pager.messages).toHaveLength(1)
      pager.answer = () => ACCEPTED
      await world.advance(2 * MINUTE_MS)
      expect(pager.told).toEqual([])
      world.now = begunMs + 10 * MINUTE_MS
      await world.runAlarms()
      expect(pager.told).toContain('firing mongodb-down')
      expect(pager.told).toContain('firing redis-down')
    }))

  it('is not kept waiting for ever by a receiver that asks for it', () =>
    inWorld(async (world) => {
      world.receiver('pager').answer = () =>
        err({ message: 'answered 429', retryable: true, retryAfterMs: 365 * DAY_MS })
      await fire(world)
      await world.runAlarms()
      expect(world.ledger.overview().outbox.pending[0]?.nextAttemptAtMs).toBe(world.now + HOUR_MS)
    }))

  it('is dead after 24 hours: visible, counted, logged, reported', () =>
    inWorld(async (world) => {
      world.receiver('pager').answer = unavailable
      await fire(world)
      const dead = () =>
        world.ledger
          .overview()
          .outbox.dead.filter(({ notification }) => notification.alert === 'mongodb-down')
      await world.advance(DAY_MS - 1)
      expect(dead()).toEqual([])
      await world.advance(1)
      expect(dead()).toMatchObject([
        { receiver: 'pager', state: 'dead', lastError: 'given up: answered 503', settledAtMs: world.now },
      ])
      expect(world.recorded.get('edgewatch_notifications_total{"receiver":"pager","outcome":"dead"}')).toBe(1)
      const buried = world.lines.filter(({ event }) => event === 'notification_dead')
      expect(buried).toMatchObject([{ level: 'error', fields: { alert: 'mongodb-down', receiver: 'pager' } }])
      expect(world.reported.map(String)).toContain(
        'Error: A notification for pager is dead: given up: answered 503',
      )
    }))

  it('is dead at once when it is refused for good, and the end of the incident is told all the same', () =>
    inWorld(async (world) => {
      const pager = world.receiver('pager')
      pager.answer = () => err({ message: 'answered 400', retryable: false })
      await fire(world)
      await world.runAlarms()
      expect(world.ledger.status().notifications).toEqual({ pending: 0, dead: 1 })
      await world.advance(2 * MINUTE_MS)
      expect(pager.messages).toHaveLength(1)

      pager.answer = () => ACCEPTED
      world.mongodb = UP
      await world.nextTick()
      expect(pager.told).toContain('resolved mongodb-down')
    }))

  it('is tried again when the receiver throws, which it must not', () =>
    inWorld(async (world) => {
      const pager = world.receiver('pager')
      pager.answer = () => {
        throw new Error('a bug')
      }
      await fire(world)
      await world.runAlarms()
      pager.answer = () => ACCEPTED
      await world.advance(MINUTE_MS)
      expect(pager.told).toEqual(['firing mongodb-down'])
      expect(world.reported).toHaveLength(1)
      expect(world.lines).toContainEqual({
        level: 'error',
        event: 'receiver_threw',
        fields: { receiver: 'pager', error: expect.objectContaining({ message: 'a bug' }) },
      })
    }))
})

describe('the order', () => {
  it('of one incident holds: its end waits for its beginning', () =>
    inWorld(async (world) => {
      const pager = world.receiver('pager')
      pager.answer = ([first]) => (first?.kind === 'firing' ? unavailable() : ACCEPTED)
      await fire(world)
      world.mongodb = UP
      await world.nextTick()
      await world.advance(MINUTE_MS)
      expect(pager.told).toEqual([])
      pager.answer = () => ACCEPTED
      await world.advance(10 * MINUTE_MS)
      expect(pager.told.filter((text) => text.includes('mongodb'))).toEqual([
        'firing mongodb-down',
        'resolved mongodb-down',
      ])
    }))

  it('of different incidents does not matter: one that fails holds no other back', () =>
    inWorld(async (world) => {
      const pager = world.receiver('pager')
      pager.answer = ([first]) => (first?.alert === 'mongodb-down' ? unavailable() : ACCEPTED)
      world.rules = [MONGODB_DOWN, { ...MONGODB_DOWN, id: 'redis-down', signal: 'redis_up' }]
      world.mongodb = DOWN
      world.redis = DOWN
      await world.tick()
      await world.runAlarms()
      expect(pager.told).toEqual(['firing redis-down'])
    }))
})

describe('what one run tells a receiver', () => {
  const rules = ['a', 'b', 'c'].map((id) => ({ ...MONGODB_DOWN, id, severity: 'warning' }) as const)

  it('shares a message where the receiver likes that, at a retry too', () =>
    inWorld(async (world) => {
      const chat = world.receiver('chat')
      chat.answer = unavailable
      world.rules = rules
      world.mongodb = DOWN
      await world.tick()
      await world.runAlarms()
      chat.answer = () => ACCEPTED
      await world.advance(MINUTE_MS)
      expect(chat.messages.map((each) => each.map(({ alert }) => alert))).toEqual([
        ['a', 'b', 'c'],
        ['a', 'b', 'c'],
      ])
    }))

  it('is a message each where it does not', () =>
    inWorld(async (world) => {
      world.routes = { ...world.routes, warning: ['pager'] }
      world.rules = rules
      world.mongodb = DOWN
      await world.tick()
      await world.runAlarms()
      expect(world.receiver('pager').messages.map((each) => each.length)).toEqual([1, 1, 1])
    }))
})

describe('a receiver that hangs', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('does not hold the others up, and is tried again', () =>
    inWorld(async (world) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      world.routes = { ...world.routes, critical: ['pager', 'chat'] }
      const pager = world.receiver('pager')
      pager.answer = () => new Promise(() => {})
      await fire(world)
      await world.state.storage.deleteAlarm()
      const alarm = world.ledger.alarm()
      await vi.waitFor(() => expect(world.receiver('chat').told).toEqual(['firing mongodb-down']))
      await vi.advanceTimersByTimeAsync(DELIVERY_TIMEOUT_MS)
      await alarm
      expect(world.ledger.overview().outbox.pending).toMatchObject([
        { receiver: 'pager', lastError: 'timed out' },
      ])
      pager.answer = () => ACCEPTED
      await world.advance(MINUTE_MS)
      expect(pager.told).toEqual(['firing mongodb-down'])
    }))

  it('leaves room: at most five deliveries are under way at once', () =>
    inWorld(async (world) => {
      let underWay = 0
      let most = 0
      const gate = Promise.withResolvers<void>()
      const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
      world.receivers = names.map((name) => new FakeReceiver(name))
      for (const receiver of world.receivers) {
        receiver.answer = async () => {
          underWay += 1
          most = Math.max(most, underWay)
          await gate.promise
          underWay -= 1
          return ACCEPTED
        }
      }
      world.routes = { ...world.routes, critical: names }
      await fire(world)
      const alarms = world.runAlarms()
      await vi.waitFor(() => expect(underWay).toBe(5))
      gate.resolve()
      await alarms
      expect(most).toBe(5)
      expect(world.receivers.flatMap(({ told }) => told)).toHaveLength(7)
    }))
})

describe('a test of a receiver', () => {
  it('is sent at once, outside the outbox, and brings its answer', () =>
    inWorld(async (world) => {
      expect(await world.ledger.test('pager')).toEqual(ACCEPTED)
      expect(world.receiver('pager').accepted).toMatchObject([{ kind: 'test', severity: 'info' }])
      expect(world.ledger.status().notifications).toEqual({ pending: 0, dead: 0 })
    }))

  it('brings its failure too, and nothing for a receiver that there is not', () =>
    inWorld(async (world) => {
      world.receiver('pager').answer = unavailable
      expect(await world.ledger.test('pager')).toEqual(unavailable())
      expect(await world.ledger.test('nobody')).toBeUndefined()
    }))
})
