import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MINUTE_MS } from '../../src/lib/clock.ts'
import type { Batch } from '../../src/metrics/batch.ts'
import { MetricsBuffer } from '../../src/metrics/buffer.ts'
import { catalog, NOON, recordingLogger, request } from './harness.ts'

/** A buffer whose clock, pauses and store the test moves by hand. */
function createBuffer(maxSeries = 1000) {
  const log = recordingLogger()
  const sent: Batch[] = []
  const pauses: { ms: number; end: () => void }[] = []
  const state = { now: NOON, send: async (_: Batch): Promise<void> => {} }
  const buffer = new MetricsBuffer({
    catalog,
    maxSeries,
    clock: () => state.now,
    log,
    flushSeconds: 5,
    send: (batch) => {
      sent.push(structuredClone(batch))
      return state.send(batch)
    },
    sleep: (ms) => new Promise((end) => pauses.push({ ms, end })),
    newId: () => 'source',
  })
  const events: Promise<unknown>[] = []
  const waitUntil = (promise: Promise<unknown>) => {
    events.push(promise)
  }
  /** Ends the longest pause that is under way. */
  const endPause = () => pauses.shift()!.end()
  return { buffer, log, sent, pauses, endPause, events, waitUntil, state }
}

const countOf = (batches: readonly Batch[], metric: string): number =>
  batches
    .flatMap((batch) => batch.metrics)
    .filter((each) => each.name === metric)
    .flatMap((each) => each.series)
    .reduce((sum, series) => sum + series.numbers[0]!, 0)

describe('a flush', () => {
  it('is scheduled once, for flushSeconds after the first recording', async () => {
    const { buffer, sent, pauses, endPause, events, waitUntil } = createBuffer()
    buffer.flushLater(waitUntil)
    expect(events).toHaveLength(0)
    for (let count = 0; count < 3; count++) {
      buffer.recordRequest(request('/a'))
      buffer.flushLater(waitUntil)
    }
    expect(pauses.map((pause) => pause.ms)).toEqual([5000])
    expect(buffer.needsFlush).toBe(false)
    endPause()
    await Promise.all(events)
    expect(sent).toHaveLength(1)
    expect(sent[0]).toMatchObject({ version: 1, source: 'source', sequence: 1 })
    expect(countOf(sent, 'esg_api_requests_total')).toBe(3)
    buffer.flushLater(waitUntil)
    expect(events).toHaveLength(1)
  })

  it('is taken over by a later request when the one that was to do it was cancelled', async () => {
    const { buffer, sent, pauses, endPause, events, waitUntil, state } = createBuffer()
    buffer.recordRequest(request('/a'))
    buffer.flushLater(waitUntil)
    state.now += 9_999
    buffer.flushLater(waitUntil)
    expect(pauses).toHaveLength(1)
    state.now += 1
    buffer.flushLater(waitUntil)
    expect(pauses).toHaveLength(2)
    endPause() // not cancelled after all: it leaves the flush to the other
    endPause()
    await Promise.all(events)
    expect(sent).toHaveLength(1)
  })

  it('that fails is tried again as it was, before anything newer, and never rejects', async () => {
    const { buffer, sent, log, state } = createBuffer()
    state.send = async () => {
      throw new Error('store restarts')
    }
    buffer.recordRequest(request('/a'))
    await buffer.flush()
    buffer.recordRequest(request('/b'))
    await buffer.flush()
    expect(sent.map((batch) => batch.sequence)).toEqual([1]) // too early to try again
    state.now += 5_000
    await buffer.flush()
    expect(sent.map((batch) => batch.sequence)).toEqual([1, 1])
    expect(log.lines.map((line) => line.event)).toEqual(new Array(2).fill('metrics_flush_failed'))

    state.send = async () => {}
    state.now += 10_000
    expect(buffer.needsFlush).toBe(true)
    await buffer.flush()
    expect(sent.slice(2).map((batch) => batch.sequence)).toEqual([1, 2])
    expect(sent[2]).toEqual(sent[0])
    expect(countOf(sent.slice(2), 'esg_api_requests_total')).toBe(2)
    expect(countOf(sent.slice(2), 'edgewatch_metrics_flushes_failed_total')).toBe(2)
    expect(buffer.needsFlush).toBe(false)
  })

  it('of another request is not awaited, and is given up for lost after 10 seconds', async () => {
    const { buffer, sent, state } = createBuffer()
    state.send = () => new Promise(() => {})
    buffer.recordRequest(request('/a'))
    void buffer.flush()
    state.send = async () => {}
    state.now += 9_999
    await buffer.flush()
    expect(sent.map((batch) => batch.sequence)).toEqual([1])
    state.now += 1
    await buffer.flush()
    expect(sent.map((batch) => batch.sequence)).toEqual([1, 1])
    expect(buffer.needsFlush).toBe(false)
  })

  it('that is under way goes on with what is recorded before another is asked for', async () => {
    const { buffer, sent, state } = createBuffer()
    let acknowledge = () => {}
    state.send = () => new Promise((resolve) => (acknowledge = resolve))
    buffer.recordRequest(request('/a'))
    const first = buffer.flush()
    buffer.recordRequest(request('/b'))
    await buffer.flush()
    state.send = async () => {}
    acknowledge()
    await first
    expect(sent.map((batch) => batch.sequence)).toEqual([1, 2])
    expect(countOf(sent, 'esg_api_requests_total')).toBe(2)
    expect(buffer.needsFlush).toBe(false)
  })
})

