import { describe, expect, it } from 'vitest'
import { LEASE_MS } from '../../src/alerts/ledger.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/lib/clock.ts'
import {
  ACCEPTED,
  DOWN,
  ERROR_RATE,
  inWorld,
  MONGODB_DOWN,
  requests,
  rowsWritten,
  START_MS,
  UP,
  type World,
} from './world.ts'

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
        value: 'down: timed out',
        condition: 'mongodb_up == 0',
        labels: {},
        createdAtMs: START_MS + 120_000,
        source: { service: 'shop', environment: 'test', url: 'https://shop.example' },
      })
      expect(resolved).toEqual({
        ...firing,
        kind: 'resolved',
        value: 'up',
        resolvedAtMs: START_MS + 420_000,
        createdAtMs: START_MS + 420_000,
      })
    }))

  it('asks each source once, whatever the rules', () =>
    inWorld(async (world) => {
      world.rules = [
        ERROR_RATE,
        { ...ERROR_RATE, id: 'slow', signal: 'latency_p95_ms' },
        { ...ERROR_RATE, id: 'queue', signal: { metric: 'queue' } },
      ]
      let probes = 0
      const report = world.dependencies
      world.dependencies = () => {
        probes += 1
        return report()
      }
      await world.tick()
      expect(world.queries).toHaveLength(1)
      expect(probes).toBe(1)
      expect(world.flushes).toBe(1)
    }))

  it('writes at most two rows in a run in which nothing changes', () =>
    inWorld(async (world) => {
      const jobs = {
        ...ERROR_RATE,
        id: 'jobs',
        signal: { metric: 'jobs_total' },
        operator: '<',
        threshold: 0,
      } as const
      world.rules = [MONGODB_DOWN, ERROR_RATE, jobs]
      world.mongodb = UP
      world.requests = () => [requests(100)]
      world.series.set('jobs_total', { type: 'counter', value: 5 })
      await world.nextTick()
      await world.nextTick()
      world.now += MINUTE_MS
      expect(await rowsWritten(world, () => world.tick())).toBe(2)
    }))

  it('costs an idle day less than 3,000 rows written', () =>
    inWorld(async (world) => {
      world.rules = [MONGODB_DOWN, ERROR_RATE]
      world.mongodb = UP
      const rows = await rowsWritten(world, async () => {
        for (let minute = 0; minute < 24 * 60; minute++) await world.nextTick()
      })
      expect(rows).toBeGreaterThan(2_000) // one for each run, and the alarm's
      expect(rows).toBeLessThan(3_000)
    }))

  it('survives a new instance between any two runs', () =>
    inWorld(async (world) => {
      world.rules = [{ ...MONGODB_DOWN, for: '2m' }]
      world.mongodb = DOWN
      for (let minute = 0; minute < 4; minute++) {
        await world.nextTick()
        world.restart()
      }
      world.mongodb = UP
      await world.nextTick()
      expect(world.receiver('pager').told).toEqual(['firing mongodb-down', 'resolved mongodb-down'])
    }))
})

describe('two runs', () => {
  /** A run that waits for the dependencies until `go` is called. */
  function heldUp(world: World) {
    const gate = Promise.withResolvers<void>()
    const report = world.dependencies
    world.dependencies = () => gate.promise.then(report)
    const run = world.tick()
    world.dependencies = report
    return { run, go: () => gate.resolve() }
  }

  it('never overlap: the second is refused and counted', () =>
    inWorld(async (world) => {
      world.rules = [MONGODB_DOWN]
      world.mongodb = DOWN
      const first = heldUp(world)
      expect(await world.tick()).toEqual({ outcome: 'refused' })
      first.go()
      expect(await first.run).toEqual({ outcome: 'ok' })
      await world.runAlarms()
      expect(world.receiver('pager').told).toEqual(['firing mongodb-down'])
      expect(world.recorded.get('edgewatch_ticks_total{"outcome":"refused"}')).toBe(1)
      expect(world.recorded.get('edgewatch_ticks_total{"outcome":"ok"}')).toBe(1)
    }))

  it('do not wait for ever for one that hangs, which then commits nothing', () =>
    inWorld(async (world) => {
      world.rules = [MONGODB_DOWN]
      world.mongodb = DOWN
      const late = heldUp(world)
      world.now += LEASE_MS
      expect(await world.tick()).toEqual({ outcome: 'ok' })
      world.mongodb = UP
      late.go()
      expect(await late.run).toEqual({ outcome: 'refused' })
      expect(world.ledger.status().active).toMatchObject([{ alert: 'mongodb-down', state: 'firing' }])
    }))
})

