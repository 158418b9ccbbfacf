import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dataPoint } from '../../src/observe/data-point.ts'
import type { Observation } from '../../src/observe/observation.ts'
import { refusal } from './analytics-engine.ts'

const labels = { environment: 'test', deployment: 'v1' }
const observation: Observation = {
  method: 'GET',
  route: '/items/:id',
  status: 200,
  durationMs: 12,
  failed: false,
  slow: false,
  atMs: 1_700_000_000_000,
  requestId: 'r-1',
}

describe('a data point', () => {
  it('has the columns of docs/analytics-engine.md', () => {
    expect(dataPoint(observation, labels)).toEqual({
      indexes: ['/items/:id'],
      blobs: ['GET', '/items/:id', '200', 'r-1', 'test', 'v1'],
      doubles: [12, 200, 0],
    })
  })

  it('is one that Analytics Engine takes, whatever the route, the ids and the environment are', () => {
    const anyText = fc.string({ unit: 'grapheme', maxLength: 3000 })
    fc.assert(
      fc.property(anyText, anyText, anyText, fc.boolean(), (route, requestId, environment, slow) => {
        const point = dataPoint(
          { ...observation, route, requestId, slow },
          { environment, deployment: environment },
        )
        expect(refusal(point)).toBeUndefined()
      }),
      { numRuns: 300 },
    )
  })

  it('cuts a long index between characters', () => {
    const [index] = dataPoint({ ...observation, route: `/${'é'.repeat(60)}` }, labels).indexes ?? []
    expect(index).toBe(`/${'é'.repeat(47)}`)
  })
})

describe('what stands for Analytics Engine', () => {
  it.each([
    [{ indexes: ['a', 'b'] }, 'indexes'],
    [{ indexes: ['x'.repeat(97)] }, 'index'],
    [{ blobs: Array(21).fill('x') }, 'blobs'],
    [{ doubles: Array(21).fill(1) }, 'doubles'],
    [{ doubles: [Number.NaN] }, 'double'],
    [{ blobs: ['x'.repeat(17_000)] }, 'bytes'],
  ])('refuses %o', (point, reason) => {
    expect(refusal(point as AnalyticsEngineDataPoint)).toContain(reason)
  })
})
