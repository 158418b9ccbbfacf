import { runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { MINUTE_MS } from '../../src/lib/clock.ts'
import { counter, gauge, histogram } from '../../src/metrics/model.ts'
import { catalog, createWorld, request } from './harness.ts'

const requestsOf = (route: string, value: number) =>
  `esg_api_requests_total{method="GET",route="${route}",status="200"} ${value}\n`

/** Counts the rows written from now on, until the object is evicted. */
async function watchRows(stub: DurableObjectStub): Promise<() => number> {
  let rows = 0
  await runInDurableObject(stub, (_, state) => {
    const { sql } = state.storage
    const exec = sql.exec.bind(sql)
    sql.exec = ((query: string, ...bindings: unknown[]) => {
      const cursor = exec(query, ...bindings)
      rows += cursor.rowsWritten
      return cursor
    }) as typeof sql.exec
  })
  return () => rows
}

describe('the store', { timeout: 30_000 }, () => {
  it('counts what buffers hand over', async () => {
    const { buffer, client, text } = createWorld()
    const first = buffer()
    first.recordRequest(request('/items/:id'))
    first.increment(catalog.cacheOperations, { operation: 'get', status: 'hit' }, 2)
    await first.flush()
    expect(await text()).toContain(requestsOf('/items/:id', 1))
    const { series } = await client().read({
      windows: [],
      series: [
        { metric: 'esg_cache_operations_total', labels: { status: 'hit' } },
        { metric: 'esg_api_request_duration_seconds', labels: {} },
        { metric: 'esg_cache_operations_total', labels: { status: 'miss' } },
        { metric: 'unheard_of', labels: {} },
      ],
    })
    expect(series).toEqual([
      { type: 'counter', value: 2 },
      { type: 'histogram', value: 1 },
      undefined,
      undefined,
    ])
  })

  it('counts N for N requests that are handed over concurrently', async () => {
    const { buffer, text } = createWorld()
    const buffers = Array.from({ length: 20 }, () => buffer())
    await Promise.all(
      Array.from({ length: 400 }, async (_, index) => {
        const one = buffers[index % buffers.length]!
        one.recordRequest(request('/a'))
        await one.flush()
      }),
    )
    expect(await text()).toContain(requestsOf('/a', 400))
  })

  it('counts a batch once, however often it comes', async () => {
    const { buffer, client, text, evict } = createWorld()
    const one = buffer({
      send: async (batch) => {
        await client().send(batch)
        await client().send(batch)
        await evict()
        await client().send(batch)
      },
    })
    one.recordRequest(request('/a'))
    await one.flush()
    expect(await text()).toContain(requestsOf('/a', 1))
  })

  it('has sources of the last hours in its snapshot only', async () => {
    const { world, buffer, shard, evict } = createWorld()
    world.staysInMemory = 'hundreds of evictions would take too long'
    for (let index = 0; index < 600; index++) {
      const one = buffer()
      one.recordRequest(request('/a'))
      await one.flush()
      world.now += MINUTE_MS
    }
    await evict()
    const sources = await runInDurableObject(shard(0), (_, { storage }) => {
      const row = storage.sql.exec<{ bytes: ArrayBuffer }>('SELECT bytes FROM snapshot').one()
      return JSON.parse(new TextDecoder().decode(row.bytes)).sources.length
    })
    expect(sources).toBeGreaterThan(100)
    expect(sources).toBeLessThanOrEqual(2 * 60 + 128 + 256)
  })

  it('refuses a batch of a version that it does not know, and keeps what it has', async () => {
    const { buffer, client, text, log } = createWorld()
    const future = buffer({ send: (batch) => client().send({ ...batch, version: 99 }) })
    future.recordRequest(request('/a'))
    await future.flush()
    expect(log.lines.map((line) => line.event)).toContain('metrics_flush_failed')
    expect(await text()).toBe('')
  })

  it('takes a batch with fields, labels and metrics that it does not know', async () => {
    const { buffer, client, text, log } = createWorld()
    const one = buffer({
      send: ({ metrics, ...batch }) =>
        client().send({
          ...batch,
          novelty: true,
          metrics: [
            ...metrics.map((metric) => ({
              ...metric,
              labels: [...metric.labels, 'region'],
              series: metric.series.map((each) => ({ ...each, values: [...each.values, 'eu'] })),
            })),
            {
              type: 'counter',
              name: 'from_the_future_total',
              labels: [],
              bounds: [],
              series: [{ values: [], numbers: [1] }],
            },
            {
              type: 'counter',
              name: 'edgewatch_errors_total',
              labels: ['outcome'],
              bounds: [],
              series: [
                { values: ['sent'], numbers: [-1] },
                { values: ['sent'], numbers: [Number.NaN] },
                { values: ['sent'], numbers: [] },
              ],
            },
            {
              type: 'gauge',
              name: 'edgewatch_ticks_total',
              labels: [],
              bounds: [],
              series: [{ values: [], numbers: [1, 1] }],
            },
          ],
        } as never),
    })
    one.recordRequest(request('/a'))
    await one.flush()
    const shown = await text()
    expect(shown).toContain(requestsOf('/a', 1))
    expect(shown).not.toContain('from_the_future')
    expect(shown).not.toContain('edgewatch_ticks')
    expect(shown).not.toContain('edgewatch_errors')
    const refused = log.lines
      .filter((line) => line.event === 'metric_refused')
      .map((line) => line.fields?.metric)
    expect(refused).toEqual(['edgewatch_errors_total', 'edgewatch_ticks_total'])
  })

  it('keeps metrics that are no longer declared, and shows them once they are again', async () => {
    const { world, buffer, text, evict } = createWorld()
    const one = buffer()
    one.recordRequest(request('/a'))
    await one.flush()
    const { slowRequests: _, requests: __, ...fewer } = catalog
    world.catalog = fewer as never
    await evict()
    expect(await text()).not.toContain('esg_api_requests_total')
    world.catalog = catalog
    await evict()
    expect(await text()).toContain(requestsOf('/a', 1))
  })

  it('starts a histogram anew when its bounds change, and sorts late observations into the new ones', async () => {
    const { world, log, buffer, text, evict } = createWorld()
    const sizes = (bounds: number[]) => histogram({ name: 'sizes', help: 'Sizes.', bounds })
    world.catalog = { ...catalog, sizes: sizes([1, 10]) }
    const old = buffer()
    old.observe(sizes([1, 10]), {}, 0.5)
    await old.flush()
    await evict()
    world.catalog = { ...catalog, sizes: sizes([2, 20]) }
    expect(await text()).not.toContain('sizes')
    expect(log.lines).toContainEqual(expect.objectContaining({ event: 'metric_restarted' }))
    old.observe(sizes([1, 10]), {}, 0.5)
    old.observe(sizes([1, 10]), {}, 5)
    await old.flush()
    const expected =
      'sizes_bucket{le="2.0"} 1\nsizes_bucket{le="20.0"} 2\nsizes_bucket{le="+Inf"} 2\nsizes_sum 5.5\nsizes_count 2\n'
    expect(await text()).toContain(expected)
    await evict()
    expect(await text()).toContain(expected)
  })

  it('keeps of a gauge what was set last, also when it comes late, is not finite or is held by another shard', async () => {
    const { world, buffer, text, evict } = createWorld({ shards: 2 })
    const [first, second] = [buffer({ random: 0 }), buffer({ random: 0.9 })]
    first.set(catalog.tickDuration, {}, 1)
    world.now += 1000
    second.set(catalog.tickDuration, {}, 2)
    await second.flush()
    await first.flush()
    expect(await text()).toContain('edgewatch_tick_duration_seconds 2\n')
    world.now += 1000
    first.set(catalog.tickDuration, {}, Number.POSITIVE_INFINITY)
    await first.flush()
    await evict(0)
    expect(await text()).toContain('edgewatch_tick_duration_seconds +Inf\n')
  })

  it('shows one build: the one that was set last', async () => {
    const { world, buffer, text, evict } = createWorld({ shards: 2 })
    for (const [index, version] of ['1.0', '1.1', '1.2'].entries()) {
      const one = buffer({ random: index / 3 })
      one.set(catalog.buildInfo, { version, environment: 'test', deployment: 'd' }, 1)
      await one.flush()
      await evict(index % 2)
      world.now += 1000
    }
    expect((await text()).match(/edgewatch_build_info\{.*/g)).toEqual([
      'edgewatch_build_info{version="1.2",environment="test",deployment="d"} 1',
    ])
  })
})

describe('the cap on series', { timeout: 30_000 }, () => {
  it('is over all shards, keeps the count, and never takes a series away that was shown', async () => {
    const { world, buffer, text, evict, log } = createWorld({ shards: 3, maxSeries: 4 })
    const shown: string[][] = []
    for (let round = 0; round < 12; round++) {
      const one = buffer({ random: (round % 3) / 3 })
      one.recordRequest(request(`/${round}`))
      await one.flush()
      if (round % 4 === 0) await evict(round % 3)
      const lines = (await text()).match(/esg_api_requests_total\{.*/g) ?? []
      shown.push(lines.map((line) => line.replace(/ \d+$/, '')))
      const total = lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
      expect(total).toBe(round + 1)
    }
    expect(shown.at(-1)).toHaveLength(world.maxSeries + 1)
    for (const [index, lines] of shown.slice(1).entries()) {
      expect(lines).toEqual(expect.arrayContaining(shown[index]!))
    }
    expect(await text()).toContain('edgewatch_series_dropped_total{metric="esg_api_requests_total"}')
    expect(log.lines.some((line) => line.event === 'metric_series_capped')).toBe(true)
  })
})

describe('a shard that cannot be read', () => {
  it('fails the scrape: a part of a sum would look like a counter that went down', async () => {
    const { world, buffer, namespace, text } = createWorld({ shards: 2 })
    const one = buffer()
    one.recordRequest(request('/a'))
    await one.flush()
    expect(await text()).toContain(requestsOf('/a', 1))
    const getByName = namespace.getByName
    namespace.getByName = (name) =>
      name === 'shard-1' ? ({ snapshot: () => Promise.reject(new Error('away')) } as never) : getByName(name)
    await expect(text()).rejects.toThrow('away')
    world.shards = 1
    expect(await text()).toContain(requestsOf('/a', 1))
  })
})

describe('rows written', { timeout: 30_000 }, () => {
  it('are one for each hand-over, and a few more for the snapshot after 128 of them', async () => {
    const { world, buffer, shard, text } = createWorld()
    await text()
    world.staysInMemory = 'the rows are counted within the object'
    const rows = await watchRows(shard(0))
    const cron = buffer()
    for (let minute = 0; minute < 384; minute++) {
      cron.increment(catalog.ticks, { outcome: 'ok' })
      await cron.flush()
      world.now += MINUTE_MS
    }
    expect(rows()).toBeGreaterThanOrEqual(384)
    expect(rows()).toBeLessThanOrEqual(384 + 3)
  })

  it('are none for reading', async () => {
    const { buffer, shard, text, client, world } = createWorld({ shards: 2 })
    const one = buffer({ random: 0.9 })
    one.recordRequest(request('/a'))
    await one.flush()
    await text() // the first shard takes note of the other's series
    world.staysInMemory = 'the rows are counted within the object'
    const rows = await watchRows(shard(0))
    await text()
    await client().read({ windows: [{ fromMs: 0, toMs: world.now }], series: [] })
    expect(rows()).toBe(0)
  })
})

describe('a write that fails', { timeout: 30_000 }, () => {
  it.each(['INSERT INTO journal', 'INSERT INTO minutes', 'INSERT INTO hours', 'INSERT INTO snapshot'])(
    'at %s leaves nothing half-done, and the batch comes again',
    async (statement) => {
      const { world, buffer, shard, text, client } = createWorld()
      const one = buffer()
      let failures = 0
      let recorded = 0
      await text()
      world.staysInMemory = 'its storage is made to fail'
      await runInDurableObject(shard(0), (_, state) => {
        const { sql } = state.storage
        const exec = sql.exec.bind(sql)
        sql.exec = ((query: string, ...bindings: unknown[]) => {
          if (query.includes(statement) && failures < 2 && recorded > 100) {
            failures += 1
            throw new Error('disk full')
          }
          return exec(query, ...bindings)
        }) as typeof sql.exec
      })
      for (; recorded < 160; recorded++) {
        one.recordRequest(request('/a', { atMs: world.now }))
        await one.flush()
        world.now += 1000
      }
      expect(failures).toBe(2)
      expect(await text()).toContain(requestsOf('/a', 160))
      const { windows } = await client().read({
        windows: [{ fromMs: 0, toMs: world.now + MINUTE_MS }],
        series: [],
      })
      expect(windows[0]![0]!.requests).toBe(160)
    },
  )
})

describe('large states', { timeout: 30_000 }, () => {
  it('are kept in several rows', async () => {
    const { world, buffer, text, evict } = createWorld({ maxSeries: 10_000 })
    const many = counter({ name: 'many_total', help: 'Many.', labels: ['name'] })
    const level = gauge({ name: 'level', help: 'A level.' })
    world.catalog = { ...catalog, many, level }
    const one = buffer({ maxSeries: 10_000 })
    const padding = 'é'.repeat(150)
    for (let index = 0; index < 10_000; index++) one.increment(many, { name: `${padding}${index}` })
    one.set(level, {}, Number.NaN)
    await one.flush()
    const before = await text()
    expect(before.length).toBeGreaterThan(1_500_000)
    await evict()
    expect(await text()).toBe(before)
  })
})
