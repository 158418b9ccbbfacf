import { expect, it } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../src/lib/clock.ts'
import { ToldStore } from '../../src/monitors/told-store.ts'
import { watchRows, withStore } from './store-harness.ts'

const NOON = Date.UTC(2026, 10, 21, 12)

const withTold = (work: (reopen: () => ToldStore, storage: DurableObjectStorage) => void) =>
  withStore((_, storage) => work(() => new ToldStore(storage.sql), storage))

it('maintenance that is announced is kept until it has ended', () =>
  withTold((reopen, storage) => {
    const store = reopen()
    const window = (id: string, fromMs: number, toMs: number) => ({
      id,
      title: id,
      monitors: ['api'],
      fromMs,
      toMs,
    })
    store.announce(window('later', NOON + 5, NOON + 9), NOON)
    store.announce(window('sooner', NOON, NOON + HOUR_MS), NOON)
    store.announce(window('later', NOON + 5, NOON + DAY_MS), NOON)
    expect(
      reopen()
        .announced(NOON)
        .map(({ id }) => id),
    ).toEqual(['sooner', 'later'])
    expect(store.announced(NOON + HOUR_MS)).toEqual([window('later', NOON + 5, NOON + DAY_MS)])
    expect(store.withdraw('later')).toBe(true)
    expect(store.withdraw('later')).toBe(false)

    // One that is over goes when the next one comes.
    const rows = watchRows(storage)
    store.announce(window('next', NOON + DAY_MS, NOON + 2 * DAY_MS), NOON + HOUR_MS)
    expect(rows()).toBe(2)
  }))

it('of each job the last beat is kept', () =>
  withTold((reopen) => {
    const store = reopen()
    store.saveBeat('backup', { firstAtMs: 1 })
    store.saveBeat('backup', { firstAtMs: 1, doneAtMs: 2 })
    store.saveBeat('other', { firstAtMs: 3 })
    expect([...reopen().beats()]).toEqual([
      ['backup', { firstAtMs: 1, doneAtMs: 2 }],
      ['other', { firstAtMs: 3 }],
    ])
  }))
