import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOUR_MS, SECOND_MS } from '../../src/lib/clock.ts'
import { type Attempt, FlushWorld, type Outcome } from './flush-world.ts'
import { catalog, NOON } from './harness.ts'

const HANGS: Outcome = {}
const LOST: Outcome = { answersMs: 15 }
const SPACING_MS = [5, 10, 20, 60].map((seconds) => seconds * SECOND_MS)

const startsOf = ({ attempts }: FlushWorld) => attempts.map(({ startMs }) => (startMs - NOON) / SECOND_MS)

describe('while the store hangs', () => {
  it('one attempt is under way at a time, and the next begins 5, 10, 20 and then 60 seconds later', async () => {
    const world = new FlushWorld()
    await world.run(async () => {
      world.outcomes.push(...Array.from({ length: 6 }, () => HANGS))
      for (let second = 0; second < 170; second++) {
        await world.request()
        await world.pass(SECOND_MS)
      }
      expect(startsOf(world)).toEqual([5, 10, 20, 40, 100, 160])
      expect(new Set(world.attempts.map(({ sequence }) => sequence))).toEqual(new Set([1]))
    })
  })

  it('for an hour, nothing is lost and memory is bounded', async () => {
    const world = new FlushWorld()
    await world.run(async () => {
      world.outcomes.push(...Array.from({ length: 100 }, () => HANGS))
      for (let second = 0; second < HOUR_MS / SECOND_MS; second++) {
        await world.request()
        await world.pass(SECOND_MS)
      }
      expect(world.attempts.length).toBeLessThanOrEqual(63)
      expect(world.log.lines.length).toBeLessThanOrEqual(63)
      world.outcomes.length = 0
      await world.pass(60 * SECOND_MS)
      await world.request()
      await world.pass(30 * SECOND_MS)
      expect(world.attempts.slice(-2).map(({ sequence }) => sequence)).toEqual([1, 2])
      expect(world.counted.get(catalog.requests.name)).toBe(3601)
    })
  })
})

describe('a store that restarts', () => {
  it('gets what it missed though no other request comes', async () => {
    const world = new FlushWorld()
    await world.run(async () => {
      world.outcomes.push(LOST, LOST)
      await world.request()
      await world.pass(30 * SECOND_MS)
      expect(startsOf(world).slice(0, 3)).toEqual([5, 10, 20])
      expect(world.counted.get(catalog.requests.name)).toBe(1)
      expect(world.buffer.needsFlush).toBe(false)
    })
  })

  it('is asked 5 seconds after each request again once it works', async () => {
    const world = new FlushWorld()
    await world.run(async () => {
      world.outcomes.push(LOST, LOST, LOST)
      await world.request()
      await world.pass(45 * SECOND_MS)
      world.attempts.length = 0
      await world.request()
      await world.pass(10 * SECOND_MS)
      world.outcomes.push(LOST)
      await world.request()
      await world.pass(12 * SECOND_MS)
      expect([...new Set(startsOf(world))]).toEqual([50, 50.02, 60, 65, 65.02])
    })
  })
})

describe('a clock that was put back', () => {
  it('holds no attempt up', async () => {
    const world = new FlushWorld()
    await world.run(async () => {
      world.outcomes.push(HANGS)
      await world.request()
      await world.flush()
      world.now -= HOUR_MS
      await world.flush()
      expect(world.attempts).toHaveLength(2)
    })
  })
})

const outcome = fc.constantFrom<Outcome>(
  { arrivesMs: 10, answersMs: 20, ok: true },
  { arrivesMs: 3000, answersMs: 4000, ok: true },
  LOST,
  { arrivesMs: 10, answersMs: 20 },
  HANGS,
  { arrivesMs: 10 },
  { arrivesMs: 7000, answersMs: 8000, ok: true },
  { arrivesMs: 45_000, answersMs: 45_010, ok: true },
)
const failure = outcome.filter(({ ok = false, answersMs = 0 }) => !ok || answersMs > 5000)

