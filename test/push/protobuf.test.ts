import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusable } from '../../src/push/model.ts'
import { parsePush } from '../../src/push/parse.ts'
import { textFormatProblem } from './strict.ts'

/** As Go's client sends it. */
const CONTENT_TYPE =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=underscores'
const parse = (body: readonly number[] | Uint8Array) =>
  parsePush(Uint8Array.from(body), CONTENT_TYPE, { job: 'j' }, { maxSeriesPerGroup: 1000 }).map(
    ({ family }) => family,
  )

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))]
const uint = (field: number, value: number) => [...varint(field * 8), ...varint(value)]
const double = (field: number, value: number) => [
  ...varint(field * 8 + 1),
  ...new Uint8Array(new Float64Array([value]).buffer),
]
const message = (field: number, ...parts: number[][]) => {
  const bytes = parts.flat()
  return [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes]
}
const text = (field: number, value: string) => message(field, [...new TextEncoder().encode(value)])
const delimited = (...parts: number[][]) => {
  const bytes = parts.flat()
  return [...varint(bytes.length), ...bytes]
}
const label = (name: string, value: string) => message(1, text(1, name), text(2, value))

const COUNTER = delimited(
  text(1, 'runs_total'),
  text(2, 'Runs.\n'),
  uint(3, 0),
  message(4, label('kind', 'a "b"'), message(3, double(1, 3))),
  message(4, message(3, double(1, 0.5), message(2, text(1, 'an exemplar')))),
)

/** A family of each type. */
const ALL = [
  ...COUNTER,
  ...delimited(text(1, 'level'), uint(3, 1), message(4, message(2, double(1, Number.NEGATIVE_INFINITY)))),
  ...delimited(text(1, 'any'), uint(3, 3), message(4, message(5, double(1, Number.NaN)))),
  ...delimited(
    text(1, 'lag'),
    uint(3, 2),
    message(4, message(4, uint(1, 300), double(2, 4.5), message(3, double(1, 0.5), double(2, 1)))),
  ),
  ...delimited(
    text(1, 'took'),
    uint(3, 4),
    message(
      4,
      label('x', 'y'),
      message(
        7,
        uint(1, 3),
        double(2, 9),
        message(3, uint(1, 1), double(2, 1)),
        message(3, uint(1, 2), double(2, 2.5)),
      ),
    ),
  ),
]

describe("the Protobuf of Go's client", () => {
  it('is read with all its types', () => {
    const families = parse(ALL)
    expect(families.map(({ name, type, help }) => [name, type, help])).toEqual([
      ['runs_total', 'counter', 'Runs.\n'],
      ['level', 'gauge', ''],
      ['any', 'untyped', ''],
      ['lag', 'summary', ''],
      ['took', 'histogram', ''],
    ])
    const all = 'instance="",job="j"'
    expect(families.flatMap((family) => family.text.split('\n').slice(0, -1))).toEqual([
      `runs_total{${all},kind="a \\"b\\""} 3`,
      `runs_total{${all}} 0.5`,
      `level{${all}} -Inf`,
      `any{${all}} NaN`,
      `lag{${all},quantile="0.5"} 1`,
      `lag_sum{${all}} 4.5`,
      `lag_count{${all}} 300`,
      `took_bucket{${all},x="y",le="1.0"} 1`,
      `took_bucket{${all},x="y",le="2.5"} 2`,
      `took_bucket{${all},x="y",le="+Inf"} 3`,
      `took_sum{${all},x="y"} 9`,
      `took_count{${all},x="y"} 3`,
    ])
  })

  it.each([
    ['ends early', COUNTER.slice(0, -1), 1],
    ['is there twice', [...COUNTER, ...COUNTER], 2],
    ['has no name', delimited(uint(3, 1)), 1],
    ['has a name that is none', delimited(text(1, 'a.b')), 1],
    [
      'has a label that is none',
      delimited(text(1, 'a'), message(4, label('a.b', ''), message(3, double(1, 1)))),
      1,
    ],
    ['is a gauge histogram', delimited(text(1, 'a'), uint(3, 5)), 1],
    ['has a timestamp', delimited(text(1, 'a'), message(4, message(3, double(1, 1)), uint(6, 1))), 1],
    ['has no value', delimited(text(1, 'a'), message(4, message(2, double(1, 1)))), 1],
    ['is not UTF-8', delimited(message(1, [0xff])), 1],
    [
      'is a negative counter',
      [...COUNTER, ...delimited(text(1, 'a'), message(4, message(3, double(1, -1))))],
      2,
    ],
    [
      'has a quantile beyond 1',
      delimited(text(1, 'a'), uint(3, 2), message(4, message(4, message(3, double(1, 1.5), double(2, 1))))),
      1,
    ],
    [
      'has a count below its buckets',
      delimited(
        text(1, 'a'),
        uint(3, 4),
        message(4, message(7, uint(1, 1), message(3, uint(1, 2), double(2, 1)))),
      ),
      1,
    ],
    ['is the text format', [...new TextEncoder().encode('a 1\n')], 1],
  ])('is refused where a family %s', (_, body, place) => {
    expect(refusable(() => parse(body))).toMatchObject({
      ok: false,
      error: {
        code: 'invalid_push',
        message: expect.stringMatching(new RegExp(`^metric family ${place}: `)),
      },
    })
  })

  it('is refused or valid whatever its bytes', () => {
    const seen = { accepted: 0, refused: 0 }
    const changed = fc
      .tuple(fc.nat(ALL.length - 1), fc.nat(255))
      .map(([at, byte]) => Uint8Array.from(ALL.with(at, byte)))
    const cut = fc.nat(ALL.length).map((length) => Uint8Array.from(ALL.slice(0, length)))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), changed, changed, cut), (body) => {
        const outcome = refusable(() => parse(body))
        if (outcome.ok) {
          if (outcome.value.length > 0) seen.accepted++
          const written = outcome.value.map(({ name, type, text }) => `# TYPE ${name} ${type}\n${text}`)
          expect(textFormatProblem(written.join(''))).toBeUndefined()
        } else {
          seen.refused++
          expect(outcome.error.message).toMatch(/^metric family \d+: /)
        }
      }),
      { numRuns: 3000 },
    )
    expect(seen.accepted).toBeGreaterThan(300)
    expect(seen.refused).toBeGreaterThan(300)
  })
})
