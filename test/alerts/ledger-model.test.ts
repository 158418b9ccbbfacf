import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Seen } from './reference.ts'
import type { Step } from './simulation.ts'
import { ALERTS, MONITORS, MOODS, RECEIVERS, RULES, Simulation } from './simulation.ts'

/** For each of the four parts. */
const RUNS = 150
const MINUTE = 60_000
const rule = fc.integer({ min: 0, max: RULES.length - 1 })
const alert = fc.integer({ min: 0, max: ALERTS.length - 1 })
const monitorSeen = fc.constantFrom('down', 'down', 'down', 'unknown', 'up')
const inMaintenance = fc.constantFrom(false, false, false, true)
const receiver = fc.integer({ min: 0, max: RECEIVERS.length - 1 })

const seen = fc.constantFrom<Seen>('high', 'high', 'high', 'none', 'low')

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('tick'),
      afterMs: fc.oneof(
        fc.constant(MINUTE),
        fc.integer({ min: 1, max: 2 * MINUTE }),
        fc.integer({ min: 1, max: 200_000 }),
      ),
      seen: fc.option(fc.tuple(seen, seen, seen)),
      how: fc.constantFrom(
        'whole',
        'whole',
        'whole',
        'whole',
        'whole',
        'whole',
        'overlapping',
        'overdue',
        'crash before commit',
        'crash after commit',
      ),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('judge'),
      afterMs: fc.oneof(fc.constant(MINUTE), fc.integer({ min: 1, max: 5 * MINUTE })),
      seen: fc.tuple(monitorSeen, monitorSeen),
      maintenance: fc.tuple(inMaintenance, inMaintenance),
      checked: fc.boolean(),
      duringRun: fc.constantFrom(false, false, false, true),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('toggle monitor'),
      monitor: fc.integer({ min: 0, max: MONITORS.length - 1 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('receiver'), receiver, mood: fc.constantFrom(...MOODS) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('source'),
      source: fc.constantFrom('metrics', 'dependencies'),
      mood: fc.constantFrom('works', 'works', 'fails', 'hangs'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('silence'),
      by: fc.constantFrom('alert', 'severity'),
      rule: alert,
      forMs: fc.integer({ min: MINUTE, max: 10 * MINUTE }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unsilence') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('acknowledge'), rule: alert }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('evict') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('toggle rule'), rule }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.integer({ min: 0, max: 4 * MINUTE }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('outage'),
      ms: fc.constantFrom(10 * MINUTE, 90 * MINUTE, 5 * 60 * MINUTE, 25 * 60 * MINUTE),
    }),
  },
) as fc.Arbitrary<Step>

const story = fc.record({
  steps: fc.array(step, { minLength: 5, maxLength: 30 }),
  jitter: fc
    .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 })
    // Always 0 would be a try a second for minutes, which no chance brings about and takes most of the time here.
    .map((jitter) => [...jitter, 0.9]),
})

describe('whatever happens, every incident is delivered as fired and as resolved, in order, under one key', () => {
  let simulation: Simulation
  beforeEach(() => {
    simulation = new Simulation()
    simulation.time.install()
  })
  afterEach(() => simulation.time.uninstall())

  it.each([1, 2, 3, 4])('in many stories, part %i', { timeout: 120_000 }, (part) => {
    const stub = env.ALERT_LEDGER.getByName(`model ${part}`)
    return runInDurableObject(stub, async (_instance, state) => {
      let runs = 0
      const property = fc.asyncProperty(story, async ({ steps, jitter }) => {
        runs += 1
        simulation.begin(state, jitter)
        for (const each of steps) await simulation.perform(each)
        await simulation.end()
      })
      await fc.assert(property, { numRuns: RUNS })
      expect(runs).toBe(RUNS)
      expect(simulation.acknowledgements).toBeGreaterThan(RUNS / 20)
    })
  })

  it('with the object really evicted', { timeout: 120_000 }, async () => {
    let stories = 0
    const property = fc.asyncProperty(story, async ({ steps, jitter }) => {
      stories += 1
      const stub = env.ALERT_LEDGER.getByName(`evicted ${stories}`)
      await runInDurableObject(stub, (_instance, state) => simulation.begin(state, jitter))
      for (const each of [...steps, 'end'] as const) {
        await runInDurableObject(stub, async (_instance, state) => {
          simulation.attach(state)
          await (each === 'end' ? simulation.end() : simulation.perform(each))
        })
        simulation.time.uninstall()
        if (each !== 'end' && each.do === 'evict') await evictDurableObject(stub)
        simulation.time.install()
      }
    })
    await fc.assert(property, { numRuns: 20 })
  })
})