describe('a source of signals that fails', () => {
  it('leaves its rules without data, and the others are evaluated', () =>
    inWorld(async (world) => {
      world.rules = [MONGODB_DOWN, ERROR_RATE]
      world.mongodb = UP
      world.requests = () => [requests(100, 50)]
      await world.nextTick()
      world.requests = () => Promise.reject(new Error('the shard is away'))
      world.mongodb = DOWN
      expect(await world.nextTick()).toEqual({ outcome: 'partial' })
      expect(world.receiver('pager').told).toEqual(['firing error-rate', 'firing mongodb-down'])
      expect(world.lines.filter(({ event }) => event === 'signals_unavailable')).toHaveLength(1)
      expect(world.reported).toHaveLength(1)
      expect(world.recorded.get('edgewatch_ticks_total{"outcome":"partial"}')).toBe(1)
    }))

  it('makes the run an error when no source is left', () =>
    inWorld(async (world) => {
      world.rules = [MONGODB_DOWN, ERROR_RATE]
      world.requests = () => Promise.reject(new Error('away'))
      world.dependencies = () => Promise.reject(new Error('away'))
      expect(await world.tick()).toEqual({ outcome: 'error' })
      expect(world.recorded.has('edgewatch_tick_last_success_timestamp_seconds{}')).toBe(false)
    }))

  it('does not fail the run when the metrics can not be flushed', () =>
    inWorld(async (world) => {
      world.flush = () => Promise.reject(new Error('away'))
      expect(await world.tick()).toEqual({ outcome: 'ok' })
    }))
})

describe('a cron that stops', () => {
  it('is noticed by the alarm after three minutes, and ends with the next run', () =>
    inWorld(async (world) => {
      await world.nextTick()
      await world.advance(3 * MINUTE_MS - 1)
      expect(world.receiver('pager').told).toEqual([])
      await world.advance(1)
      expect(world.receiver('pager').told).toEqual(['firing scheduler-missed'])
      expect(world.lines.filter(({ event }) => event === 'scheduler_missed')).toHaveLength(1)
      expect(world.reported).toHaveLength(1)

      await world.advance(30 * MINUTE_MS)
      expect(world.receiver('pager').told).toEqual(['firing scheduler-missed'])
      expect(world.ledger.status().scheduler.lagSeconds).toBe(32 * 60)

      await world.nextTick()
      expect(world.receiver('pager').told).toEqual(['firing scheduler-missed', 'resolved scheduler-missed'])
    }))

  it('is given time anew after the whole machine slept, and is missed if it stays away', () =>
    inWorld(async (world) => {
      await world.nextTick()
      const dueMs = await world.state.storage.getAlarm()
      world.now += 8 * 60 * MINUTE_MS
      await world.alarm({ isRetry: false, retryCount: 0, scheduledTime: dueMs ?? 0 })
      expect(world.receiver('pager').told).toEqual([])
      await world.advance(3 * MINUTE_MS)
      expect(world.receiver('pager').told).toEqual(['firing scheduler-missed'])
    }))

  it('is missed in time also when it comes to be while something is delivered', () =>
    inWorld(async (world) => {
      world.rules = [MONGODB_DOWN]
      world.mongodb = DOWN
      await world.tick()
      const pager = world.receiver('pager')
      pager.answer = () => {
        world.now += 4 * MINUTE_MS // as slow as all receivers together can be
        pager.answer = () => ACCEPTED
        return ACCEPTED
      }
      await world.alarm()
      await world.advance(MINUTE_MS)
      expect(pager.told).toEqual(['firing mongodb-down', 'firing scheduler-missed'])
    }))

  it('is not suspected while it runs', () =>
    inWorld(async (world) => {
      for (let minute = 0; minute < 60; minute++) await world.nextTick()
      expect(world.receiver('pager').messages).toEqual([])
    }))

  it('is reminded of', () =>
    inWorld(async (world) => {
      await world.nextTick()
      await world.advance(5 * HOUR_MS)
      expect(world.receiver('pager').told).toEqual(['firing scheduler-missed', 'reminder scheduler-missed'])
    }))
})

