import { describe, expect, it } from 'vitest'
import type { DocumentWrite } from '../../src/business/documents.ts'
import type { BusinessDatabase } from '../../src/business/ports.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/lib/clock.ts'
import { err, ok } from '../../src/lib/result.ts'
import { createWorld } from './world.ts'

const analysis = (more: object = {}) => ({
  type: 'analysis_completed',
  framework: 'CSRD',
  user_tier: 'growth',
  metrics_extracted: 12,
  coverage_percentage: 60,
  user_id: 'ada',
  ...more,
})
const signup = (id?: string) => ({ type: 'increment', metric: 'signups_total', ...(id && { id }) })

/** A database that can be away, and what was written to it. */
function database() {
  const writes: DocumentWrite[] = []
  const it = {
    isAway: false,
    writes,
    calls: 0,
    maxTimesMs: [] as number[],
    async write(documents: readonly DocumentWrite[]) {
      it.calls += 1
      if (it.isAway) return err({ message: 'connection refused', retryable: true })
      writes.push(...documents)
      return ok([])
    },
    async aggregate(_: unknown, maxTimeMS: number) {
      it.maxTimesMs.push(maxTimeMS)
      if (it.isAway) return err({ message: 'connection refused', retryable: true })
      return ok([[], [{ tier: 'growth', customers: 2 }], []])
    },
  }
  return it satisfies BusinessDatabase
}

describe('an event', () => {
  it('raises its metrics', async () => {
    const { accept, alarm, sample } = createWorld()
    expect(
      await accept(
        analysis(),
        analysis({ framework: 'GRI', user_tier: 'free', metrics_extracted: 500 }),
        analysis({ metrics_extracted: undefined }),
        { type: 'cache_operation', operation: 'get', status: 'hit' },
        { type: 'increment', metric: 'esg_signups_total', by: 2.5 },
        { type: 'set', metric: 'load', labels: { host: 'b' }, value: -3 },
        { type: 'observe', metric: 'metrics_extracted_count', value: 0 },
      ),
    ).toEqual({ outcome: 'taken', accepted: 7, duplicates: [] })
    await alarm()
    expect(await sample('esg_analysis_by_framework_total{framework="CSRD",user_tier="growth"}')).toBe(2)
    expect(await sample('esg_analysis_by_framework_total{framework="GRI",user_tier="free"}')).toBe(1)
    expect(await sample('esg_metrics_extracted_count_bucket{le="0.0"}')).toBe(1)
    expect(await sample('esg_metrics_extracted_count_bucket{le="20.0"}')).toBe(2)
    expect(await sample('esg_metrics_extracted_count_count')).toBe(3)
    expect(await sample('esg_metrics_extracted_count_sum')).toBe(512)
    expect(await sample('esg_cache_operations_total{operation="get",status="hit"}')).toBe(1)
    expect(await sample('esg_signups_total')).toBe(2.5)
    expect(await sample('esg_load{host="b"}')).toBe(-3)
    expect(await sample('edgewatch_events_total{type="analysis_completed",outcome="accepted"}')).toBe(3)
  })

  it('counts once with an id, within a call, across calls and restarts', async () => {
    const { accept, alarm, evict, sample } = createWorld()
    expect(await accept(signup('a'), signup('a'), signup('b'))).toMatchObject({
      accepted: 2,
      duplicates: [1],
    })
    await evict()
    expect(await accept(signup('b'))).toMatchObject({ accepted: 0, duplicates: [0] })
    await alarm()
    await evict()
    expect(await accept(signup('a'), signup('c'), signup())).toMatchObject({ accepted: 2, duplicates: [0] })
    await alarm()
    expect(await sample('esg_signups_total')).toBe(4)
  })

  it('is known for a day, also after more calls than lie loose', { timeout: 60_000 }, async () => {
    const { world, accept, alarm, evict, sample } = createWorld()
    world.staysInMemory = 'hundreds of evictions would take too long'
    for (let call = 0; call < 300; call++) await accept(signup(`id-${call}`))
    world.staysInMemory = undefined
    await alarm()
    await evict()
    world.now += 23 * HOUR_MS
    expect(await accept(signup('id-0'), signup('id-150'), signup('id-299'))).toMatchObject({ accepted: 0 })
    expect(await sample('esg_signups_total')).toBe(300)
    world.now += 2 * HOUR_MS
    await accept(signup('new'))
    expect(await accept(signup('id-0'))).toMatchObject({ accepted: 1 })
  })
})

