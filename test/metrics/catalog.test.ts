import { describe, expect, it } from 'vitest'
import docs from '../../docs/metrics.md?raw'
import { createCatalog, DURATION_BOUNDS_SECONDS } from '../../src/metrics/catalog.ts'
import type { Metric } from '../../src/metrics/model.ts'
import { counter, gauge, histogram } from '../../src/metrics/model.ts'

describe('docs/metrics.md', () => {
  it('lists every metric with its type and labels', () => {
    const rows = [...docs.matchAll(/^\| `([^`]+)` \| (\w+) \| ([^|]*)\|/gm)].map(
      ([, name, type, labels]) => ({
        name,
        type,
        labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label),
      }),
    )
    const metrics = Object.values<Metric>(createCatalog('<ns>'.replace(/\W/g, 'X')))
    expect(rows).toEqual(
      metrics.map(({ name, type, labels }) => ({ name: name.replace('XnsX', '<ns>'), type, labels })),
    )
  })

  it('tells the bounds of the request durations', () => {
    const bounds = `${DURATION_BOUNDS_SECONDS.slice(0, -1).join(', ')} and ${DURATION_BOUNDS_SECONDS.at(-1)}`
    expect(docs.replace(/\s+/g, ' ')).toContain(`end at ${bounds} seconds`)
  })
})

describe('a declaration', () => {
  it.each([
    ['a name with a dash', () => counter({ name: 'a-b_total', help: 'x' })],
    ['a counter without _total', () => counter({ name: 'a', help: 'x' })],
    ['a gauge with _total', () => gauge({ name: 'a_total', help: 'x' })],
    ['no help', () => counter({ name: 'a_total', help: ' ' })],
    ['a label with a colon', () => counter({ name: 'a_total', help: 'x', labels: ['a:b'] })],
    [
      'a label that Prometheus keeps for itself',
      () => counter({ name: 'a_total', help: 'x', labels: ['__a'] }),
    ],
    ['a label twice', () => counter({ name: 'a_total', help: 'x', labels: ['a', 'a'] })],
    ['bounds that fall', () => histogram({ name: 'a', help: 'x', bounds: [2, 1] })],
    ['no bounds', () => histogram({ name: 'a', help: 'x', bounds: [] })],
    ['an infinite bound', () => histogram({ name: 'a', help: 'x', bounds: [1, Number.POSITIVE_INFINITY] })],
    ['a histogram with its own le', () => histogram({ name: 'a', help: 'x', labels: ['le'], bounds: [1] })],
  ])('with %s throws', (_, declare) => {
    expect(declare).toThrow(TypeError)
  })
})