const step = fc.record({
  kind: fc.constantFrom('request', 'request', 'flush'),
  passMs: fc.oneof(fc.nat(500), fc.nat(8000), fc.constantFrom(5000, 30_000, 61_000)),
  cancelledAfterMs: fc.option(fc.oneof(fc.nat(50), fc.nat(12_000)), { nil: undefined, freq: 4 }),
})

/** The attempt that was under way when another began. */
const overlapping = (attempts: readonly Attempt[]) =>
  attempts.find(({ startMs }, index) => attempts.slice(0, index).some(({ endMs }) => endMs > startMs))

/** The attempt that came too early after those that failed, and how often each pause was kept. */
function tooEarly(attempts: readonly Attempt[], seen: Map<number, number>): Attempt | undefined {
  let failures = 0
  return attempts.find((attempt, index) => {
    const before = attempts[index - 1]
    if (before?.result === 'acknowledged') failures = 0
    if (before?.result === 'failed') failures++
    if (!before || before.result === 'acknowledged') return false
    const pauseMs =
      before.result === 'cancelled' ? 10 * SECOND_MS : (SPACING_MS[failures - 1] ?? SPACING_MS.at(-1)!)
    if (before.result === 'failed') seen.set(pauseMs, (seen.get(pauseMs) ?? 0) + 1)
    return attempt.startMs - before.startMs < pauseMs
  })
}

describe('whatever the store does and whichever requests are cancelled', () => {
  it('all counts once, one attempt at a time and no sooner than the schedule', {
    timeout: 120_000,
  }, async () => {
    const seen = { duplicates: 0, cancelled: 0, late: 0, skipped: 0, pauses: new Map<number, number>() }
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        fc.oneof(fc.array(outcome, { maxLength: 15 }), fc.array(failure, { minLength: 4, maxLength: 8 })),
        async (steps, outcomes) => {
          const world = new FlushWorld()
          await world.run(async () => {
            world.outcomes.push(...outcomes)
            let requests = 0
            for (const { kind, passMs, cancelledAfterMs } of steps) {
              const options = { ...(cancelledAfterMs !== undefined && { cancelledAfterMs }) }
              if (kind === 'request') {
                requests++
                await world.request(options)
              } else {
                const isBusy = (world.attempts.at(-1)?.endMs ?? 0) > world.now
                const before = world.attempts.length
                await world.flush(options)
                if (isBusy && world.attempts.length === before) seen.skipped++
              }
              await world.pass(passMs)
            }
            world.outcomes.length = 0
            // The first may find one that was cancelled, or send only what was not acknowledged.
            for (let time = 0; time < 3; time++) {
              requests++
              await world.request()
              await world.pass(65 * SECOND_MS)
            }
            const { attempts, buffer, counted } = world
            expect(overlapping(attempts)).toBeUndefined()
            expect(tooEarly(attempts, seen.pauses)).toBeUndefined()
            expect(counted.get(catalog.requests.name)).toBe(requests)
            const failed = attempts.filter(({ result }) => result === 'failed').length
            expect(counted.get(catalog.flushesFailed.name) ?? 0).toBe(failed)
            expect(buffer.needsFlush).toBe(false)
            expect(world.unsettled).toBe(0)
            seen.duplicates += world.duplicates
            seen.cancelled += attempts.filter(({ result }) => result === 'cancelled').length
            seen.late += attempts.filter(({ outcome }) => (outcome.arrivesMs ?? 0) > 5000).length
          })
        },
      ),
      { numRuns: 500 },
    )
    expect(seen.duplicates).toBeGreaterThan(100)
    expect(seen.cancelled).toBeGreaterThan(50)
    expect(seen.late).toBeGreaterThan(50)
    expect(seen.skipped).toBeGreaterThan(20)
    for (const pauseMs of SPACING_MS) expect(seen.pauses.get(pauseMs), `${pauseMs}`).toBeGreaterThan(10)
  })
})