describe('the hand-over to the metrics store', () => {
  it('counts once where the acknowledgement is lost and the object starts anew', async () => {
    const { world, accept, alarm, evict, sample } = createWorld()
    world.send = async (batch, deliver) => {
      await deliver(batch)
      throw new Error('no acknowledgement')
    }
    await accept(signup('a'))
    await alarm()
    expect(await sample('esg_signups_total')).toBe(1)
    await accept(signup('b')) // after what was sent
    await evict()
    world.send = (batch, deliver) => deliver(batch)
    await alarm()
    expect(await sample('esg_signups_total')).toBe(2)
  })

  it('is tried again, less and less often', async () => {
    const { world, accept, alarm, alarmAt, sample } = createWorld()
    world.send = async () => {
      throw new Error('the store is away')
    }
    await accept(signup())
    const pauses: number[] = []
    for (let round = 0; round < 40; round++) {
      await alarm()
      const at = (await alarmAt())!
      pauses.push(at - world.now)
      world.now = at
    }
    expect(pauses[0]).toBe(5 * SECOND_MS)
    expect(pauses.at(-1)).toBe(5 * MINUTE_MS)
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b))
    world.send = (batch, deliver) => deliver(batch)
    await alarm()
    expect(await sample('esg_signups_total')).toBe(1)
    expect(await alarmAt()).toBeNull()
  })
})

describe('documents', () => {
  it('are written in order once the database is back, and metrics do not wait for it', async () => {
    const db = database()
    const { world, accept, alarm, evict, sample } = createWorld({ database: db })
    db.isAway = true
    const at = new Date(world.now - HOUR_MS).toISOString()
    await accept({ type: 'subscription_changed', user_id: 'ada', tier: 'starter' })
    await alarm()
    await accept({ type: 'subscription_changed', user_id: 'ada', tier: 'growth' }, signup())
    await accept(
      { type: 'user_activity', id: 'x', at, user_id: 'ada', action: 'login' },
      analysis({ id: 'y' }),
    )
    world.now += MINUTE_MS
    await alarm()
    expect(await sample('esg_signups_total')).toBe(1)
    expect(await sample('edgewatch_events_backlog')).toBe(5)
    await evict()

    db.isAway = false
    world.now += 10 * MINUTE_MS
    await alarm()
    const accepted = { $date: new Date(world.now - 11 * MINUTE_MS).toISOString() }
    expect(db.writes).toEqual([
      { collection: 'users', match: { _id: 'ada' }, set: { tier: 'starter' } },
      { collection: 'users', match: { _id: 'ada' }, set: { tier: 'growth' } },
      {
        collection: 'user_activity',
        match: { _id: 'x' },
        setOnInsert: { user_id: 'ada', action: 'login', created_at: { $date: at } },
      },
      {
        collection: 'framework_compliance',
        match: { _id: 'y' },
        setOnInsert: { framework: 'CSRD', user_id: 'ada', coverage_percentage: 60, created_at: accepted },
      },
    ])
    expect(await sample('edgewatch_events_backlog')).toBe(0)
    expect(await sample('edgewatch_events_total{type="subscription_changed",outcome="accepted"}')).toBe(2)
  })

  it('keep their ids when they are written again', async () => {
    const db = database()
    const { world, accept, alarm, evict } = createWorld({ database: db })
    const isDone = db.write
    db.write = async (writes) => {
      await isDone(writes)
      return err({ message: 'timed out', retryable: true })
    }
    await accept({ type: 'user_activity', user_id: 'ada' })
    await alarm()
    db.write = isDone
    await evict()
    world.now += MINUTE_MS
    await alarm()
    expect(db.writes).toHaveLength(2)
    expect(db.writes[1]).toEqual(db.writes[0])
  })

  it('that the database refuses for good are told of, and let the others pass', async () => {
    const db = database()
    const { log, accept, alarm, sample } = createWorld({ database: db })
    db.write = async () => ok([{ index: 1, reason: 'the validator refuses it' }] as never)
    await accept({ type: 'user_activity', user_id: 'ada' }, analysis())
    await alarm()
    expect(log.lines).toContainEqual({
      level: 'error',
      event: 'event_refused',
      fields: { collection: 'framework_compliance', reason: 'the validator refuses it' },
    })
    expect(await sample('edgewatch_events_refused_total')).toBe(1)
    expect(await sample('edgewatch_events_backlog')).toBe(0)
  })
})

