import { describe, expect, it } from 'vitest'
import { HOUR_MS, MINUTE_MS } from '../../src/lib/clock.ts'
import type { CheckResult, MonitorState, Region } from '../../src/monitors/model.ts'
import type { MonitorStore } from '../../src/monitors/store.ts'
import { largestRow, ROW_LIMIT_BYTES } from '../largest-row.ts'
import { withStore } from './store-harness.ts'

const HOUR = Date.UTC(2026, 10, 21, 9)
const REGIONS: Region[] = ['us-east', 'us-west', 'eu-west', 'eu-east', 'internal']
const MONITORS = 3_000
const idOf = (index: number) => `${index}-`.padEnd(80, 'x')

/** A run in which every check failed in every region, each for a reason of its own. */
function failedRun(atMs: number, memory: string) {
  const states = new Map<string, MonitorState>()
  const results: CheckResult[] = []
  for (let index = 0; index < MONITORS; index++) {
    states.set(idOf(index), index % 2 === 0 ? 'down' : 'degraded')
    for (const region of REGIONS) {
      const reason = `${atMs} ${index} ${region} `.padEnd(200, '€')
      results.push({
        monitor: idOf(index),
        region,
        atMs: atMs + index,
        outcome: 'failed',
        latencyMs: 59_999,
        reason,
      })
    }
  }
  return { atMs, states, results, memory }
}

const shown = (store: MonitorStore, now: number) =>
  [0, 1, MONITORS - 1].map((index) => {
    const id = idOf(index)
    const checks = store.checks(id, 0, now).map(({ reason: _, ...check }) => check)
    return { checks, history: store.history([id], now), uptime: store.uptime(id, HOUR_MS, now) }
  })

describe('rows of the uptime monitor', { timeout: 60_000 }, () => {
  it('stay small with thousands of monitors that fail everywhere, and are found again', () =>
    withStore((reopen, storage) => {
      const store = reopen()
      const memory = (minute: number) => `${minute} `.padEnd(2_000_000, 'ä€😀')
      for (const minute of [57, 58, 59, 60, 61]) {
        store.save(failedRun(HOUR + minute * MINUTE_MS, memory(minute)))
        expect(reopen().memory() === memory(minute)).toBe(true)
      }
      expect(largestRow(storage).bytes).toBeGreaterThan(300_000)
      expect(largestRow(storage).bytes).toBeLessThan(ROW_LIMIT_BYTES)
      const now = HOUR + 62 * MINUTE_MS
      const known = shown(store, now)
      expect(known[0]!.checks).toHaveLength(5 * REGIONS.length)
      expect(known[0]!.uptime).toBe(0)
      expect(known[1]!.uptime).toBe(1)
      expect(shown(reopen(), now)).toEqual(known)
      // Smaller runs take the place of large ones.
      store.save({
        ...failedRun(HOUR + 62 * MINUTE_MS, 'small'),
        states: new Map([[idOf(0), 'up']]),
        results: [],
      })
      expect(reopen().memory()).toBe('small')
    }))

  it('stay small where every check of a day took another time', () =>
    withStore((reopen, storage) => {
      const store = reopen()
      for (let hour = 0; hour < 2; hour++) {
        const atMs = HOUR + hour * HOUR_MS
        const results: CheckResult[] = []
        const states = new Map<string, MonitorState>()
        for (let index = 0; index < 300; index++) {
          states.set(idOf(index), 'up')
          for (let bucket = 0; bucket < 600; bucket++) {
            const latencyMs = 1.04 ** bucket
            results.push({ monitor: idOf(index), region: 'internal', atMs, outcome: 'up', latencyMs })
          }
        }
        store.save({ atMs, states, results, memory: '' })
      }
      expect(largestRow(storage).bytes).toBeLessThan(ROW_LIMIT_BYTES)
    }))
})

describe('a store of version 0.1', () => {
  it('opens: its last run is the one of the latest hour', () =>
    withStore((reopen, storage) => {
      reopen()
      const hour = HOUR / HOUR_MS
      const body = (state: number) =>
        JSON.stringify({ monitors: ['api'], regions: [], reasons: [], numbers: [], states: String(state) })
      const rows = [
        [0, hour, HOUR - MINUTE_MS, body(0), ''],
        [1, hour, HOUR, body(2), 'before'],
        [2, hour, HOUR + MINUTE_MS, body(2), 'latest'],
        [3, hour - 1, HOUR - 3 * MINUTE_MS, body(0), 'of the hour before'],
      ]
      for (const row of rows) {
        storage.sql.exec('INSERT INTO runs (slot, hour, at, body, memory) VALUES (?, ?, ?, ?, ?)', ...row)
      }
      const store = reopen()
      expect(store.memory()).toBe('latest')
      expect(store.uptime('api', 2 * MINUTE_MS, HOUR + 2 * MINUTE_MS)).toBe(0)
      store.save({
        atMs: HOUR + 2 * MINUTE_MS,
        states: new Map([['api', 'up']]),
        results: [],
        memory: 'next',
      })
      expect(reopen().memory()).toBe('next')
    }))
})
