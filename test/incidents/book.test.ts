import { describe, expect, it } from 'vitest'
import type { Post } from '../../src/incidents/book.ts'
import { DAY_MS } from '../../src/lib/clock.ts'
import { inWorld, START_MS, type World } from '../alerts/world.ts'
import { largestRow, ROW_LIMIT_BYTES } from '../largest-row.ts'
import { TestBook } from './world.ts'

const POST: Post = {
  title: 'Slow search',
  severity: 'warning',
  monitors: ['shop'],
  stage: 'investigating',
  text: 'We are looking into it.',
  by: 'ada',
}

const inBook = (test: (book: TestBook, world: World) => Promise<void>) =>
  inWorld((world) => test(new TestBook(world), world))

const idOf = (posted: ReturnType<TestBook['post']>): string => {
  if (!posted.ok) throw new Error(posted.error.message)
  return posted.value.id
}

describe('the book', () => {
  it('keeps the longest page in a small row', () =>
    inBook(async (book, world) => {
      const text = '\ud800'.repeat(5_000)
      const by = '\ud800'.repeat(100)
      const monitors = Array.from({ length: 1_000 }, (_, index) => `${index}`.padEnd(80, 'x'))
      const id = idOf(book.post({ ...POST, title: '\ud800'.repeat(200), monitors, text, by }))
      for (let index = 1; index < 50; index++) {
        expect(book.addUpdate(id, { stage: 'investigating', text, by }).ok).toBe(true)
      }
      expect(book.addUpdate(id, { stage: 'investigating', text, by }).ok).toBe(false)
      expect(largestRow(world.state.storage).bytes).toBeGreaterThan(500_000)
      expect(largestRow(world.state.storage).bytes).toBeLessThan(ROW_LIMIT_BYTES)
    }))

  it('keeps what people post and add, over a new instance', () =>
    inBook(async (book, world) => {
      const id = idOf(book.post(POST))
      world.now += 1
      book.addUpdate(id, { stage: 'identified', text: 'A full disk.' })
      book.amend(id, { title: 'Search is down', monitors: [] })
      expect(new TestBook(world).pages()).toEqual([
        {
          id,
          posted: { severity: 'warning', startedAtMs: START_MS, by: 'ada' },
          title: 'Search is down',
          monitors: [],
          updates: [
            { atMs: START_MS, stage: 'investigating', text: 'We are looking into it.', by: 'ada' },
            { atMs: START_MS + 1, stage: 'identified', text: 'A full disk.' },
          ],
        },
      ])
    }))

  it('ends what a person opened with the stage resolved, once, and takes notes after that', () =>
    inBook(async (book, world) => {
      const id = idOf(book.post(POST))
      world.now += 5
      expect(book.addUpdate(id, { stage: 'resolved', text: 'Done.' }).ok).toBe(true)
      world.now += 5
      expect(book.addUpdate(id, { stage: 'monitoring', text: 'Or not?' })).toMatchObject({ ok: false })
      expect(book.addUpdate(id, { stage: 'resolved', text: 'It was the disk.' }).ok).toBe(true)
      expect(book.pages()[0]).toMatchObject({ posted: { resolvedAtMs: START_MS + 5 }, updates: [{}, {}, {}] })
    }))

  it('takes 50 open incidents and 50 updates of each', () =>
    inBook(async (book) => {
      const ids = Array.from({ length: 50 }, () => idOf(book.post(POST)))
      expect(book.post(POST)).toMatchObject({ ok: false })
      expect(book.post({ ...POST, stage: 'resolved' }).ok).toBe(true)
      const note = { stage: 'monitoring', text: 'Wait.' } as const
      for (let count = 1; count < 50; count++) expect(book.addUpdate(ids[0]!, note).ok).toBe(true)
      expect(book.addUpdate(ids[0]!, note)).toMatchObject({ ok: false })
      expect(book.addUpdate(ids[1]!, { ...note, stage: 'resolved' }).ok).toBe(true)
      expect(book.post(POST).ok).toBe(true)
    }))

  it('forgets what nobody wrote on for more than a year, but for what is open', () =>
    inBook(async (book, world) => {
      const open = idOf(book.post(POST))
      book.post({ ...POST, stage: 'resolved' })
      book.addUpdate('error-rate-1', { stage: 'identified', text: 'x' })
      world.now += 401 * DAY_MS
      const late = idOf(book.post({ ...POST, stage: 'resolved' }))
      expect(book.pages().map(({ id }) => id)).toEqual([open, late])
    }))

  it('answers with what was written last when there is very much', () =>
    inBook(async (book, world) => {
      const text = 'x'.repeat(5_000)
      for (let incident = 0; incident < 30; incident++) {
        world.now += 1
        for (let count = 0; count < 50; count++)
          book.addUpdate(`a-${incident}`, { stage: 'identified', text })
      }
      const pages = book.pages()
      expect(pages.length).toBeGreaterThan(10)
      expect(pages.length).toBeLessThan(30)
      expect(pages[0]?.id).toBe('a-29')
    }))
})
