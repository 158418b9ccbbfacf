import { describe, expect, it } from 'vitest'
import { LedgerStore } from '../../src/alerts/ledger-store.ts'
import type { CounterSamples } from '../../src/alerts/samples.ts'
import { addSample, NO_SAMPLES } from '../../src/alerts/samples.ts'
import { rule } from '../../src/config/rules.ts'
import { HOUR_MS, MINUTE_MS } from '../../src/lib/clock.ts'
import type { SeriesValue } from '../../src/metrics/query.ts'
import { largestRow, ROW_LIMIT_BYTES } from '../largest-row.ts'
import { inWorld, START_MS, UP } from './world.ts'

const RULES = 3_000

const series = (index: number) => `["jobs_total",["queue","queue-${index}-${'ü'.repeat(40)}"]]`

/** Samples of a day, each minute, of so many series. */
function dayOfSamples(count: number): CounterSamples {
  let samples = NO_SAMPLES
  for (let minute = 0; minute < 24 * 60; minute += 1) {
    // Once thinned out, a sample a minute of all series makes the same columns as those of one.
    const read = new Map<string, SeriesValue>([[series(0), { type: 'counter', value: minute * 1_000_003 }]])
    samples = addSample(samples, read, START_MS + minute * MINUTE_MS, 24 * HOUR_MS)
  }
  const column = samples.counters[series(0)]!
  const counters = Object.fromEntries(Array.from({ length: count }, (_, index) => [series(index), column]))
  return { ...samples, counters }
}

describe('rows of the ledger', () => {
  it('stay small with the samples of thousands of rules, which are found again', () =>
    inWorld(async ({ state: { storage } }) => {
      const store = new LedgerStore(storage)
      const samples = dayOfSamples(RULES)
      store.saveSamples(samples)
      expect(largestRow(storage).bytes).toBeLessThan(ROW_LIMIT_BYTES)
      expect(JSON.stringify(samples).length).toBeGreaterThan(3 * ROW_LIMIT_BYTES)
      expect(new LedgerStore(storage).samples()).toEqual(samples)

      const fewer = dayOfSamples(2)
      store.saveSamples(fewer)
      expect(new LedgerStore(storage).samples()).toEqual(fewer)
      expect(storage.sql.exec("SELECT key FROM memo WHERE key LIKE 'counters%'").toArray()).toHaveLength(1)
    }))

  it('stay small with what a run of thousands of rules leaves behind', () =>
    inWorld(async (world) => {
      world.mongodb = UP
      world.rules = Array.from({ length: 2 * RULES }, (_, index) => ({
        id: `rule-${index}-`.padEnd(100, 'x'),
        signal: index % 2 === 0 ? 'mongodb_latency_ms' : 'redis_latency_ms',
        operator: '>',
        threshold: 1,
        for: '1h',
        severity: 'critical',
        summary: 'Slow',
      }))
      expect((await world.tick()).outcome).toBe('ok')
      const store = new LedgerStore(world.state.storage)
      expect(JSON.stringify(store.lastRun()).length).toBeGreaterThan(ROW_LIMIT_BYTES)
      expect(Object.keys(store.lastRun()!.pending)).toHaveLength(RULES)
      expect(largestRow(world.state.storage).bytes).toBeLessThan(ROW_LIMIT_BYTES)
    }))

  it('stay small with the longest incident, silence and notification', () =>
    inWorld(async (world) => {
      world.mongodb = UP
      world.rules = [
        {
          id: 'slow',
          signal: 'mongodb_latency_ms',
          operator: '>',
          threshold: 1,
          severity: 'critical',
          labels: Object.fromEntries(
            Array.from({ length: 20 }, (_, index) => [`l${index}`.padEnd(100, 'x'), '€'.repeat(300)]),
          ),
          summary: '{value}'.repeat(42),
          runbook: `https://wiki.example/${'x'.repeat(1_900)}`,
        },
      ]
      await world.nextTick()
      const said = '\u{1}'.repeat(500)
      for (let index = 0; index < 120; index++) {
        world.ledger.acknowledge('slow', { by: said.slice(0, 100), note: said })
      }
      world.ledger.silence({
        matcher: { alert: 'slow' },
        untilMs: world.now + HOUR_MS,
        reason: said,
        by: said,
      })
      await world.nextTick()
      expect(world.ledger.incidents(0)[0]?.timeline).toHaveLength(100)
      expect(largestRow(world.state.storage).bytes).toBeGreaterThan(100_000)
      expect(largestRow(world.state.storage).bytes).toBeLessThan(ROW_LIMIT_BYTES)
    }))

  it('hold no more of a rule than its limits let through', () => {
    const rate = {
      id: 'rate',
      signal: { metric: 'jobs_total', labels: { queue: 'mail' } },
      operator: '>',
      threshold: 1,
      severity: 'info',
      summary: 'Many',
    } as const
    expect(rule.safeParse(rate).success).toBe(true)
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`l${index}`, 'x'.repeat(100)]))
    for (const wrong of [
      { labels: many },
      { signal: { metric: 'jobs_total', labels: many } },
      { runbook: `https://wiki.example/${'x'.repeat(2_000)}` },
    ]) {
      expect(rule.safeParse({ ...rate, ...wrong }).success).toBe(false)
    }
  })
})

describe('a ledger of version 0.1', () => {
  it('goes on with the samples that it stored', () =>
    inWorld(async (world) => {
      const { storage } = world.state
      world.rules = [
        {
          id: 'rate',
          signal: { metric: 'jobs_total' },
          operator: '>',
          threshold: 0.5,
          over: '5m',
          severity: 'critical',
          summary: '{value} per second',
        },
      ]
      world.restart()
      const key = '["jobs_total"]'
      const samples = [5, 4, 3, 2, 1].map((minutes, index) => ({
        atMs: START_MS - minutes * MINUTE_MS,
        totals: { [key]: index * 60 },
      }))
      storage.sql.exec(
        "INSERT INTO memo (key, body) VALUES ('samples', ?)",
        JSON.stringify({ last: { [key]: 1_000 }, samples }),
      )
      world.series.set('jobs_total', { type: 'counter', value: 1_060 })
      await world.tick()
      await world.runAlarms()
      expect(world.receiver('pager').accepted.map(({ value }) => value)).toEqual(['1'])
      // An hour later nothing of the old format is left.
      for (let minute = 0; minute < 61; minute++) await world.nextTick()
      expect(storage.sql.exec("SELECT key FROM memo WHERE key = 'samples'").toArray()).toEqual([])
    }))
})
