import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { CheckResult, MonitorState } from '../../src/monitors/model.ts'
import type { JudgedRun } from '../../src/monitors/store.ts'
import { MonitorStore } from '../../src/monitors/store.ts'

let objects = 0

/** Runs `work` within a new Durable Object. `reopen` gives what is found after an eviction. */
export function withStore<T>(
  work: (reopen: () => MonitorStore, storage: DurableObjectStorage) => T | Promise<T>,
): Promise<T> {
  const stub = env.UPTIME_MONITOR.getByName(`monitor-store-${++objects}`)
  return runInDurableObject(stub, (_, { storage }) => work(() => new MonitorStore(storage), storage))
}

/** Counts the rows written from now on, as the platform bills them. */
export function watchRows({ sql }: DurableObjectStorage): () => number {
  let rows = 0
  const exec = sql.exec.bind(sql)
  sql.exec = ((query: string, ...bindings: unknown[]) => {
    const cursor = exec(query, ...bindings)
    rows += cursor.rowsWritten
    return cursor
  }) as typeof sql.exec
  return () => rows
}

/** A run in which monitors were judged so, with the checks that are given. */
export const judged = (
  atMs: number,
  states: Readonly<Record<string, MonitorState>>,
  results: readonly CheckResult[] = [],
): JudgedRun => ({ atMs, states: new Map(Object.entries(states)), results, memory: `memory of ${atMs}` })

/** A good check. */
export const check = (monitor: string, atMs: number, latencyMs: number): CheckResult => ({
  monitor,
  region: 'eu-west',
  atMs,
  outcome: 'up',
  latencyMs,
})
