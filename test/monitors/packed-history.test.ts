import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { MonitorHistory } from '../../src/monitors/model.ts'
import { packHistories, unpackHistories } from '../../src/monitors/packed-history.ts'
import { QUARTER_MS } from '../../src/monitors/summary.ts'

const DATES = ['2026-11-19', '2026-11-20', '2026-11-21']
const ms = fc.nat({ max: 86_400_000 })
const day = fc
  .record({ up: ms, degraded: ms, down: ms, unknown: ms, maintenance: ms })
  .filter((times) => Object.values(times).some((each) => each > 0))
const point = fc.option(fc.record({ p50Ms: fc.nat(), p95Ms: fc.nat() }))

/** A monitor that there was on some of the days. */
const history = fc
  .record({
    id: fc.string(),
    days: fc.tuple(...DATES.map(() => fc.option(day))),
    points: fc.tuple(point, point, point, point),
  })
  .map(
    ({ id, days, points }): MonitorHistory => ({
      id,
      days: days.flatMap((times, index) => (times ? [{ date: DATES[index]!, ...times }] : [])),
      latency: points.map((each, index) => ({ atMs: index * QUARTER_MS, ...each })),
    }),
  )

it('what is packed is found again, whatever days there were and whatever was measured', () => {
  fc.assert(
    fc.property(fc.array(history), (histories) => {
      expect(unpackHistories(packHistories(histories))).toEqual(histories)
    }),
  )
})
