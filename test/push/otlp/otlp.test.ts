import fc from 'fast-check'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { refusable } from '../../../src/push/model.ts'
import { applyExport, PointTally } from '../../../src/push/otlp/apply.ts'
import { decodeExport } from '../../../src/push/otlp/decode.ts'
import { labelName, metricName } from '../../../src/push/otlp/names.ts'
import { NOON } from '../../metrics/harness.ts'
import { bytesOf, createWorld } from '../harness.ts'

beforeEach(() => {
  vi.restoreAllMocks()
})

const DELTA = 1
const CUMULATIVE = 2
const T0 = 1_700_000_000

const attributes = (values: Record<string, unknown>) =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : value,
  }))

const at = (seconds: number) => `${T0 + seconds}000000000`

const point = (value: unknown, from: number, to: number, own: Record<string, unknown> = {}) => ({
  attributes: attributes(own),
  startTimeUnixNano: at(from),
  timeUnixNano: at(to),
  ...(typeof value === 'object' ? value : { asDouble: value }),
})

const sum = (
  name: string,
  aggregationTemporality: number,
  isMonotonic: boolean,
  ...dataPoints: unknown[]
) => ({
  name,
  sum: { aggregationTemporality, isMonotonic, dataPoints },
})

/** A store, and a way to export to it as one process. */
function createExporter(limits: Parameters<typeof createWorld>[0] = {}) {
  const world = createWorld(limits)
  const send = (body: unknown) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return world.store().export({ bytes: bytesOf(text), contentType: '', contentEncoding: '' })
  }
  return {
    ...world,
    send,
    async export(metrics: unknown[], resource: Record<string, unknown> = { 'service.name': 'shop' }) {
      const outcome = await send({
        resourceMetrics: [{ resource: { attributes: attributes(resource) }, scopeMetrics: [{ metrics }] }],
      })
      if (!outcome.ok) throw new Error(outcome.error.message)
      return outcome.value
    },
  }
}

/** An outcome that has taken all of so many points. */
const taken = (takenPoints: number) => ({ takenPoints, repeatedPoints: 0, rejectedPoints: 0, reasons: [] })

