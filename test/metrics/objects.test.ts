import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, expect, it, vi } from 'vitest'
import { MetricsStore } from '../../src/index.ts'
import { MetricsBuffer } from '../../src/metrics/buffer.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

it('an object undertakes to try a hand-over again that failed', async () => {
  const sequences: number[] = []
  vi.spyOn(MetricsStore.prototype, 'ingest').mockImplementation(async ({ sequence }) => {
    sequences.push(sequence)
    throw new Error('the store restarts')
  })
  const undertaken: boolean[] = []
  vi.spyOn(MetricsBuffer.prototype, 'flushLater').mockImplementation(function (this: MetricsBuffer) {
    undertaken.push(this.needsFlush)
  })
  const stub = env.ALERT_LEDGER.get(env.ALERT_LEDGER.newUniqueId())
  await runInDurableObject(stub, (ledger) => ledger.tick(Date.now()))
  expect(sequences).toEqual([1])
  expect(undertaken).toEqual([true])
})