describe('an acknowledgement that comes late', () => {
  it('is of its own batch: a newer one still waits for its own', async () => {
    const { buffer, sent, state } = createBuffer()
    let acknowledgeLate = () => {}
    state.send = () => new Promise((resolve) => (acknowledgeLate = resolve))
    buffer.recordRequest(request('/a'))
    const slow = buffer.flush()

    // Its request seems cancelled, and another one takes over.
    state.now += 10_000
    state.send = async ({ sequence }) => {
      if (sequence === 2) throw new Error('lost')
    }
    buffer.recordRequest(request('/b'))
    await buffer.flush()
    expect(sent.map((batch) => batch.sequence)).toEqual([1, 1, 2])
    acknowledgeLate()
    await slow
    state.send = async () => {}
    await buffer.flush()
    expect(sent.map((batch) => batch.sequence)).toEqual([1, 1, 2])
    state.now += 5_000
    await buffer.flush()
    expect(sent.map((batch) => batch.sequence)).toEqual([1, 1, 2, 2, 3])
    expect(sent[3]).toEqual(sent[2])
    expect(buffer.needsFlush).toBe(false)
  })
})

describe('what is recorded', () => {
  it('counts a request in its metrics and in the minute that it was answered in', async () => {
    const { buffer, sent } = createBuffer()
    buffer.recordRequest(request('/a', { durationMs: 250 }))
    buffer.recordRequest(request('/a', { durationMs: 20_000, status: 503, slow: true }))
    buffer.recordRequest(request('/a', { durationMs: 250, atMs: NOON + MINUTE_MS }))
    await buffer.flush()
    const [batch] = sent
    const series = (name: string) => batch!.metrics.find((metric) => metric.name === name)?.series
    expect(series('esg_api_requests_total')).toEqual([
      { values: ['GET', '/a', '200'], numbers: [2] },
      { values: ['GET', '/a', '503'], numbers: [1] },
    ])
    expect(series('esg_api_request_duration_seconds')).toEqual([
      { values: ['GET', '/a'], numbers: [20.5, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1] },
    ])
    expect(series('esg_api_slow_requests_total')).toEqual([{ values: ['GET', '/a'], numbers: [1] }])
    expect(batch!.minutes.map(({ minute, routes }) => [minute - NOON / MINUTE_MS, routes])).toEqual([
      [expect.closeTo(-5 / 60), [{ route: '/a', numbers: [1, 20.25, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1] }]],
      [expect.closeTo(55 / 60), [{ route: '/a', numbers: [0, 0.25, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0] }]],
    ])
  })

  it('is left out where it makes no sense', async () => {
    const { buffer, sent } = createBuffer()
    buffer.increment(catalog.ticks, { outcome: 'ok' }, -1)
    buffer.increment(catalog.ticks, { outcome: 'ok' }, Number.NaN)
    buffer.observe(catalog.requestDuration, { method: 'GET', route: '/' }, Number.POSITIVE_INFINITY)
    buffer.increment(catalog.ticks, {} as never)
    buffer.increment(catalog.ticks, { outcome: 'half \ud800 \0 a pair' })
    await buffer.flush()
    expect(sent[0]!.metrics.flatMap((metric) => metric.series)).toEqual([
      { values: [''], numbers: [1] },
      { values: ['half \ufffd  a pair'], numbers: [1] },
    ])
  })

  it('is bounded: beyond maxSeries it counts as other, with one warning for a metric', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(30), fc.constantFrom(200, 404, 500)), { maxLength: 200 }),
        fc.integer({ min: 1, max: 20 }),
        async (requests, maxSeries) => {
          const { buffer, sent, log } = createBuffer(maxSeries)
          for (const [route, status] of requests) buffer.recordRequest(request(`/${route}`, { status }))
          await buffer.flush()
          expect(countOf(sent, 'esg_api_requests_total')).toBe(requests.length)
          let inWindows = 0
          for (const { routes } of sent.flatMap((batch) => batch.minutes)) {
            for (const { numbers } of routes) for (const count of numbers.slice(2)) inWindows += count
          }
          expect(inWindows).toBe(requests.length)
          for (const metric of sent.flatMap((batch) => batch.metrics)) {
            if (metric.name !== catalog.seriesDropped.name) {
              expect(metric.series.length).toBeLessThanOrEqual(maxSeries + 1)
            }
          }
          const kinds = new Set(requests.map((each) => each.join(' '))).size
          const dropped = countOf(sent, 'edgewatch_series_dropped_total')
          expect(dropped > 0).toBe(kinds > maxSeries)
          const warned = log.lines.map((line) => line.fields?.metric)
          expect(new Set(warned).size).toBe(warned.length)
        },
      ),
    )
  })

  it('stays bounded while the store is away for hours, and loses nothing', async () => {
    const { buffer, sent } = createBuffer()
    for (let minute = 0; minute < 600; minute++) {
      buffer.recordRequest(request('/a', { atMs: NOON + minute * MINUTE_MS }))
    }
    await buffer.flush()
    expect(sent[0]!.minutes).toHaveLength(15)
    expect(countOf(sent, 'esg_api_requests_total')).toBe(600)
  })
})
