import { runInDurableObject } from 'cloudflare:test'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { DocumentWrite } from '../../src/business/documents.ts'
import { EventLog } from '../../src/business/event-log.ts'
import { HOUR_MS, MINUTE_MS } from '../../src/lib/clock.ts'
import { ok } from '../../src/lib/result.ts'
import { largestRow, ROW_LIMIT_BYTES } from '../largest-row.ts'
import { createWorld } from './world.ts'

afterEach(() => vi.restoreAllMocks())

const largest = (stub: DurableObjectStub) =>
  runInDurableObject(stub, (_, { storage }) => largestRow(storage).bytes)

describe('rows of the event queue', { timeout: 60_000 }, () => {
  it('stay small with the longest events and ids, each of which counts and is written once', async () => {
    const writes: DocumentWrite[] = []
    const database = {
      write: async (documents: readonly DocumentWrite[]) => {
        writes.push(...documents)
        return ok([])
      },
      aggregate: async () => ok([]),
    }
    const { accept, alarm, evict, stub, sample } = createWorld({ database })
    const long = `a${'\u{1}'.repeat(198)}b`
    let ids = 0
    const call = () =>
      accept(
        ...Array.from({ length: 500 }, () => ({
          type: 'user_activity',
          id: `${++ids}`.padEnd(128, '"'),
          user_id: long,
          action: long,
        })),
      )
    expect(await call()).toMatchObject({ outcome: 'taken', accepted: 500 })
    await evict()
    const atFirst = await largest(stub)
    for (let index = 0; index < 14; index++) await call()
    expect(atFirst).toBeGreaterThan(500_000)
    expect(await largest(stub)).toBeLessThan(ROW_LIMIT_BYTES)
    await evict()
    while (await alarm()) await evict()
    expect(await sample('edgewatch_events_total{type="user_activity",outcome="accepted"}')).toBe(7_500)
    expect(writes).toHaveLength(7_500)
    expect(new Set(writes.map(({ match }) => match._id)).size).toBe(7_500)
    expect(await largest(stub)).toBeLessThan(ROW_LIMIT_BYTES)
  })

  it('stay small with the longest names that the database has', async () => {
    const rows = (key: string) =>
      Array.from({ length: 200 }, (_, index) => ({ [key]: `${index}`.padEnd(9_000, '\u{1}') }))
    const database = {
      write: async () => ok([]),
      aggregate: async () => ok([[], rows('tier'), rows('framework')]),
    }
    const { queue, stub } = createWorld({ database })
    expect((await queue.refresh()).report?.tiers).toHaveLength(200)
    expect(await largest(stub)).toBeLessThan(ROW_LIMIT_BYTES)
  })
})

describe('a queue that starts after a day of a million ids', () => {
  it('reads no more of them than it remembers, the latest', async () => {
    const { stub, world } = createWorld()
    await runInDurableObject(stub, (_, { storage }) => {
      const { sql } = storage
      EventLog.migrate(sql)
      const chunks = 1_000
      // The ring has gone round: the latest rows are not the last ones of the table.
      for (let chunk = 500; chunk < 500 + chunks; chunk++) {
        const ids = Array.from({ length: 1_000 }, (_, index) => `${chunk}-${index}`.padEnd(100, 'x'))
        const atMs = world.now - HOUR_MS
        sql.exec(
          'INSERT INTO known_ids (slot, chunk, sequence, total, accepted_at_ms, ids) VALUES (?, ?, ?, ?, ?, ?)',
          chunk % 1_024,
          chunk,
          chunk * 2,
          chunk * 1_000,
          atMs,
          JSON.stringify(ids),
        )
      }
      const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = []
      const counting = {
        exec(query: string, ...bindings: SqlStorageValue[]) {
          const cursor = sql.exec(query, ...bindings)
          cursors.push(cursor)
          return cursor
        },
      } as unknown as SqlStorage
      const log = new EventLog(counting, world.now, () => 'source')
      const rowsRead = cursors.reduce((sum, each) => sum + each.rowsRead, 0)
      expect(rowsRead).toBeGreaterThan(100)
      expect(rowsRead).toBeLessThan(250)
      expect(log.knows('1499-999'.padEnd(100, 'x'))).toBe(true)
      expect(log.knows('1400-0'.padEnd(100, 'x'))).toBe(true)
      expect(log.knows('1399-999'.padEnd(100, 'x'))).toBe(false)
      expect(log.lastSequence).toBe(1499 * 2)

      // A day later none is remembered, and hardly any is read; the log goes on where it was.
      cursors.length = 0
      const later = new EventLog(counting, world.now + 23 * HOUR_MS + MINUTE_MS, () => 'source')
      expect(cursors.reduce((sum, each) => sum + each.rowsRead, 0)).toBeLessThan(10)
      expect(later.knows('1499-999'.padEnd(100, 'x'))).toBe(false)
      expect(later.lastSequence).toBe(1499 * 2)
    })
  })
})
