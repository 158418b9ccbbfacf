import fc from 'fast-check'
import { expect, it } from 'vitest'
import { renderExposition } from '../../src/metrics/exposition.ts'
import { emptyNumbers } from '../../src/metrics/series.ts'
import { catalog } from '../metrics/harness.ts'
import { CLASHING_NAMES, type Exposition, exposition, mistaken } from './expositions.ts'
import { bytesOf, createWorld } from './harness.ts'
import { openMetricsProblem, textFormatProblem } from './strict.ts'

/** Names that Edgewatch's own have, or take up. */
const NEAR_OWN = [
  ...[catalog.requests.name, `${catalog.requestDuration.name}_count_total`],
  `${catalog.requestDuration.name}_created`,
]

const groups = fc.subarray<Record<string, string>>([{ job: 'j' }, { job: 'j', x: '1' }, { job: 'other' }], {
  minLength: 1,
  maxLength: 2,
})

const push = fc.record({
  kind: fc.constant('push' as const),
  to: groups,
  replace: fc.boolean(),
  body: mistaken(exposition([...CLASHING_NAMES, ...NEAR_OWN]), { min: 0, max: 1 }),
})

const bucketCounts = fc.array(fc.constantFrom<number>(0, 1, 2.5, 7), { minLength: 3, maxLength: 3 })
const otlpMetric = fc.oneof(
  fc.record({
    name: fc.constantFrom(...CLASHING_NAMES),
    sum: fc.record({
      isMonotonic: fc.boolean(),
      aggregationTemporality: fc.constant(2),
      dataPoints: fc.tuple(fc.record({ asDouble: fc.constantFrom(-1, 0, 2.5) })),
    }),
  }),
  fc.record({
    name: fc.constantFrom(...CLASHING_NAMES),
    histogram: fc
      .record({
        counts: bucketCounts,
        explicitBounds: fc.constantFrom([-1, 1], [0, 1]),
        sum: fc.option(fc.constantFrom(-1, 3), { nil: undefined }),
      })
      .map(({ counts, ...point }) => ({
        aggregationTemporality: 2,
        dataPoints: [{ ...point, bucketCounts: counts, count: counts.reduce((all, each) => all + each, 0) }],
      })),
  }),
)
const otlp = fc.record({
  kind: fc.constant('otlp' as const),
  metrics: fc.array(otlpMetric, { maxLength: 4 }),
})

// What the push store holds it tells itself.
const { pushedGroups: _groups, pushedSamples: _samples, ...kept } = catalog
const ownText = (format: 'text' | 'openmetrics') =>
  renderExposition(
    Object.values(kept).map((metric) => {
      const values = metric.labels.map(() => 'v')
      const numbers = metric.type === 'histogram' ? emptyNumbers(metric) : [1]
      return { ...metric, series: new Map([['', { values, numbers }]]) }
    }),
    format,
  )

it('whatever is pushed, /metrics can be read by a strict parser', { timeout: 240_000 }, async () => {
  const seen = { accepted: new Map<string, number>(), refused: 0, taken: 0, sharing: 0 }
  const own = { text: ownText('text'), openmetrics: ownText('openmetrics') }
  const count = ({ types }: Exposition) => {
    for (const type of types) seen.accepted.set(type, (seen.accepted.get(type) ?? 0) + 1)
  }
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 4, arbitrary: push }, { weight: 1, arbitrary: otlp }), {
        minLength: 1,
        maxLength: 5,
      }),
      async (pushes) => {
        const { world, push: send, store } = createWorld({ staysInMemory: 'it is evicted before it is read' })
        for (const each of pushes) {
          if (each.kind === 'push') {
            const { to, replace, body } = each
            for (const labels of to) {
              const outcome = await send(labels, body.text, { replace, contentType: body.contentType })
              if (outcome.ok) {
                count(body)
                continue
              }
              seen.refused++
              expect(['invalid_push', 'inconsistent_push']).toContain(outcome.error.code)
              expect(outcome.error.message).toMatch(/^line \d+: /)
            }
          } else {
            const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'j' } }] }
            const request = { resourceMetrics: [{ resource, scopeMetrics: [{ metrics: each.metrics }] }] }
            const bytes = bytesOf(JSON.stringify(request))
            const outcome = await store().export({
              bytes,
              contentType: 'application/json',
              contentEncoding: '',
            })
            if (outcome.ok) seen.taken += outcome.value.takenPoints
          }
        }
        world.staysInMemory = undefined
        const text = await store().exposition('text')
        expect(textFormatProblem(own.text + text)).toBeUndefined()
        const open = await store().exposition('openmetrics')
        expect(openMetricsProblem(own.openmetrics.replace('# EOF\n', `${open}# EOF\n`))).toBeUndefined()
        const shared = (await store().list()).flatMap(({ metrics }) => metrics.map(({ name }) => name))
        if (new Set(shared).size < shared.length) seen.sharing++
      },
    ),
    { numRuns: 200 },
  )
  for (const type of ['counter', 'gauge', 'histogram', 'summary', 'untyped', 'unknown', 'info']) {
    expect(seen.accepted.get(type), type).toBeGreaterThan(10)
  }
  expect(seen.refused).toBeGreaterThan(50)
  expect(seen.taken).toBeGreaterThan(20)
  expect(seen.sharing).toBeGreaterThan(20)
})

it('the checks of this test find what is wrong', () => {
  const valid = '# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n'
  const problems = (text: string) => [openMetricsProblem(`${text}# EOF\n`), textFormatProblem(text)]
  expect(problems(valid)).toEqual([undefined, undefined])
  const wrong = [
    ['h_count 2', 'h_count 3'],
    ['h_count 2', 'h_count -1'],
    ['le="1.0"} 1', 'le="1.0"} 3'],
    ['le="1.0"} 1', 'le="1.0"} NaN'],
    ['le="1.0"', 'le="x"'],
    ['h_bucket{le="+Inf"} 2\n', ''],
    ['h_sum 3', 'i_sum 3'],
    ['h_sum 3', 'h_sum x'],
    ['h_sum 3', 'h_sum{a="b",a="c"} 3'],
  ] as const
  for (const [from, to] of wrong) {
    for (const problem of problems(valid.replace(from, to))) expect(problem, to).toBeTypeOf('string')
  }
  for (const text of [
    valid.replace('le="1.0"', 'le="-1.0"'),
    valid.replace('h_sum 3', 'h_sum -3'),
    valid.replace('h_sum 3\n', ''),
    '# TYPE s summary\ns{quantile="1.5"} 1\n',
    '# TYPE s summary\ns{quantile="0.5"} -1\n',
    '# TYPE c counter\nc_total -1\n',
    '# TYPE c counter\nc_total 1\n# TYPE c_created gauge\nc_created 1\n',
    '# TYPE c gauge\nc 1\n# TYPE c counter\nc_total 1\n',
    '# TYPE s summary\ns_count{a="1"} 1\ns_count{a="2"} 1\ns_sum{a="1"} 1\n',
  ]) {
    expect(openMetricsProblem(`${text}# EOF\n`), text).toBeTypeOf('string')
  }
})