describe('a change of the configuration while an alert fires', () => {
  const firing = async (world: World) => {
    world.rules = [MONGODB_DOWN]
    world.mongodb = DOWN
    await world.nextTick()
  }

  it('that removes the rule resolves it', () =>
    inWorld(async (world) => {
      await firing(world)
      world.rules = []
      world.restart()
      await world.nextTick()
      expect(world.receiver('pager').told).toEqual(['firing mongodb-down', 'resolved mongodb-down'])
    }))

  it('that removes the dependency resolves it', () =>
    inWorld(async (world) => {
      await firing(world)
      world.mongodb = { state: 'disabled' }
      await world.nextTick()
      expect(world.receiver('pager').told).toEqual(['firing mongodb-down', 'resolved mongodb-down'])
    }))

  it('of its severity tells those who come to it, and resolves it for all', () =>
    inWorld(async (world) => {
      await firing(world)
      world.rules = [{ ...MONGODB_DOWN, severity: 'warning' }]
      world.restart()
      await world.nextTick()
      expect(world.receiver('chat').told).toEqual(['firing mongodb-down'])
      expect(world.receiver('chat').accepted[0]?.severity).toBe('warning')
      world.mongodb = UP
      await world.nextTick()
      for (const name of ['pager', 'chat']) {
        expect(world.receiver(name).told).toEqual(['firing mongodb-down', 'resolved mongodb-down'])
      }
    }))

  it('that removes its receiver leaves a dead notification with a reason', () =>
    inWorld(async (world) => {
      await firing(world)
      world.receivers = []
      world.mongodb = UP
      world.restart()
      await world.nextTick()
      expect(world.ledger.overview().outbox.dead).toMatchObject([
        { receiver: 'pager', lastError: 'the receiver is not configured any more' },
      ])
      expect(world.reported).toHaveLength(1)
    }))
})

describe('the rules', () => {
  const stateOf = (world: World) =>
    world.ledger.overview().rules.map(({ rule, state, value }) => [rule, state, ...(value ? [value] : [])])

  it('are told with what the last run saw of them, also those that it could not measure', () =>
    inWorld(async (world) => {
      world.rules = [
        MONGODB_DOWN,
        { ...MONGODB_DOWN, id: 'redis-down', signal: 'redis_up' },
        { ...MONGODB_DOWN, id: 'misspelt', signal: { metric: 'edgewatch_tiks_total' } },
        { ...MONGODB_DOWN, id: 'slow', signal: 'latency_p95_ms', operator: '>', threshold: 1_000 },
      ]
      world.mongodb = UP
      world.redis = { state: 'disabled' }
      expect(stateOf(world).map(([, state]) => state)).toEqual(Array(4).fill('no_data'))
      await world.nextTick()
      expect(stateOf(world)).toEqual([
        ['mongodb-down', 'inactive', 'up'],
        ['redis-down', 'off'],
        ['misspelt', 'no_data'],
        ['slow', 'inactive'],
      ])
      world.mongodb = DOWN
      await world.nextTick()
      expect(stateOf(world)[0]).toEqual(['mongodb-down', 'firing', expect.stringContaining('down')])
    }))
})

describe('a silence', () => {
  const silence = (world: World, forMs: number) =>
    world.silence({
      matcher: { severity: 'critical' },
      untilMs: world.now + forMs,
      reason: 'maintenance',
      by: 'ada',
    })

  it('keeps an alert quiet until it ends, then the alert is sent if it still fires', () =>
    inWorld(async (world) => {
      world.rules = [MONGODB_DOWN]
      world.mongodb = DOWN
      expect(silence(world, 3 * MINUTE_MS).matches).toEqual(['mongodb-down', 'scheduler-missed'])
      await world.nextTick()
      await world.nextTick()
      expect(world.ledger.status().active).toMatchObject([{ state: 'firing', silenced: true, told: [] }])
      expect(world.receiver('pager').told).toEqual([])
      await world.nextTick()
      expect(world.receiver('pager').told).toEqual(['firing mongodb-down'])
    }))

  it('does not keep back the end of what was sent before', () =>
    inWorld(async (world) => {
      world.rules = [MONGODB_DOWN]
      world.mongodb = DOWN
      await world.nextTick()
      silence(world, HOUR_MS)
      world.mongodb = UP
      await world.nextTick()
      expect(world.receiver('pager').told).toEqual(['firing mongodb-down', 'resolved mongodb-down'])
    }))

  it('can be ended, once', () =>
    inWorld(async (world) => {
      const made = silence(world, HOUR_MS)
      expect(world.ledger.listSilences()).toEqual([made])
      expect(world.ledger.unsilence(made.silence.id)).toBe(true)
      expect(world.ledger.unsilence(made.silence.id)).toBe(false)
      expect(world.ledger.listSilences()).toEqual([])
    }))
})

