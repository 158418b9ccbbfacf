import { runInDurableObject } from 'cloudflare:test'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { HOUR_MS, MINUTE_MS } from '../../src/lib/clock.ts'
import type { Batch } from '../../src/metrics/batch.ts'
import { BATCH_VERSION } from '../../src/metrics/batch.ts'
import { catalog, createWorld, NOON } from './harness.ts'

afterEach(() => vi.restoreAllMocks())

const SERIES = 'esg_cache_operations_total{operation="get",status="hit"}'

function batchOf(source: string, more: Partial<Batch>): Batch {
  const { type, name, labels, bounds } = catalog.cacheOperations
  const series = [{ values: ['get', 'hit'], numbers: [1] }]
  return {
    version: BATCH_VERSION,
    source,
    sequence: 1,
    metrics: [{ type, name, labels, bounds, series }],
    minutes: [],
    ...more,
  }
}

const EMPTY: Partial<Batch> = { metrics: [] }

/** Sends a batch again and again, with pauses in between in which the store hears enough of others to forget. */
async function count(pausesMs: readonly number[], more: Partial<Batch>): Promise<number> {
  const { world, client, evict, text } = createWorld({
    staysInMemory: 'hundreds of batches come in each pause, and the object is evicted after each of them',
  })
  const batch = batchOf('retrying', more)
  let others = 0
  for (const pauseMs of pausesMs) {
    world.now += pauseMs
    // More than one snapshot's worth of entries, and enough sources to be written down.
    for (let index = 0; index < 300; index++) {
      await client().send(batchOf(`other-${others++}`, { ...EMPTY, createdAtMs: world.now }))
    }
    await client().send(batch)
    await evict()
  }
  const line = (await text()).split('\n').find((each) => each.startsWith(SERIES))
  return Number(line?.slice(SERIES.length) ?? 0)
}

describe('a batch that is sent again', { timeout: 120_000 }, () => {
  it.each([
    ['by a buffer', NOON],
    ['by what keeps it on disk', undefined],
  ])('%s counts once, however late and whatever was forgotten meanwhile', async (_, createdAtMs) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 12 * 60 }), { minLength: 1, maxLength: 4 }),
        async (minutes) => {
          const pausesMs = minutes.map((each) => each * MINUTE_MS)
          expect(await count(pausesMs, createdAtMs === undefined ? {} : { createdAtMs })).toBe(1)
        },
      ),
      { numRuns: 3, examples: [[[0, 200]], [[60, 0, 300]], [[400]]], endOnFailure: true },
    )
  })

  it('is dropped where it is so old that nobody knows, and that is logged', async () => {
    const { world, client, log, shard, text } = createWorld()
    world.now += 3 * HOUR_MS
    await client().send(batchOf('first', EMPTY))
    await runInDurableObject(shard(0), (_, { storage }) => {
      storage.sql.exec("INSERT INTO forgotten_sources (id, at, sequences) VALUES (2, ?, '{}')", NOON + 1)
    })
    await client().send(batchOf('late', { createdAtMs: NOON }))
    await client().send(batchOf('in time', { createdAtMs: NOON + 1 }))
    expect(await text()).toContain(`${SERIES} 1\n`)
    expect(log.lines).toEqual([
      { level: 'error', event: 'metrics_batch_too_old', fields: { source: 'late' } },
    ])
  })
})