describe('a full queue', () => {
  it('takes nothing of a call that it has no room for, and goes on when there is room', async () => {
    const db = database()
    const { world, accept, alarm, sample } = createWorld({ database: db, maxBacklog: 3 })
    db.isAway = true
    expect(await accept(analysis({ id: 'a' }), analysis({ id: 'b' }))).toMatchObject({ accepted: 2 })
    await alarm()
    expect(await accept(analysis({ id: 'b' }), analysis({ id: 'c' }), analysis({ id: 'd' }))).toEqual({
      outcome: 'full',
      backlog: 2,
      retryAfterSeconds: 5,
    })
    expect(await accept(analysis({ id: 'b' }), analysis({ id: 'c' }))).toMatchObject({ accepted: 1 })
    db.isAway = false
    world.now += MINUTE_MS
    await alarm()
    expect(await accept(analysis({ id: 'd' }))).toMatchObject({ accepted: 1 })
    await alarm()
    expect(db.writes.map(({ match }) => match._id)).toEqual(['a', 'b', 'c', 'd'])
    expect(await sample('esg_metrics_extracted_count_count')).toBe(4)
  })

  it('goes on at once where a clock that was ahead is right again', async () => {
    const db = database()
    const { world, accept, alarm, alarmAt } = createWorld({ database: db })
    world.now += 3 * HOUR_MS
    db.isAway = true
    await accept(analysis({ id: 'ahead' }))
    await alarm()
    world.now -= 3 * HOUR_MS
    db.isAway = false
    await accept(analysis({ id: 'right' }))
    await alarm()
    expect(db.writes.map(({ match }) => match._id)).toEqual(['ahead', 'right'])
    expect(await alarmAt()).toBeNull()
  })

  it('drains a large backlog in portions', { timeout: 60_000 }, async () => {
    const db = database()
    const { world, accept, alarm, alarmAt } = createWorld({ database: db })
    db.isAway = true
    const ids = Array.from({ length: 6_000 }, (_, number) => `id-${number}`)
    for (let start = 0; start < ids.length; start += 500) {
      await accept(...ids.slice(start, start + 500).map((id) => analysis({ id })))
    }
    await alarm()
    db.isAway = false
    world.now += HOUR_MS
    while (await alarmAt()) await alarm()
    expect(db.writes.map(({ match }) => match._id)).toEqual(ids)
    expect(db.calls).toBeLessThan(15)
  })
})

