import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ExposedFamily, ExpositionFormat } from '../../src/metrics/exposition.ts'
import { negotiateFormat, renderExposition } from '../../src/metrics/exposition.ts'
import type { Metric } from '../../src/metrics/model.ts'
import { counter, gauge, histogram } from '../../src/metrics/model.ts'
import { seriesKey } from '../../src/metrics/series.ts'

const family = (metric: Metric, ...series: [values: string[], ...numbers: number[]][]): ExposedFamily => ({
  ...metric,
  series: new Map(series.map(([values, ...numbers]) => [seriesKey(values), { values, numbers }])),
})

const requests = counter({ name: 'requests_total', help: 'Requests.', labels: ['method', 'route'] })
const duration = histogram({ name: 'duration_seconds', help: 'Took.', labels: ['route'], bounds: [0.5, 1] })
const build = gauge({ name: 'build_info', help: 'A "build",\nor \\ two.', labels: ['version'] })
const level = gauge({ name: 'level', help: 'Level.' })

const families = [
  family(requests, [['POST', '/b'], 2], [['GET', '/a'], 1e21]),
  family(level, [[], Number.NaN, 0]),
  family(duration, [['/a'], 3.5, 1, 0, 2]),
  family(build, [['1.0'], 1, 0]),
  family(counter({ name: 'silent_total', help: 'Silent.' })),
]

describe('the text format', () => {
  it('is that of Prometheus 0.0.4, sorted', () => {
    expect(renderExposition(families, 'text')).toBe(`# HELP build_info A "build",\\nor \\\\ two.
# TYPE build_info gauge
build_info{version="1.0"} 1
# HELP duration_seconds Took.
# TYPE duration_seconds histogram
duration_seconds_bucket{route="/a",le="0.5"} 1
duration_seconds_bucket{route="/a",le="1.0"} 1
duration_seconds_bucket{route="/a",le="+Inf"} 3
duration_seconds_sum{route="/a"} 3.5
duration_seconds_count{route="/a"} 3
# HELP level Level.
# TYPE level gauge
level NaN
# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{method="GET",route="/a"} 1e+21
requests_total{method="POST",route="/b"} 2
`)
  })
})

describe('the OpenMetrics format', () => {
  it('names families without their suffix, tells units, and ends with # EOF', () => {
    const text = renderExposition(families, 'openmetrics')
    expect(text.match(/^#.*/gm)).toEqual([
      '# TYPE build info',
      '# HELP build A \\"build\\",\\nor \\\\ two.',
      '# TYPE duration_seconds histogram',
      '# UNIT duration_seconds seconds',
      '# HELP duration_seconds Took.',
      '# TYPE level gauge',
      '# HELP level Level.',
      '# TYPE requests counter',
      '# HELP requests Requests.',
      '# EOF',
    ])
    expect(text).toContain('\nrequests_total{method="POST",route="/b"} 2\n')
    expect(text).toContain('\nbuild_info{version="1.0"} 1\n')
    expect(text.endsWith('# EOF\n')).toBe(true)
  })

  it('of nothing is its end alone', () => {
    expect(renderExposition([], 'openmetrics')).toBe('# EOF\n')
    expect(renderExposition([], 'text')).toBe('')
  })
})

describe.each<ExpositionFormat>(['text', 'openmetrics'])('%s', (format) => {
  it('gives back every label value and number, and is the same whatever the order', () => {
    const series = fc.uniqueArray(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string(), fc.double()), {
      selector: ([a, b]) => seriesKey([a, b]),
      maxLength: 20,
    })
    fc.assert(
      fc.property(series, (all) => {
        const metric = gauge({ name: 'any', help: 'Any.', labels: ['a', 'b'] })
        const rows = all.map(([a, b, value]): [string[], number] => [[a, b], value])
        const text = renderExposition([family(metric, ...rows)], format)
        expect(renderExposition([family(metric, ...rows.toReversed())], format)).toBe(text)
        const read = text
          .split('\n')
          .filter((line) => line.startsWith('any'))
          .map((line) => {
            const [, a, b, value] = /^any\{a="((?:[^"\\]|\\.)*)",b="((?:[^"\\]|\\.)*)"\} (\S+)$/s.exec(line)!
            return [unescapeLabel(a!), unescapeLabel(b!), Number(value!.replace('Inf', 'Infinity'))] as const
          })
        const key = ([a, b]: readonly [string, string, number]) => seriesKey([a, b])
        const byKey = (x: readonly [string, string, number], y: readonly [string, string, number]) =>
          key(x) < key(y) ? -1 : 1
        expect([...read].sort(byKey)).toEqual(
          all.map(([a, b, value]) => [a, b, value + 0]).sort(byKey as never),
        )
      }),
    )
  })
})

function unescapeLabel(text: string): string {
  return text.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped))
}

describe('the format', () => {
  const PROMETHEUS_3 =
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2'
  const PROMETHEUS_2_50 =
    'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2'
  const PROMETHEUS_2_42 =
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
  const PROMETHEUS_2_30 =
    'application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
  it.each([
    [PROMETHEUS_3, 'openmetrics'],
    [PROMETHEUS_2_50, 'openmetrics'],
    [PROMETHEUS_2_42, 'openmetrics'],
    [PROMETHEUS_2_30, 'text'],
    ['application/openmetrics-text', 'openmetrics'],
    ['Application/OpenMetrics-Text; Version="1.0.0"', 'openmetrics'],
    ['application/openmetrics-text;q=0,*/*', 'text'],
    ['text/plain;q=0.9,application/openmetrics-text;version=1.0.0;q=0.8', 'text'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'text'],
    ['application/json', 'text'],
    ['*/*', 'text'],
    ['', 'text'],
    [undefined, 'text'],
  ])('for %s is %s', (accept, format) => {
    expect(negotiateFormat(accept)).toBe(format)
  })
})
