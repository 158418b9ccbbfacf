import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MINUTE_MS } from '../../src/lib/clock.ts'
import type { CheckResult, SeenState } from '../../src/monitors/model.ts'
import type { RegionView } from '../../src/monitors/verdict.ts'
import {
  afterCheck,
  isFirstFailure,
  isRecovering,
  NOTHING_SEEN,
  regionState,
  verdict,
} from '../../src/monitors/verdict.ts'

type Outcome = CheckResult['outcome']

const TIMES = { intervalMs: MINUTE_MS, timeoutMs: 10_000 }
const outcome = fc.constantFrom<Outcome>('up', 'slow', 'failed', 'unknown')
const patience = fc.record({
  failures: fc.integer({ min: 1, max: 5 }),
  recoveries: fc.integer({ min: 1, max: 5 }),
})

const result = (each: Outcome, atMs: number): CheckResult => ({
  monitor: 'shop',
  region: 'asia',
  atMs,
  outcome: each,
})

/** What a region knows after these checks, a minute apart. */
const viewAfter = (
  outcomes: readonly Outcome[],
  terms: { failures: number; recoveries: number },
): RegionView =>
  outcomes.reduce(
    (view, each, index) => afterCheck(view, result(each, index * MINUTE_MS), terms),
    NOTHING_SEEN,
  )

/**
 * The same, said otherwise: it is down if there were enough failures in a row somewhere, and since then never enough
 * good ones in a row.
 */
function isDownByRuns(outcomes: readonly Outcome[], failures: number, recoveries: number): boolean {
  const letters = outcomes
    .filter((each) => each !== 'unknown')
    .map((each) => (each === 'failed' ? 'F' : 'G'))
    .join('')
  const lastRun = (text: string) => letters.lastIndexOf(text) + (letters.includes(text) ? text.length : 0)
  const failedUntil = lastRun('F'.repeat(failures))
  return failedUntil > 0 && !letters.slice(failedUntil).includes('G'.repeat(recoveries))
}

describe('a region', () => {
  it('is down after so many failures in a row, and up again after so many good checks in a row', () =>
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 40 }), patience, (outcomes, terms) => {
        const isDown = viewAfter(outcomes, terms).isDown ?? false
        expect(isDown).toBe(isDownByRuns(outcomes, terms.failures, terms.recoveries))
      }),
    ))

  it('is changed by no unknown result, wherever it comes', () =>
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 40 }), patience, (outcomes, terms) => {
        const decided = ({ isDown, inARow, isSlow }: RegionView) => ({ isDown, inARow, isSlow })
        const known = outcomes.filter((each) => each !== 'unknown')
        expect(decided(viewAfter(outcomes, terms))).toEqual(decided(viewAfter(known, terms)))
      }),
    ))

  it('is undecided until a check is good or enough of them failed', () => {
    const terms = { failures: 3, recoveries: 2 }
    expect(regionState(viewAfter(['failed', 'failed'], terms), TIMES, MINUTE_MS)).toBe('unknown')
    expect(regionState(viewAfter(['failed', 'failed', 'failed'], terms), TIMES, 2 * MINUTE_MS)).toBe('down')
    expect(regionState(viewAfter(['failed', 'up'], terms), TIMES, MINUTE_MS)).toBe('up')
  })

  it('is degraded while it is slow and not down', () => {
    const terms = { failures: 2, recoveries: 2 }
    expect(regionState(viewAfter(['slow'], terms), TIMES, 0)).toBe('degraded')
    expect(regionState(viewAfter(['slow', 'up'], terms), TIMES, MINUTE_MS)).toBe('up')
    expect(regionState(viewAfter(['failed', 'failed', 'slow'], terms), TIMES, 2 * MINUTE_MS)).toBe('down')
    expect(regionState(viewAfter(['failed', 'failed', 'slow', 'slow'], terms), TIMES, 3 * MINUTE_MS)).toBe(
      'degraded',
    )
  })

  it('is unknown once its last answer is too old, and what it knew counts again with the next one', () => {
    const terms = { failures: 2, recoveries: 2 }
    const down = viewAfter(['failed', 'failed'], terms)
    const untilMs = MINUTE_MS + 2 * (TIMES.intervalMs + TIMES.timeoutMs)
    expect(regionState(down, TIMES, untilMs)).toBe('down')
    expect(regionState(down, TIMES, untilMs + 1)).toBe('unknown')
    const later = afterCheck(down, result('up', 60 * MINUTE_MS), terms)
    expect(regionState(later, TIMES, 60 * MINUTE_MS)).toBe('down')
  })

  it('has a failure checked again exactly where none came before', () =>
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 40 }), patience, (outcomes, terms) => {
        const view = viewAfter(outcomes, terms)
        const known = outcomes.filter((each) => each !== 'unknown')
        expect(isFirstFailure(view)).toBe(!view.isDown && known.at(-1) !== 'failed')
      }),
    ))

  it('is recovering while it is down and its last known check was good', () =>
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 40 }), patience, (outcomes, terms) => {
        const view = viewAfter(outcomes, terms)
        const known = outcomes.filter((each) => each !== 'unknown')
        expect(isRecovering(view)).toBe(view.isDown === true && known.at(-1) !== 'failed')
      }),
    ))
})

describe('the verdict of all regions', () => {
  const states = fc.array(fc.constantFrom<SeenState>('up', 'degraded', 'down', 'unknown'), { maxLength: 11 })
  const count = (all: readonly SeenState[], ...wanted: SeenState[]) =>
    all.filter((each) => wanted.includes(each)).length

  it('is what more than half of those say that know', () =>
    fc.assert(
      fc.property(states, (all) => {
        const known = all.length - count(all, 'unknown')
        const isMost = (...wanted: SeenState[]) => 2 * count(all, ...wanted) > known
        const expected =
          known === 0 ? 'unknown' : isMost('down') ? 'down' : isMost('down', 'degraded') ? 'degraded' : 'up'
        expect(verdict(all)).toBe(expected)
      }),
    ))

  it('does not depend on their order, nor on those that do not know', () =>
    fc.assert(
      fc.property(states, (all) => {
        expect(verdict(all.toReversed())).toBe(verdict(all))
        expect(verdict([...all, 'unknown'])).toBe(verdict(all))
      }),
    ))

  it('is not down for one bad region of two or three', () => {
    expect(verdict(['down', 'up'])).toBe('up')
    expect(verdict(['down', 'up', 'up'])).toBe('up')
    expect(verdict(['down'])).toBe('down')
  })
})
