import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MINUTE_MS } from '../../src/lib/clock.ts'
import type { Batch } from '../../src/metrics/batch.ts'
import { catalog, createWorld, request } from './harness.ts'

const SHARDS = 3
const BUFFERS = 4
const ROUTES = 6

/** What becomes of one try to hand a batch over: it arrives; it is lost on the way; its acknowledgement is. */
const delivery = fc.constantFrom('arrives', 'lost', 'unacknowledged')

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('record' as const),
      buffer: fc.nat(BUFFERS - 1),
      route: fc.nat(ROUTES - 1),
      status: fc.constantFrom(200, 503),
      times: fc.nat(4),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('flush' as const),
      buffers: fc.uniqueArray(fc.nat(BUFFERS - 1), { minLength: 1 }),
      deliveries: fc.array(delivery, { minLength: 6, maxLength: 6 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('evict' as const), shard: fc.nat(SHARDS - 1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), minutes: fc.nat(90) }) },
  // Enough hand-overs that a snapshot takes the place of the journal.
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('burst' as const), buffer: fc.nat(BUFFERS - 1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('scrape' as const) }) },
)

/** Sample values by series. */
function samples(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ')
      return [line.slice(0, end), Number(line.slice(end + 1))]
    }),
  )
}

function sumOf(of: Map<string, number>, prefix: string): number {
  let sum = 0
  for (const [series, value] of of) if (series.startsWith(prefix)) sum += value
  return sum
}

describe('whatever fails in between', () => {
  it('every request counts once, and no counter goes down', { timeout: 120_000 }, async () => {
    const reached = { record: 0, flush: 0, evict: 0, pass: 0, burst: 0, scrape: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 40 }),
        fc.integer({ min: 2, max: 8 }),
        async (steps, maxSeries) => {
          const { world, buffer, client, text, evict } = createWorld({
            shards: SHARDS,
            maxSeries,
            staysInMemory: 'evictions are steps of the story, so that both lives are tested',
          })
          const deliveries: string[] = []
          const buffers = Array.from({ length: BUFFERS }, (_, index) => {
            const target = client(index / BUFFERS)
            return buffer({
              maxSeries,
              send: async (batch: Batch) => {
                const outcome = deliveries.shift() ?? 'arrives'
                if (outcome === 'lost') throw new Error('lost')
                await target.send(batch)
                if (outcome === 'unacknowledged') throw new Error('no acknowledgement')
              },
            })
          })
          const expected = { requests: 0, errors: 0 }
          const record = (buffer: number, route: number, status: number) => {
            buffers[buffer]!.recordRequest(request(`/${route}`, { status, atMs: world.now }))
            expected.requests += 1
            if (status >= 500) expected.errors += 1
          }
          let last = new Map<string, number>()
          const scrape = async () => {
            const now = samples(await text())
            for (const [series, value] of last) expect(now.get(series)).toBeGreaterThanOrEqual(value)
            last = now
          }

          for (const each of steps) {
            reached[each.kind] += 1
            if (each.kind === 'record') {
              for (let time = 0; time < each.times; time++) record(each.buffer, each.route, each.status)
            } else if (each.kind === 'flush') {
              world.now += MINUTE_MS // the longest pause after attempts that failed
              deliveries.push(...each.deliveries)
              await Promise.all(each.buffers.map((index) => buffers[index]!.flush()))
              deliveries.length = 0
            } else if (each.kind === 'evict') {
              await evict(each.shard)
            } else if (each.kind === 'pass') {
              world.now += each.minutes * MINUTE_MS
            } else if (each.kind === 'burst') {
              world.now += MINUTE_MS
              for (let time = 0; time < 65; time++) {
                record(each.buffer, time % ROUTES, 200)
                await buffers[each.buffer]!.flush()
              }
            } else {
              await scrape()
            }
          }

          world.now += MINUTE_MS
          for (const one of buffers) await one.flush()
          await scrape()
          expect(sumOf(last, `${catalog.requests.name}{`)).toBe(expected.requests)
          expect(sumOf(last, `${catalog.requestDuration.name}_count{`)).toBe(expected.requests)
          const { windows } = await client().read({
            windows: [{ fromMs: 0, toMs: world.now + MINUTE_MS }],
            series: [],
          })
          const total = { requests: 0, errors: 0 }
          for (const route of windows[0]!) {
            total.requests += route.requests
            total.errors += route.errors
          }
          expect(total).toEqual(expected)
        },
      ),
      { numRuns: 30 },
    )
    expect(Math.min(reached.flush, reached.evict, reached.scrape)).toBeGreaterThan(20)
    expect(reached.burst).toBeGreaterThan(5)
  })
})
