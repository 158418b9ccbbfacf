import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkConfig, loadConfig } from '../../src/config/load.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/lib/clock.ts'
import { listWindows, readSchedules, windowsOf } from '../../src/monitors/maintenance.ts'

const MONITORS = [{ name: 'Shop', url: 'https://shop.example/' }]
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const

function schedulesOf(...windows: object[]) {
  const { config } = loadConfig({ monitors: MONITORS, maintenance: windows }, {})
  return readSchedules(
    config.maintenance,
    (written) => config.monitors.find(({ id, name }) => id === written || name === written)?.id,
  )
}

/** When the windows that are listed begin, as ISO 8601 to the minute. */
const beginnings = (at: string, ...windows: object[]) =>
  listWindows(schedulesOf(...windows), [], Date.parse(at)).map(({ fromMs }) =>
    new Date(fromMs).toISOString().slice(0, 16),
  )

describe('a weekly window', () => {
  const sundays = {
    title: 'Move',
    weekly: { days: ['sunday'], at: '02:30' },
    duration: '1h',
    timeZone: 'Europe/Berlin',
  }

  it('begins at its time of day there, in winter and in summer', () => {
    expect(beginnings('2026-03-16T00:00Z', sundays)).toEqual(['2026-03-22T01:30', '2026-03-29T01:00'])
    expect(beginnings('2026-04-01T00:00Z', sundays)).toEqual(['2026-04-05T00:30', '2026-04-12T00:30'])
  })

  it('begins after the hour that is skipped in spring, and once in the hour that comes twice in autumn', () => {
    expect(beginnings('2026-03-28T12:00Z', sundays)[0]).toBe('2026-03-29T01:00')
    expect(beginnings('2026-10-24T12:00Z', sundays)).toEqual(['2026-10-25T00:30', '2026-11-01T01:30'])
  })

  it('lasts as long as it says, also over a change of the clock', () => {
    const [window] = listWindows(
      schedulesOf({ ...sundays, duration: '4h' }),
      [],
      Date.parse('2026-10-24T12:00Z'),
    )
    expect(window!.toMs - window!.fromMs).toBe(4 * HOUR_MS)
  })

  it('is on its days, as the calendar of UTC has them', () =>
    fc.assert(
      fc.property(
        fc.subarray([...DAYS], { minLength: 1 }),
        fc.integer({ min: 0, max: 23 }),
        fc.date({ min: new Date('2026-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }),
        (days, hour, date) => {
          const now = date.getTime()
          const at = `${String(hour).padStart(2, '0')}:00`
          const schedules = schedulesOf({ title: 'Move', weekly: { days, at }, duration: '2h' })
          const isUnderWay = listWindows(schedules, [], now).some(({ fromMs }) => fromMs <= now)
          const beganAt = [0, 1].map((hours) => new Date(now - hours * HOUR_MS))
          const expected = beganAt.some(
            (each) => each.getUTCHours() === hour && days.includes(DAYS[each.getUTCDay()]!),
          )
          expect(isUnderWay).toBe(expected)
        },
      ),
    ))
})

describe('a window by cron expression', () => {
  const nightly = { title: 'Backup', cron: '0 3 * * *', duration: '30m' }

  it('is under way from its beginning up to its end', () => {
    const fromMs = Date.parse('2026-05-05T03:00Z')
    const schedules = schedulesOf({ ...nightly, monitors: ['Shop'] })
    const covers = (atMs: number) => windowsOf(listWindows(schedules, [], atMs), 'shop', atMs).length
    expect(covers(fromMs - 1)).toBe(0)
    expect(covers(fromMs)).toBe(1)
    expect(covers(fromMs + 30 * MINUTE_MS - 1)).toBe(1)
    expect(covers(fromMs + 30 * MINUTE_MS)).toBe(0)
  })

  it('is listed for 14 days, and 20 times at most', () => {
    expect(beginnings('2026-05-05T12:00Z', nightly)).toHaveLength(14)
    const often = beginnings('2026-05-05T12:00Z', { ...nightly, cron: '* * * * *' })
    expect(often).toHaveLength(20)
  })

  it('stays under way while it comes again and again, whenever it is asked', () => {
    const schedules = schedulesOf({ ...nightly, cron: '* * * * *', duration: '5m' })
    const startMs = Date.parse('2026-05-05T12:00Z')
    for (let minute = 0; minute < 30; minute++) {
      const atMs = startMs + minute * MINUTE_MS
      expect(windowsOf(listWindows(schedules, [], atMs), 'shop', atMs)).not.toEqual([])
    }
  })

  it.each(['60 * * * *', '0 3 * *', 'daily', '0 0 30 2 *', '0 0 3 * * *', ''])(
    'is a mistake for %j',
    (cron) => {
      expect(() => checkConfig({ maintenance: [{ ...nightly, cron }] })).toThrow(/maintenance\[0\]/)
    },
  )
})

describe('windows', () => {
  it('name monitors by name or id, or are for all of them', () => {
    const times = { from: '2026-05-05T03:00:00Z', to: '2026-05-05T04:00:00Z' }
    const schedules = schedulesOf({ title: 'All', ...times }, { title: 'One', ...times, monitors: ['Shop'] })
    const atMs = Date.parse(times.from)
    const windows = listWindows(schedules, [], atMs)
    expect(windowsOf(windows, 'shop', atMs).map(({ title }) => title)).toEqual(['All', 'One'])
    expect(windowsOf(windows, 'other', atMs).map(({ title }) => title)).toEqual(['All'])
  })

  it('are listed by their beginning, announced ones among them, while they are not over', () => {
    const now = Date.parse('2026-05-05T03:00Z')
    const announced = (hours: number) => ({
      id: `a${hours}`,
      title: 'Announced',
      monitors: [],
      fromMs: now + hours * HOUR_MS,
      toMs: now + (hours + 1) * HOUR_MS,
    })
    const schedules = schedulesOf({
      title: 'Dated',
      from: '2026-05-05T05:00:00Z',
      to: '2026-05-06T05:00:00Z',
    })
    const windows = listWindows(
      schedules,
      [announced(3), announced(1), announced(-1), announced(15 * 24)],
      now,
    )
    expect(windows.map(({ id, title }) => id ?? title)).toEqual(['a1', 'Dated', 'a3', 'a360'])
    expect(listWindows(schedules, [], now + 2 * DAY_MS)).toEqual([])
  })
})
