import { describe, expect, it } from 'vitest'
import { catalog, createWorld } from './harness.ts'

describe('the store', () => {
  it('counts what buffers hand over', async () => {
    const { buffer, client, text, world } = createWorld()
    const first = buffer()
    first.recordRequest({
      method: 'GET',
      route: '/items/:id',
      status: 200,
      durationMs: 30,
      failed: false,
      slow: false,
      atMs: world.now,
    })
    first.increment(catalog.cacheOperations, { operation: 'get', status: 'hit' }, 2)
    await first.flush()
    expect(await text()).toContain('esg_api_requests_total{method="GET",route="/items/:id",status="200"} 1\n')
    const { series } = await client().read({
      windows: [],
      series: [{ metric: 'esg_cache_operations_total', labels: { status: 'hit' } }],
    })
    expect(series).toEqual([{ type: 'counter', value: 2 }])
  })
})
