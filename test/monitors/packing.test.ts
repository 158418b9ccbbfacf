import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOUR_MS } from '../../src/lib/clock.ts'
import type { CheckResult } from '../../src/monitors/model.ts'
import type { MonitorHour, Run } from '../../src/monitors/packing.ts'
import {
  packChecks,
  packHour,
  packRun,
  STATES,
  unpackChecks,
  unpackHour,
  unpackRun,
} from '../../src/monitors/packing.ts'

const HOUR = 500_000
const START_MS = HOUR * HOUR_MS

const id = fc.constantFrom('api', 'web', 'smtp', 'nightly-backup', 'a')
const check: fc.Arbitrary<CheckResult> = fc
  .record(
    {
      monitor: id,
      region: fc.constantFrom('us-east', 'eu-west', 'asia-southeast', 'internal'),
      atMs: fc.integer({ min: START_MS - 10 * HOUR_MS, max: START_MS + 10 * HOUR_MS }),
      outcome: fc.constantFrom('up', 'slow', 'failed', 'unknown'),
      latencyMs: fc.nat(60_000),
      reason: fc.oneof(
        fc.constantFrom('', 'expected 200, got 500'),
        fc.string({ unit: 'grapheme', maxLength: 30 }),
      ),
    },
    { requiredKeys: ['monitor', 'region', 'atMs', 'outcome'] },
  )
  .map((each) => each as CheckResult)
const checks = fc.array(check, { maxLength: 60 })

/** As it comes back from a row. */
const stored = <T>(value: T): T => JSON.parse(JSON.stringify(value))

describe('packed checks', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(checks, (some) => {
        expect(unpackChecks(stored(packChecks(some, START_MS)), START_MS)).toEqual(some)
      }),
    )
  })

  it('have latencies and times in whole milliseconds', () => {
    const one: CheckResult = {
      monitor: 'a',
      region: 'asia',
      atMs: START_MS + 0.6,
      outcome: 'up',
      latencyMs: 1.4,
    }
    expect(unpackChecks(packChecks([one], START_MS), START_MS)).toEqual([
      { ...one, atMs: START_MS + 1, latencyMs: 1 },
    ])
  })

  it('hold few bytes of reasons, however many and long they are', () => {
    const failed = (index: number, reason: string): CheckResult => ({
      monitor: `m${index}`,
      region: 'asia',
      atMs: START_MS + index,
      outcome: 'failed',
      reason,
    })
    const same = Array.from({ length: 10_000 }, (_, index) => failed(index, 'expected 200, got 500'))
    const other = Array.from({ length: 10_000 }, (_, index) => failed(index, `${index} `.repeat(1_000)))
    const packed = packChecks([...same, ...other], START_MS)
    expect(packed.reasons.join('').length).toBeLessThanOrEqual(100_000)
    const unpacked = unpackChecks(packed, START_MS)
    expect(unpacked.slice(0, 10_000)).toEqual(same)
    expect(unpacked[10_000]?.reason).toBe('0 '.repeat(150))
    expect(unpacked.at(-1)).toEqual({
      monitor: 'm9999',
      region: 'asia',
      atMs: START_MS + 9999,
      outcome: 'failed',
    })
  })
})

describe('a packed run', () => {
  it('comes back as it was', () => {
    const run: fc.Arbitrary<Run> = fc.record({
      atMs: fc.integer({ min: START_MS, max: START_MS + HOUR_MS }),
      checks,
      states: fc.array(fc.tuple(id, fc.constantFrom(...STATES))).map((entries) => new Map(entries)),
    })
    fc.assert(
      fc.property(run, (one) => {
        expect(unpackRun(stored(packRun(one)), one.atMs)).toEqual(one)
      }),
    )
  })
})

describe('a packed hour', () => {
  const stretches = fc
    .array(fc.tuple(fc.nat(1_000), fc.integer({ min: 1, max: 200_000 }), fc.constantFrom(...STATES)))
    .map((parts) => {
      let atMs = START_MS
      return parts.map(([gapMs, durationMs, state]) => {
        const fromMs = atMs + gapMs
        atMs = fromMs + durationMs
        return { fromMs, toMs: atMs, state }
      })
    })

  it('comes back as it was, monitor by monitor', () => {
    fc.assert(
      fc.property(fc.dictionary(id, fc.record({ stretches, checks })), (dictionary) => {
        const hour = new Map<string, MonitorHour>()
        for (const [monitor, each] of Object.entries(dictionary)) {
          hour.set(monitor, { ...each, checks: each.checks.map((one) => ({ ...one, monitor })) })
        }
        const parts = stored(packHour(hour, START_MS))
        expect(parts.flatMap(({ monitors }) => monitors)).toEqual([...hour.keys()].sort())
        for (const [monitor, each] of hour) {
          expect(parts.map((part) => unpackHour(part, START_MS, monitor))).toContainEqual(each)
        }
        for (const part of parts) expect(unpackHour(part, START_MS, 'never')).toBeUndefined()
      }),
    )
  })

  it('of very many monitors has parts that fit into a row, whatever went wrong', () => {
    const hour = new Map<string, MonitorHour>()
    for (let index = 0; index < 1_000; index++) {
      const monitor = `a-monitor-with-a-rather-long-name-${index}`
      hour.set(monitor, {
        stretches: Array.from({ length: 60 }, (_, minute) => ({
          fromMs: START_MS + minute * 60_000,
          toMs: START_MS + (minute + 1) * 60_000,
          state: STATES[minute % 3]!,
        })),
        checks: Array.from({ length: 120 }, (_, at) => ({
          monitor,
          region: at % 2 ? 'eu-west' : 'us-east',
          atMs: START_MS + at * 30_000 + index,
          outcome: 'failed' as const,
          latencyMs: 29_000 + at,
          reason: `Ω${index} ${at} `.repeat(20),
        })),
      })
    }
    const sizes = packHour(hour, START_MS).map(
      (part) => new TextEncoder().encode(JSON.stringify(part)).length,
    )
    expect(Math.max(...sizes)).toBeLessThan(1_500_000)
    expect(sizes.length).toBeLessThan(20)
  })
})