describe('while an alert fires', () => {
  it('it is sent again every four hours, until somebody acknowledges it', () =>
    inWorld(async (world) => {
      world.rules = [MONGODB_DOWN]
      world.mongodb = DOWN
      const ticksForHours = async (hours: number) => {
        for (let minute = 0; minute < hours * 60; minute++) await world.nextTick()
      }
      await ticksForHours(9)
      const told = ['firing mongodb-down', 'reminder mongodb-down', 'reminder mongodb-down']
      expect(world.receiver('pager').told).toEqual(told)

      const acknowledged = world.ledger.acknowledge('mongodb-down', { by: 'ada', note: 'on it' })
      expect(acknowledged?.acknowledged).toEqual({ atMs: world.now, by: 'ada', note: 'on it' })
      await ticksForHours(9)
      expect(world.receiver('pager').told).toEqual(told)
      world.mongodb = UP
      await world.nextTick()
      expect(world.receiver('pager').told).toEqual([...told, 'resolved mongodb-down'])
    }))

  it('only then it can be acknowledged', () =>
    inWorld(async (world) => {
      expect(world.ledger.acknowledge('mongodb-down', {})).toBeUndefined()
    }))
})

describe('what is remembered', () => {
  it('is the history of a week', () =>
    inWorld(async (world) => {
      world.rules = [MONGODB_DOWN]
      world.mongodb = DOWN
      await world.nextTick()
      world.mongodb = UP
      await world.nextTick()
      const history = () => {
        const { resolved, outbox } = world.ledger.overview()
        return {
          resolved: resolved.length,
          delivered: outbox.delivered.map(({ notification }) => notification.kind),
        }
      }
      expect(history()).toEqual({ resolved: 1, delivered: ['resolved', 'firing'] })
      world.now += 6 * DAY_MS
      await world.tick()
      expect(history()).toEqual({ resolved: 1, delivered: ['resolved', 'firing'] })
      world.now += DAY_MS + HOUR_MS
      await world.tick()
      expect(history()).toEqual({ resolved: 0, delivered: [] })
    }))

  it('is told of each run: who is up, what fires, how late it was', () =>
    inWorld(async (world) => {
      world.rules = [MONGODB_DOWN, ERROR_RATE]
      world.mongodb = DOWN
      world.redis = UP
      world.requests = () => [requests(100, 10)]
      await world.tick(world.now - 2_000)
      const recorded = Object.fromEntries(world.recorded)
      expect(recorded).toEqual({
        'edgewatch_ticks_total{"outcome":"ok"}': 1,
        'edgewatch_tick_duration_seconds{}': 0,
        'edgewatch_tick_last_success_timestamp_seconds{}': START_MS / 1000,
        'edgewatch_alerts_firing{"severity":"critical"}': 2,
        'edgewatch_alerts_firing{"severity":"warning"}': 0,
        'edgewatch_alerts_firing{"severity":"info"}': 0,
        'shop_dependency_up{"dependency":"mongodb"}': 0,
        'shop_dependency_up{"dependency":"redis"}': 1,
        'shop_dependency_latency_seconds{"dependency":"redis"}': 0.004,
        'edgewatch_notifications_pending{}': 2,
      })
      expect(world.ledger.status()).toMatchObject({
        notifications: { pending: 2, dead: 0 },
        scheduler: { lastRunAtMs: START_MS, lastOutcome: 'ok', lagSeconds: 2 },
      })
    }))
})
