import { runInDurableObject } from 'cloudflare:test'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { DocumentWrite } from '../../src/business/documents.ts'
import { MINUTE_MS } from '../../src/lib/clock.ts'
import { err, ok } from '../../src/lib/result.ts'
import { createWorld } from './world.ts'

/** What becomes of one try to hand something over: it arrives; it is lost on the way; its acknowledgement is. */
const delivery = fc.constantFrom('arrives', 'lost', 'unacknowledged')

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      // Few ids, so that they come again; -1 is an event without one.
      ids: fc.array(fc.integer({ min: -1, max: 25 }), { minLength: 1, maxLength: 8 }),
      times: fc.integer({ min: 1, max: 2 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('alarm' as const),
      counts: fc.array(delivery, { maxLength: 3 }),
      writes: fc.array(delivery, { maxLength: 3 }),
    }),
  },
  // A disk that fails while something is being committed: the object dies with what it had in memory.
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('crash' as const), after: fc.nat(3), counts: delivery }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('evict' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('burst' as const), calls: fc.constant(130) }) },
)

describe('whatever is sent again, fails or dies in between', () => {
  it('every distinct event counts once, and its document is written in order', {
    timeout: 180_000,
  }, async () => {
    const reached = { send: 0, alarm: 0, crash: 0, evict: 0, burst: 0 }
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
        const counts: string[] = []
        const outcomes: string[] = []
        const written: DocumentWrite[] = []
        const { world, accept, alarm, alarmAt, evict, stub, sample } = createWorld({
          staysInMemory: 'evictions are steps of the story, so that both lives are tested',
          send: async (batch, deliver) => {
            const outcome = counts.shift() ?? 'arrives'
            if (outcome === 'lost') throw new Error('lost')
            await deliver(batch)
            if (outcome === 'unacknowledged') throw new Error('no acknowledgement')
          },
          database: {
            async write(writes) {
              const outcome = outcomes.shift() ?? 'arrives'
              if (outcome !== 'lost') written.push(...writes)
              return outcome === 'arrives' ? ok([]) : err({ message: 'timed out', retryable: true })
            },
            aggregate: async () => ok([]),
          },
        })
        const known = new Set<number>()
        const order: string[] = []
        let expected = 0
        let made = 0
        const send = async (ids: readonly number[]) => {
          const events = ids.map((id) => ({
            type: 'analysis_completed',
            framework: 'CSRD',
            metrics_extracted: 1,
            user_id: `${id}-${++made}`,
            ...(id >= 0 && { id: `id-${id}` }),
          }))
          const fresh = events.filter(
            (_, at) => ids[at]! < 0 || (!known.has(ids[at]!) && known.add(ids[at]!)),
          )
          expected += fresh.length
          order.push(...fresh.map((event) => event.user_id))
          expect(await accept(...events)).toMatchObject({ outcome: 'taken', accepted: fresh.length })
        }

        for (const each of steps) {
          reached[each.kind] += 1
          if (each.kind === 'send') {
            for (let time = 0; time < each.times; time++) await send(each.ids)
          } else if (each.kind === 'burst') {
            for (let call = 0; call < each.calls; call++) await send([-1])
          } else if (each.kind === 'evict') {
            await evict()
          } else {
            world.now += 10 * MINUTE_MS
            if (each.kind === 'alarm') {
              counts.push(...each.counts)
              outcomes.push(...each.writes)
              await alarm()
            } else {
              counts.push(each.counts)
              await runInDurableObject(stub, (_, state) => {
                let left = each.after
                const commit = state.storage.transactionSync.bind(state.storage)
                vi.spyOn(state.storage, 'transactionSync').mockImplementation((work) =>
                  commit(() => {
                    const result = work()
                    if (left-- <= 0) throw new Error('the disk failed')
                    return result
                  }),
                )
              })
              await alarm()
              await evict()
            }
            counts.length = 0
            outcomes.length = 0
          }
        }

        world.now += 10 * MINUTE_MS
        for (let round = 0; round < 5 && (await alarmAt()) !== null; round++) {
          await alarm()
          world.now += 10 * MINUTE_MS
        }
        expect(await alarmAt()).toBeNull()
        if (expected === 0) return
        expect(await sample('esg_metrics_extracted_count_count')).toBe(expected)
        expect(await sample('edgewatch_events_total{type="analysis_completed",outcome="accepted"}')).toBe(
          expected,
        )
        const users = written.map(({ setOnInsert }) => String(setOnInsert?.user_id))
        // Written again, a document comes under the same _id: the first time is what counts, and is in order.
        expect([...new Set(users)]).toEqual(order)
        expect(new Set(written.map(({ match }) => match._id)).size).toBe(expected)
      }),
      { numRuns: 20 },
    )
    expect(Math.min(reached.crash, reached.evict)).toBeGreaterThan(5)
    expect(reached.burst).toBeGreaterThan(1)
  })
})