describe('an export', () => {
  it('is shown as Prometheus would name it', async () => {
    const exporter = createExporter()
    const outcome = await exporter.send({
      unknownField: 1,
      resourceMetrics: [
        {
          resource: {
            attributes: attributes({
              'service.namespace': 'ns',
              'service.name': 'shop',
              'service.instance.id': 'i-1',
              'host.name': 'h',
              'process.pid': { intValue: '12' },
            }),
          },
          scopeMetrics: [
            {
              scope: { name: 'lib', version: '1.0', attributes: attributes({ x: 'y' }) },
              metrics: [
                {
                  name: 'http.server.duration',
                  unit: 'ms',
                  description: 'Took.',
                  histogram: {
                    aggregationTemporality: CUMULATIVE,
                    dataPoints: [
                      point(
                        { count: '4', sum: 30, bucketCounts: ['1', 2, '1'], explicitBounds: [5, 10.5] },
                        0,
                        10,
                        {
                          'http.method': 'GET',
                          ok: { boolValue: true },
                          list: { arrayValue: { values: [{ intValue: '1' }, { stringValue: 'a' }] } },
                        },
                      ),
                    ],
                  },
                },
                { name: 'load', unit: '1', gauge: { dataPoints: [point({ asDouble: 'NaN' }, 0, 10)] } },
                sum('orders', CUMULATIVE, true, point({ asInt: '7' }, 0, 10)),
                sum('open', CUMULATIVE, false, point(-2, 0, 10)),
              ],
            },
          ],
        },
      ],
    })
    expect(outcome).toMatchObject({ ok: true, value: taken(4) })
    const scope = 'otel_scope_name="lib",otel_scope_version="1.0",otel_scope_x="y"'
    const group = 'instance="i-1",job="ns/shop"'
    const own = `http_method="GET",${group},list="[1,\\"a\\"]",ok="true",${scope}`
    expect(await exporter.samples()).toEqual([
      `http_server_duration_milliseconds_bucket{${own},le="5.0"} 1`,
      `http_server_duration_milliseconds_bucket{${own},le="10.5"} 3`,
      `http_server_duration_milliseconds_bucket{${own},le="+Inf"} 4`,
      `http_server_duration_milliseconds_sum{${own}} 30`,
      `http_server_duration_milliseconds_count{${own}} 4`,
      `load_ratio{${group},${scope}} NaN`,
      `open{${group},${scope}} -2`,
      `orders_total{${group},${scope}} 7`,
      `target_info{host_name="h",${group},process_pid="12"} 1`,
    ])
    const text = await exporter.text()
    expect(text).toContain('# HELP http_server_duration_milliseconds Took.\n')
    await exporter.evict()
    expect(await exporter.text()).toBe(text)
  })

  it('of nothing is taken', async () => {
    const { send } = createExporter()
    for (const empty of [{}, { resourceMetrics: [] }, { resourceMetrics: [{}] }]) {
      expect(await send(empty)).toEqual({ ok: true, value: taken(0) })
    }
  })

  it.each([
    '',
    '[]',
    '{',
    '{"resourceMetrics":{}}',
    '{"resourceMetrics":[1]}',
    '{"resourceMetrics":[{"scopeMetrics":[{"metrics":1}]}]}',
  ])('is refused as %j', async (body) => {
    expect(await createExporter().send(body)).toMatchObject({ ok: false, error: { code: 'invalid_push' } })
  })

  it.each<[string, unknown[]]>([
    ['resources', Array.from({ length: 1_001 }, () => ({}))],
    ['points', [{ scopeMetrics: [{ metrics: [{ gauge: { dataPoints: Array(100_001).fill(0) } }] }] }]],
    [
      'text',
      [
        {
          scopeMetrics: [
            {
              scope: { name: 's'.repeat(1_000_000) },
              metrics: [{ name: 'n', gauge: { dataPoints: Array(9).fill({ asInt: 1 }) } }],
            },
          ],
        },
      ],
    ],
  ])('is refused where it has too much of %s', async (_, resourceMetrics) => {
    const exporter = createExporter()
    expect(await exporter.send({ resourceMetrics })).toMatchObject({
      ok: false,
      error: { code: 'too_large' },
    })
    expect(await exporter.samples()).toEqual([])
  })

  it('is refused where attributes are nested without end', async () => {
    const depth = 50_000
    const nested = `${'{"arrayValue":{"values":['.repeat(depth)}{"intValue":1}${']}}'.repeat(depth)}`
    const attribute = `{"key":"k","value":${nested}}`
    expect(
      await createExporter().send(`{"resourceMetrics":[{"resource":{"attributes":[${attribute}]}}]}`),
    ).toMatchObject({
      ok: false,
      error: { code: 'invalid_push', message: expect.stringContaining('nested') },
    })
  })

  it.each<[string, object]>([
    ['attributes', { attributes: 5 }],
    ['timeUnixNano', { timeUnixNano: 'soon' }],
    ['timeUnixNano', { timeUnixNano: 'Infinity' }],
    ['startTimeUnixNano', { startTimeUnixNano: -1 }],
    ['count', { count: 'many' }],
    ['bucketCounts', { bucketCounts: '1' }],
    ['explicitBounds', { explicitBounds: {} }],
  ])('has points rejected whose %s is none: %j', async (field, odd) => {
    const good = point({ count: 3, bucketCounts: [1, 2], explicitBounds: [1] }, 0, 10)
    const histogram = { aggregationTemporality: CUMULATIVE, dataPoints: [{ ...good, ...odd }] }
    expect(await createExporter().export([{ name: 'n', histogram }])).toMatchObject({
      rejectedPoints: 1,
      reasons: [expect.stringContaining(field)],
    })
  })

  it('tells of series that the labels of the resource make one', async () => {
    const { export: send, samples } = createExporter()
    const points = [point(1, 0, 10, { job: 'a' }), point(2, 0, 10, { job: 'b' }), point(4, 10, 20)]
    expect(await send([sum('n', DELTA, true, ...points)])).toMatchObject({
      takenPoints: 2,
      rejectedPoints: 1,
      reasons: ['n_total: a second point of the same labels and time'],
    })
    expect(await samples()).toEqual(['n_total{instance="",job="shop"} 5'])
  })

  it('has no metric whose samples are named as those of another', async () => {
    const { export: send, samples } = createExporter()
    const h = {
      name: 'h',
      histogram: { aggregationTemporality: CUMULATIVE, dataPoints: [point({ count: 1 }, 0, 10)] },
    }
    expect(await send([h, { name: 'h.count', gauge: { dataPoints: [{ asInt: 5 }] } }])).toMatchObject({
      rejectedPoints: 1,
      reasons: [expect.stringContaining('h_count is a metric and also')],
    })
    expect((await samples()).filter((line) => line.startsWith('h_count'))).toHaveLength(1)
  })

  it("can't tell when it was pushed", async () => {
    const { export: send, text } = createExporter()
    expect(
      await send([{ name: 'push_time', unit: 's', gauge: { dataPoints: [{ asInt: 1 }] } }]),
    ).toMatchObject({
      rejectedPoints: 1,
      reasons: [expect.stringContaining('push_time_seconds')],
    })
    expect((await text()).match(/^push_time_seconds\{/gm)).toHaveLength(1)
  })

  it('takes what it can, and tells what it cannot', async () => {
    const exporter = createExporter()
    await exporter.push({ job: 'other' }, '# TYPE taken gauge\ntaken 1\n')
    const outcome = await exporter.export([
      sum('good', CUMULATIVE, true, point(1, 0, 10)),
      sum('negative', CUMULATIVE, true, point(-1, 0, 10)),
      sum('unspecified', 0, true, point(1, 0, 10)),
      sum('edgewatch.build', CUMULATIVE, false, point(1, 0, 10), point(1, 0, 10, { a: 'b' })),
      {
        name: 'taken',
        histogram: { aggregationTemporality: CUMULATIVE, dataPoints: [point({ count: 0 }, 0, 10)] },
      },
      {
        name: 'exponential',
        exponentialHistogram: { aggregationTemporality: CUMULATIVE, dataPoints: [{}, {}] },
      },
      { name: 'quantiles', summary: { dataPoints: [{}] } },
      { name: '***', gauge: { dataPoints: [point(1, 0, 10)] } },
      { name: 'nothing', gauge: { dataPoints: [{}] } },
      {
        name: 'uneven',
        histogram: {
          aggregationTemporality: CUMULATIVE,
          dataPoints: [point({ count: 2, bucketCounts: [1], explicitBounds: [1] }, 0, 10)],
        },
      },
      {
        name: 'miscounted',
        histogram: {
          aggregationTemporality: CUMULATIVE,
          dataPoints: [point({ count: 3, bucketCounts: [1, 1], explicitBounds: [1] }, 0, 10)],
        },
      },
    ])
    expect(outcome).toMatchObject({ takenPoints: 1, rejectedPoints: 12 })
    expect(outcome.reasons.join('\n')).toMatch(
      /"negative": a counter can't be -1[\s\S]*taken is a histogram here and a gauge/,
    )
    expect(await exporter.samples()).toEqual([
      'good_total{instance="",job="shop"} 1',
      'taken{instance="",job="other"} 1',
    ])
  })

  it('is limited, while known series go on', async () => {
    const exporter = createExporter({ maxSeriesPerGroup: 2 })
    const series = (value: number, ...names: string[]) =>
      sum('n', CUMULATIVE, true, ...names.map((name) => point(value, 0, value, { name })))
    expect(await exporter.export([series(1, 'a', 'b')])).toEqual(taken(2))
    expect(await exporter.export([series(2, 'c', 'a', 'b')])).toMatchObject({
      takenPoints: 2,
      rejectedPoints: 1,
      reasons: [expect.stringContaining('push.maxSeriesPerGroup')],
    })
    expect(await exporter.samples()).toEqual([
      'n_total{instance="",job="shop",name="a"} 2',
      'n_total{instance="",job="shop",name="b"} 2',
    ])
  })
})

describe('points over time', () => {
  it('replace each other where they are cumulative, also when the process began anew', async () => {
    const { export: send, samples } = createExporter()
    for (const [value, from, to] of [
      [5, 0, 10],
      [9, 0, 20],
      [2, 25, 30],
    ] as const) {
      expect(await send([sum('n', CUMULATIVE, true, point(value, from, to))])).toEqual(taken(1))
      expect(await samples()).toEqual([`n_total{instance="",job="shop"} ${value}`])
    }
    expect(await send([sum('n', CUMULATIVE, true, point(9, 0, 20))])).toMatchObject({ rejectedPoints: 1 })
    expect(await send([sum('n', CUMULATIVE, true, point(2, 25, 30))])).toEqual(taken(1))
    expect(await samples()).toEqual(['n_total{instance="",job="shop"} 2'])
  })

  it('are rejected from far ahead, or all that follow would be too old', async () => {
    const { export: send, samples, world } = createExporter()
    const aheadBy = (minutes: number) => (world.now / 1000 - T0 + minutes * 60) | 0
    expect(await send([sum('n', CUMULATIVE, true, point(1, 0, aheadBy(11)))])).toMatchObject({
      rejectedPoints: 1,
      reasons: ['"n": timeUnixNano is more than 10 minutes ahead'],
    })
    expect(await send([sum('n', CUMULATIVE, true, point(1, 0, aheadBy(9)))])).toEqual(taken(1))
    expect(await samples()).toEqual(['n_total{instance="",job="shop"} 1'])
  })

  it('add up where they are deltas, once each, and those that are not added are told of', async () => {
    const { export: send, samples, evict } = createExporter()
    const histogram = (from: number, bounds: number[]) => ({
      name: 'h',
      histogram: {
        aggregationTemporality: DELTA,
        dataPoints: [
          point({ count: 3, sum: 4, bucketCounts: [1, 2], explicitBounds: bounds }, from, from + 10),
        ],
      },
    })
    const late = ['n_total', 'open', 'h'].map((name) => `${name}: older than the last point of its series`)
    for (const [from, outcome] of [
      [0, taken(3)],
      [10, taken(3)],
      [10, { ...taken(0), repeatedPoints: 3 }],
      [0, { ...taken(0), rejectedPoints: 3, reasons: late }],
      [20, taken(3)],
    ] as const) {
      const metrics = [
        sum('n', DELTA, true, point(2, from, from + 10)),
        sum('open', DELTA, false, point(-1, from, from + 10)),
        histogram(from, [1]),
      ]
      expect(await send(metrics)).toEqual(outcome)
      await evict()
    }
    const group = 'instance="",job="shop"'
    expect(await samples()).toEqual([
      `h_bucket{${group},le="1.0"} 3`,
      `h_bucket{${group},le="+Inf"} 9`,
      `h_sum{${group}} 12`,
      `h_count{${group}} 9`,
      `n_total{${group}} 6`,
      `open{${group}} -3`,
    ])
    await send([histogram(30, [2])])
    expect(await samples()).toContain(`h_bucket{${group},le="2.0"} 1`)
  })

  it('are put in order within a request', async () => {
    const { export: send, samples } = createExporter()
    const newestFirst = [20, 10, 0].map((from) => point(1, from, from + 10))
    expect(await send([sum('n', DELTA, true, ...newestFirst)])).toEqual(taken(3))
    expect(await samples()).toEqual(['n_total{instance="",job="shop"} 3'])
  })

  it('are rejected where a series has a second one in the request, also without a time', async () => {
    const { export: send, samples } = createExporter()
    expect(await send([{ name: 'n', gauge: { dataPoints: [{ asInt: 1 }, { asInt: 2 }] } }])).toMatchObject({
      takenPoints: 1,
      rejectedPoints: 1,
    })
    expect(await samples()).toEqual(['n{instance="",job="shop"} 1'])
  })

  it('are rejected where what they add up to is no number', async () => {
    const { export: send, samples } = createExporter()
    const huge = [point(1e308, 0, 10), point(1e308, 10, 20), point(1, 20, 30)]
    expect(await send([sum('n', DELTA, true, ...huge)])).toMatchObject({ takenPoints: 2, rejectedPoints: 1 })
    expect(await samples()).toEqual(['n_total{instance="",job="shop"} 1e+308'])
  })

  it('do not end or begin anew a series that has newer ones', async () => {
    const { export: send, samples } = createExporter()
    await send([sum('n', DELTA, true, point(5, 0, 20))])
    const late = { ...taken(0), rejectedPoints: 1, reasons: [expect.stringContaining('older')] }
    expect(await send([sum('n', DELTA, true, { ...point(0, 0, 10), flags: 1 })])).toEqual(late)
    expect(await send([sum('n', CUMULATIVE, true, point(1, 0, 10))])).toEqual(late)
    expect(await samples()).toEqual(['n_total{instance="",job="shop"} 5'])
  })

  it('end a series that has no value any more', async () => {
    const { export: send, samples } = createExporter()
    await send([sum('n', CUMULATIVE, true, point(1, 0, 10), point(2, 0, 10, { a: 'b' }))])
    await send([sum('n', CUMULATIVE, true, { ...point(0, 0, 20), flags: 1 })])
    expect(await samples()).toEqual(['n_total{a="b",instance="",job="shop"} 2'])
  })
})

describe('names', () => {
  it.each([
    ['http.server.duration', 's', 'histogram', 'http_server_duration_seconds'],
    ['duration_seconds', 's', 'gauge', 'duration_seconds'],
    ['requests', '', 'counter', 'requests_total'],
    ['requests_total', '{request}', 'counter', 'requests_total'],
    ['disk io', 'By/s', 'gauge', 'disk_io_bytes_per_second'],
    ['speed', 'm/s', 'gauge', 'speed_meters_per_second'],
    ['used', '1', 'gauge', 'used_ratio'],
    ['used', '1', 'counter', 'used_total'],
    ['cpu.time', 's', 'counter', 'cpu_time_seconds_total'],
    ['2xx', '', 'gauge', '_2xx'],
    ['a..b__c', 'widgets', 'gauge', 'a_b_c_widgets'],
    ['é', '', 'gauge', ''],
  ] as const)('%s in %s as a %s is %s', (name, unit, type, expected) => {
    expect(metricName(name, unit, type)).toBe(expected)
  })

  it('of labels are valid', () => {
    expect(['http.method', '1st', '__x', 'ü'].map(labelName)).toEqual(['http_method', 'key_1st', '_x', ''])
  })

  it('of labels keep integers that are larger than a double can tell', async () => {
    const { export: send, samples } = createExporter()
    const own = {
      id: { intValue: '9007199254740993' },
      small: { intValue: '7' },
      none: { doubleValue: 'NaN' },
    }
    await send([sum('n', CUMULATIVE, false, point(1, 0, 10, own))])
    expect(await samples()).toEqual([
      'n{id="9007199254740993",instance="",job="shop",none="NaN",small="7"} 1',
    ])
  })

  it('that become the same are joined', async () => {
    const { export: send, samples } = createExporter()
    await send([sum('n', CUMULATIVE, true, point(1, 0, 10, { 'a.b': '2', 'a-b': '1', a_b: '3', empty: '' }))])
    expect(await samples()).toEqual(['n_total{a_b="1;2;3",instance="",job="shop"} 1'])
  })
})

describe('whatever JSON comes', () => {
  it('is taken or refused, and what is taken can be shown', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom<unknown>('1', 'NaN', '-Infinity', 1e300, 's/constructor', '__proto__'),
      fc.constant({ toString: 1, valueOf: 1 }),
    )
    const attribute = fc.record({
      key: value,
      value: fc.record(
        { stringValue: value, intValue: value, doubleValue: value, boolValue: value },
        { requiredKeys: [] },
      ),
    })
    const dataPoint = fc.record(
      {
        attributes: fc.oneof(value, fc.array(attribute, { maxLength: 3 })),
        asDouble: value,
        timeUnixNano: value,
        count: value,
        bucketCounts: value,
        flags: value,
      },
      { requiredKeys: [] },
    )
    const data = fc.record({
      dataPoints: fc.oneof(fc.array(dataPoint, { maxLength: 3 }), value),
      aggregationTemporality: fc.constantFrom(1, 2, '2'),
      isMonotonic: fc.boolean(),
    })
    const metric = fc.record(
      { name: fc.oneof(fc.string(), value), unit: value, description: value, sum: data, histogram: data },
      { requiredKeys: [] },
    )
    const scopeMetrics = fc.array(fc.record({ metrics: fc.array(metric, { maxLength: 3 }), scope: value }), {
      maxLength: 2,
    })
    fc.assert(
      fc.property(value, scopeMetrics, (resource, scopes) => {
        const json = JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: scopes }] })
        for (const exported of decodeExport(json, NOON)) {
          const families = applyExport(exported, new Map(), 1000, new PointTally(), () => undefined)
          for (const { name, samples, text } of families.values()) {
            expect(name).toMatch(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/)
            expect(text.split('\n')).toHaveLength(samples + 1)
          }
        }
      }),
    )
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (json) => {
        const outcome = refusable(() => decodeExport(json, NOON))
        if (!outcome.ok) expect(outcome.error.code).toBe('invalid_push')
      }),
    )
  })
})