describe('the report', () => {
  it('is asked for once and shared for half a minute', async () => {
    const db = database()
    const { world, queue, evict, sample } = createWorld({ database: db })
    const first = await queue.overview()
    expect(first.report).toMatchObject({
      askedAtMs: world.now,
      tiers: [{ tier: 'growth', customers: 2, mrr: 398 }],
    })
    expect(await sample('esg_subscription_revenue_usd{tier="growth"}')).toBe(398)
    expect(await sample('esg_subscription_revenue_usd{tier="starter"}')).toBe(0)
    await evict()
    world.now += 29 * SECOND_MS
    expect((await queue.refresh()).report?.askedAtMs).toBe(first.report?.askedAtMs)
    world.now += SECOND_MS
    expect((await queue.refresh()).report?.askedAtMs).toBe(world.now)
    expect(db.maxTimesMs).toEqual([8_000, 8_000])
  })

  it('is asked for anew where a clock that was ahead is right again', async () => {
    const { world, queue } = createWorld({ database: database() })
    world.now += 3 * HOUR_MS
    await queue.refresh()
    world.now -= 3 * HOUR_MS
    expect((await queue.refresh()).report?.askedAtMs).toBe(world.now)
  })

  it('is asked for while events gather, and the backlog is told as it is after', async () => {
    const { accept, alarm, queue, sample } = createWorld({ database: database() })
    await accept(signup(), signup())
    await queue.refresh()
    expect(await sample('edgewatch_events_backlog')).toBe(2)
    await alarm()
    expect(await sample('edgewatch_events_backlog')).toBe(0)
  })

  it('stays, with the reason, while the database is away', async () => {
    const db = database()
    const { world, queue, evict } = createWorld({ database: db })
    const askedAtMs = (await queue.overview()).report?.askedAtMs
    db.isAway = true
    world.now += 2 * HOUR_MS
    expect(await queue.overview()).toMatchObject({ report: { askedAtMs }, problem: 'connection refused' })
    await evict()
    expect(await queue.refresh()).toMatchObject({ report: { askedAtMs }, problem: 'connection refused' })
    db.isAway = false
    world.now += 10 * SECOND_MS
    expect(await queue.refresh()).not.toHaveProperty('problem')
  })

  it('keeps the revenue of each day as it was last asked then, for 90 days', async () => {
    const { world, queue, evict } = createWorld({ database: database() })
    const dateOf = (atMs: number) => new Date(atMs).toISOString().slice(0, 10)
    const first = dateOf(world.now)
    for (let asked = 0; asked < 3; asked++) {
      await queue.refresh()
      await evict()
      world.now += MINUTE_MS
    }
    expect((await queue.refresh()).report?.revenue).toEqual([{ date: first, mrr: 398 }])
    for (let day = 0; day < 95; day++) {
      world.now += DAY_MS
      await queue.refresh()
    }
    const revenue = (await queue.overview()).report?.revenue ?? []
    expect(revenue).toHaveLength(90)
    expect(revenue.map(({ date }) => date)).toEqual(
      Array.from({ length: 90 }, (_, index) => dateOf(world.now - (89 - index) * DAY_MS)),
    )
  })

  it('is none before the first answer', async () => {
    const db = database()
    db.isAway = true
    const { queue } = createWorld({ database: db })
    expect(await queue.overview()).toEqual({ problem: 'connection refused', backlog: 0, maxBacklog: 50_000 })
  })
})

describe('rows written', () => {
  const calls =
    (count: number, events: number, accept: (...events: object[]) => Promise<unknown>) => async () => {
      for (let call = 0; call < count; call++) {
        const ids = Array.from({ length: events }, (_, number) => `${call}-${number}`)
        await accept(...ids.map((id) => analysis({ id })))
      }
    }

  it('are one for a call and four to hand it on, however many events it has', async () => {
    const { accept, alarm, rowsWritten } = createWorld({ database: database() })
    await accept(signup())
    await alarm()
    const rows = await rowsWritten(async () => {
      await calls(1, 500, accept)()
      await alarm()
    })
    expect(rows).toBe(5) // the entry, the alarm, what is being counted, what was, and what was written
  })

  it('are little more than one for each of many small calls', { timeout: 60_000 }, async () => {
    const { accept, alarm, rowsWritten } = createWorld({ database: database() })
    await accept(signup())
    await alarm()
    const rows = await rowsWritten(async () => {
      await calls(256, 1, accept)()
      await alarm()
    })
    expect(rows).toBeLessThan(256 * 1.1)
  })
})
