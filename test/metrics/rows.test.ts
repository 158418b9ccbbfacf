import { runInDurableObject } from 'cloudflare:test'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { MINUTE_MS } from '../../src/lib/clock.ts'
import { BATCH_VERSION } from '../../src/metrics/batch.ts'
import type { WindowDelta } from '../../src/metrics/windows.ts'
import { largestRow, ROW_LIMIT_BYTES } from '../largest-row.ts'
import { catalog, createWorld, NOON, request } from './harness.ts'

afterEach(() => vi.restoreAllMocks())

describe('rows of the metrics store', { timeout: 60_000 }, () => {
  it('stay small with as many series, routes and sources as there may be', async () => {
    const { shard, client, buffer, text, evict } = createWorld({
      maxSeries: 10_000,
      staysInMemory: 'each of 150 batches would read the largest snapshot anew; it is evicted at the end',
    })
    const { type, name, labels, bounds } = catalog.requestDuration
    const numbers = bounds.map(() => 1_234_567).concat(0.123456789012345, 3)
    const long = (index: number) => `${index}`.padEnd(200, '\u{1}')
    const minute = Math.floor(NOON / MINUTE_MS)
    const window: WindowDelta = {
      bounds,
      routes: Array.from({ length: 1_000 }, (_, index) => ({ route: long(index), numbers: [1, ...numbers] })),
    }
    for (let part = 0; part < 6; part++) {
      await client().send({
        version: BATCH_VERSION,
        source: `large-${part}`,
        sequence: 1,
        metrics: [
          {
            type,
            name,
            labels,
            bounds,
            series: Array.from({ length: 1_000 }, (_, index) => ({
              values: ['GET', long(part * 1_000 + index)],
              numbers,
            })),
          },
        ],
        minutes: [{ minute: minute - part, ...window }],
      })
    }
    const one = buffer()
    for (let index = 0; index < 150; index++) {
      one.recordRequest(request(long(index)))
      await one.flush()
    }
    await runInDurableObject(shard(0), (_, { storage }) => {
      expect(largestRow(storage).bytes).toBeGreaterThan(500_000)
      expect(largestRow(storage).bytes).toBeLessThan(ROW_LIMIT_BYTES)
      expect(storage.sql.exec('SELECT chunk FROM snapshot').toArray().length).toBeGreaterThan(5)
    })
    const before = await text()
    await evict()
    expect((await text()) === before).toBe(true)
  })
})
