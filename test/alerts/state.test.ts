import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AlertState, Seen } from '../../src/alerts/model.ts'
import type { StepContext } from '../../src/alerts/state.ts'
import { step } from '../../src/alerts/state.ts'

const MINUTE = 60_000
const SOURCE = { service: 'shop', environment: 'test' }
const SEEN: Seen = {
  alert: 'queue',
  severity: 'warning',
  labels: {},
  condition: 'queue > 10',
  summary: 'The queue is long: 12',
  forMs: 0,
  holds: true,
  value: '12',
}
const SILENCED = { by: 'silence', reason: 'silenced: upgrade' } as const
const CONTEXT: StepContext = {
  now: 0,
  source: SOURCE,
  receivers: ['chat'],
  acknowledgeable: [],
  heldBack: undefined,
  reminderMs: 240 * MINUTE,
}

/** Runs a minute apart, each with what it sees and the context that differs from the usual. */
function story(runs: readonly (Partial<Seen> & Partial<StepContext>)[]) {
  let state: AlertState = { phase: 'inactive' }
  return runs.map((run, minute) => {
    const result = step(state, { ...SEEN, ...run }, { ...CONTEXT, now: minute * MINUTE, ...run })
    state = result.state
    return {
      phase: state.phase,
      owed: result.owed.map(({ receiver, notification }) => `${notification.kind} to ${receiver}`),
    }
  })
}
const phases = (runs: Parameters<typeof story>[0]) => story(runs).map(({ phase }) => phase)

describe('an alert', () => {
  it('fires at once where it need not hold, and is resolved when its condition ceases', () => {
    expect(story([{ holds: false }, {}, {}, { holds: false }, { holds: false }])).toEqual([
      { phase: 'inactive', owed: [] },
      { phase: 'firing', owed: ['firing to chat'] },
      { phase: 'firing', owed: [] },
      { phase: 'resolved', owed: ['resolved to chat'] },
      { phase: 'inactive', owed: [] },
    ])
  })

  it('is pending until its condition held for long enough', () => {
    const forMs = 2 * MINUTE
    expect(phases([{ forMs }, { forMs }, { forMs }])).toEqual(['pending', 'pending', 'firing'])
    expect(phases([{ forMs }, { forMs, holds: false }, { forMs }])).toEqual([
      'pending',
      'inactive',
      'pending',
    ])
  })

  it('goes on firing without data: unknown is not resolved', () => {
    expect(story([{}, { holds: undefined }, { holds: undefined }])).toEqual([
      { phase: 'firing', owed: ['firing to chat'] },
      { phase: 'firing', owed: [] },
      { phase: 'firing', owed: [] },
    ])
  })

  it('waits without data while pending: that time neither counts nor takes away', () => {
    const forMs = 2 * MINUTE
    const seen = [true, true, undefined, true, true].map((holds) => ({ forMs, holds }))
    expect(phases(seen)).toEqual(['pending', 'pending', 'pending', 'pending', 'firing'])
  })

  it('is not begun by no data', () => {
    expect(phases([{ holds: undefined }])).toEqual(['inactive'])
  })

  it('tells nobody while silenced, and those who should know when the silence ends', () => {
    const owed = story([{ heldBack: SILENCED }, { heldBack: SILENCED }, {}, { holds: false }]).map(
      (each) => each.owed,
    )
    expect(owed).toEqual([[], [], ['firing to chat'], ['resolved to chat']])
  })

  it('tells nobody of the end of what nobody was told of', () => {
    expect(story([{ heldBack: SILENCED }, { holds: false }]).flatMap(({ owed }) => owed)).toEqual([])
  })

  it('tells those who were told when it is resolved, silenced or not, whoever is routed to now', () => {
    const severity = 'critical'
    const receivers = ['pager', 'chat']
    const runs = [
      {},
      { severity, receivers } as const,
      { holds: false, heldBack: SILENCED, receivers: ['pager'] },
    ]
    expect(story(runs).map(({ owed }) => owed)).toEqual([
      ['firing to chat'],
      ['firing to pager'],
      ['resolved to chat', 'resolved to pager'],
    ])
  })

  it('reminds after the time that is set, from the last time it told', () => {
    const reminderMs = 2 * MINUTE
    const owed = story(Array.from({ length: 6 }, () => ({ reminderMs }))).map((each) => each.owed)
    expect(owed).toEqual([['firing to chat'], [], ['reminder to chat'], [], ['reminder to chat'], []])
  })

  it('keeps its key and its start from its first notification to its last, and shows the last value', () => {
    const fired = step({ phase: 'inactive' }, SEEN, { ...CONTEXT, now: 7 })
    const later = step(fired.state, { ...SEEN, holds: false, value: '3' }, { ...CONTEXT, now: 9 })
    expect(fired.owed[0]?.notification).toMatchObject({
      dedupKey: 'shop/queue/7',
      startedAtMs: 7,
      value: '12',
    })
    expect(later.owed[0]?.notification).toEqual({
      ...fired.owed[0]?.notification,
      kind: 'resolved',
      value: '3',
      resolvedAtMs: 9,
      createdAtMs: 9,
    })
  })

  const runs = fc.array(
    fc.record({
      holds: fc.constantFrom(true, true, false, undefined),
      heldBack: fc.constantFrom(undefined, SILENCED),
      receivers: fc.subarray(['pager', 'chat', 'hook']),
      forMs: fc.constantFrom(0, MINUTE, 3 * MINUTE),
      reminderMs: fc.constantFrom(0, MINUTE, 2 * MINUTE),
    }),
    { maxLength: 30 },
  )

  it('owes each receiver per incident one firing, then reminders, then one resolved, and nothing else', () => {
    const reached = { firing: 0, reminder: 0, resolved: 0 }
    fc.assert(
      fc.property(runs, (each) => {
        const told = new Map<string, string[]>()
        const all = story([...each, { holds: false }, { holds: false }])
        for (const { phase, owed } of all) {
          for (const text of owed) {
            const [kind, , receiver] = text.split(' ') as [keyof typeof reached, string, string]
            reached[kind] += 1
            told.set(receiver, [...(told.get(receiver) ?? []), kind])
          }
          if (phase !== 'firing') {
            for (const kinds of told.values())
              expect(kinds.join(' ')).toMatch(/^firing( reminder)* resolved$/)
            told.clear()
          }
        }
        expect(told.size).toBe(0)
      }),
      { numRuns: 500 },
    )
    expect(Math.min(...Object.values(reached))).toBeGreaterThan(10)
  })

  it('never fires before its condition was seen to hold for long enough, and always after', () => {
    let fired = 0
    fc.assert(
      fc.property(fc.array(fc.constantFrom(true, true, true, false, undefined)), (holds) => {
        const forMs = 3 * MINUTE
        const seen = phases(holds.map((each) => ({ holds: each, forMs })))
        const first = seen.indexOf('firing')
        const until = holds.slice(0, first === -1 ? holds.length : first + 1)
        const recent = until.slice(until.lastIndexOf(false) + 1)
        const heldMinutes = recent.filter((each, index) => each && recent[index - 1]).length
        if (first === -1) expect(heldMinutes).toBeLessThan(3)
        else expect(heldMinutes).toBe(3)
        if (first !== -1) fired += 1
      }),
    )
    expect(fired).toBeGreaterThan(0)
  })
})
