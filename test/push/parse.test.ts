import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapeLabelValue } from '../../src/metrics/exposition.ts'
import type { Family } from '../../src/push/model.ts'
import { refusable } from '../../src/push/model.ts'
import { parsePush } from '../../src/push/parse.ts'
import { DISTINCT_NAMES, exposition, mistaken, OPENMETRICS, TEXT, TYPES } from './expositions.ts'
import { textFormatProblem } from './strict.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const parse = (text: string | Uint8Array, contentType = '', group: Record<string, string> = { job: 'j' }) =>
  parsePush(typeof text === 'string' ? encode(text) : text, contentType, group, {
    maxSeriesPerGroup: 10_000,
  }).map(({ family }) => family)

/** The samples without what every one of them has. */
const samples = (families: readonly Family[]): string =>
  families
    .map(({ text }) => text)
    .join('')
    .replaceAll(/instance="",job="j",?/g, '')
    .replaceAll(',} ', '} ')
    .replaceAll('{} ', ' ')

describe('the text format', () => {
  it('is read whatever its blanks, and written one way', () => {
    expect(
      samples(
        parse(
          '\n  \n# a comment\n#HELP\n# HELP a\n a { y = "2" , x="1" , } \t 1  \nb{}+inf\nc NaN\nd -1e-3\ne{x=""} .5\n',
        ),
      ),
    ).toBe('a{x="1",y="2"} 1\nb +Inf\nc NaN\nd -1e-3\ne .5\n')
  })

  it('sorts histograms and summaries, and tells the bucket or count that is missing', () => {
    const families = parse(
      `# TYPE h histogram
h_bucket{x="b",le="+Inf"} 3
h_bucket{le="10",x="a"} 2
h_count{x="a"} 2
h_bucket{le="5e-1",x="a"} 1
h_sum{x="b"} 9
# TYPE s summary
s_count 4
s{quantile="0.99"} NaN
s{quantile="0.5"} 1
`,
    )
    expect(samples(families)).toBe(`h_bucket{x="b",le="+Inf"} 3
h_sum{x="b"} 9
h_count{x="b"} 3
h_bucket{x="a",le="0.5"} 1
h_bucket{x="a",le="10.0"} 2
h_bucket{x="a",le="+Inf"} 2
h_count{x="a"} 2
s{quantile="0.5"} 1
s{quantile="0.99"} NaN
s_count 4
`)
    expect(families.map((family) => [family.name, family.type, family.samples])).toEqual([
      ['h', 'histogram', 7],
      ['s', 'summary', 3],
    ])
  })

  it('takes what only looks wrong: a zero with a sign, an endless sum, a sum of what may be negative', () => {
    const text = `# TYPE c counter
c -0
# TYPE h histogram
h_bucket{le="-1"} 1
h_bucket{le="+Inf"} 2.0
h_sum -7
h_count 2e0
# TYPE s summary
s{quantile="0"} NaN
s_sum +Inf
`
    expect(samples(parse(text))).toBe(`c -0
h_bucket{le="-1.0"} 1
h_bucket{le="+Inf"} 2.0
h_sum -7
h_count 2e0
s{quantile="0.0"} NaN
s_sum +Inf
`)
  })

  it('writes counts beyond 53 bits so that equal ones are the same to every parser', () => {
    const text = `# TYPE h histogram
h_bucket{le="1"} 9007199254740993
h_bucket{le="+Inf"} 9007199254740992
h_count 9.007199254740992e15
`
    expect(samples(parse(text)).match(/\S+\n/g)).toEqual(new Array(3).fill('9007199254740992\n'))
  })

  it('adds the count of a histogram to its buckets, or the last bucket to its count', () => {
    const text = '# TYPE h histogram\nh_bucket{x="1",le="+Inf"} 3\nh_count{x="2"} 4\n'
    expect(samples(parse(text))).toBe(
      'h_bucket{x="1",le="+Inf"} 3\nh_count{x="1"} 3\nh_bucket{x="2",le="+Inf"} 4\nh_count{x="2"} 4\n',
    )
  })

  it.each([
    ['a 1', 1, 'end with a line feed'],
    ['a 1\r\n', 1, 'line feed alone'],
    ['a 1\n\ufeffb 1\n', 2, 'expected a metric name'],
    ['a\n', 1, 'expected a number as value, got ""'],
    ['a 0x1\n', 1, 'got "0x1"'],
    ['a 1e999\n', 1, 'got "1e999"'],
    ['a 1 1700000000000\n', 1, 'a timestamp'],
    ['a 1 # {} 1\n', 1, 'expected the end of the line'],
    ['a 1\nb 1\na 2\n', 3, 'a second sample of a{'],
    ['a{x="1",x="2"} 1\n', 1, '"x" is given twice'],
    ['a{__name__="b"} 1\n', 1, 'reserved'],
    ['a{x="\\t"} 1\n', 1, 'no escape sequence'],
    ['a{x="1" y="2"} 1\n', 1, 'expected , or }'],
    ['a{x="1\n"} 1\n', 1, 'expected " after'],
    ['a{x:y="1"} 1\n', 1, 'expected = after'],
    ['a{="1"} 1\n', 1, 'expected a label name'],
    ['a{x=1} 1\n', 1, 'expected " before'],
    ['{"a.b"} 1\n', 1, 'expected a metric name'],
    ['# TYPE a foo\n', 1, 'no type'],
    ['a 1\n# TYPE a gauge\n', 2, 'second TYPE'],
    ['# HELP a x\n# HELP a x\n', 2, 'second HELP'],
    ['# HELP a x\\y\n', 1, 'no escape sequence'],
    ['# TYPE é gauge\n', 1, 'expected a metric name'],
    ['# TYPE h histogram\nh 1\n', 2, 'its samples are h_bucket'],
    ['# TYPE h histogram\nh_bucket 1\n', 2, 'no such label'],
    ['# TYPE h histogram\nh_bucket{le="x"} 1\n', 2, 'expected a number as le'],
    ['# TYPE h histogram\nh_bucket{le="1"} -1\n', 2, "can't be -1"],
    ['# TYPE h histogram\nh_count{le="1"} 1\n', 2, 'must not have the label le'],
    ['# TYPE h histogram\na 1\nh_bucket{le="1"} 1\n', 3, 'lacks its bucket'],
    ['# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\n', 3, 'lower than'],
    ['# TYPE h histogram\nh_bucket{le="1"} 2\nh_count 1\n', 3, 'lower than'],
    ['# TYPE h histogram\nh_bucket{le="+Inf"} 2\nh_sum 1\nh_count 3\n', 4, 'is 3, but'],
    ['# TYPE h histogram\nh_count -1\nh_bucket{le="+Inf"} 1\n', 2, "can't be -1"],
    ['# TYPE h histogram\nh_bucket{le="+Inf"} NaN\n', 2, "can't be NaN"],
    ['# TYPE h histogram\nh_bucket{le="+Inf"} +Inf\n', 2, "can't be +Inf"],
    ['# TYPE h histogram\nh_bucket{le="+Inf"} 1.5\n', 2, "can't be 1.5"],
    ['# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_sum -1\n', 3, "can't be -1"],
    ['# TYPE h histogram\nh_sum NaN\nh_bucket{le="+Inf"} 1\n', 2, "can't be NaN"],
    ['# TYPE h histogram\nh_sum 1\n', 2, 'lacks its bucket'],
    ['# TYPE c counter\nc{x="1"} 1\nc -1\n', 3, "can't be -1"],
    ['# TYPE c counter\nc NaN\n', 2, "can't be NaN"],
    ['# TYPE c counter\nc -Inf\n', 2, "can't be -Inf"],
    ['# TYPE s summary\ns{quantile="1.01"} 1\n', 2, 'from 0 to 1'],
    ['# TYPE s summary\ns{quantile="-0.5"} 1\n', 2, 'from 0 to 1'],
    ['# TYPE s summary\ns{quantile="0.5"} -1\n', 2, "can't be -1"],
    ['# TYPE s summary\ns_sum -1\n', 2, "can't be -1"],
    ['# TYPE s summary\ns_count 0.5\n', 2, "can't be 0.5"],
    ['# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="1.0"} 1\nh_count 1\n', 3, 'a second sample'],
    ['# TYPE s summary\ns 1\n', 2, 'expected a number as quantile'],
  ])('refuses %j and names the line', (text, line, message) => {
    const outcome = refusable(() => parse(text))
    expect(outcome).toMatchObject({ ok: false, error: { code: 'invalid_push' } })
    const said = outcome.ok ? '' : outcome.error.message
    expect(said).toContain(message)
    expect(said).toMatch(new RegExp(`^line ${line}: `))
  })

  it('refuses what is not UTF-8, and names the line', () => {
    const body = new Uint8Array([...encode('a 1\n# é\nb{x="'), 0xc3, ...encode('"} 1\n')])
    expect(refusable(() => parse(body))).toMatchObject({ error: { message: 'line 3: it is not UTF-8' } })
  })

  it('takes as many labels as a body can name, in a time that grows as they do', () => {
    const names = Array.from({ length: 200_000 }, (_, index) => `l${index}`)
    const [family] = parse(`a{${names.map((name) => `${name}="1"`).join(',')}} 1\n`)
    expect(family?.text).toMatch(/^a\{instance="",job="j",l0="1",l1="1",l10="1",/)
  })

  it('ends where there are too many metrics without samples', () => {
    const types = Array.from({ length: 10_001 }, (_, index) => `# TYPE a${index} gauge\n`)
    expect(parse(types.slice(1).join(''))).toEqual([])
    expect(refusable(() => parse(types.join('')))).toMatchObject({ error: { code: 'too_many_series' } })
  })

  it('ends early where there is too much', () => {
    const many = Array.from({ length: 10_001 }, (_, index) => `a{n="${index}"} 1\n`).join('')
    expect(refusable(() => parse(many))).toMatchObject({ error: { code: 'too_many_series' } })
    const lines = Array.from({ length: 5000 }, (_, index) => `a{n="${index}"} 1\n`).join('')
    expect(refusable(() => parse(lines, '', { job: 'j', x: 'x'.repeat(10_000) }))).toMatchObject({
      error: { code: 'too_large' },
    })
  })
})

describe('OpenMetrics', () => {
  it('is read with all its types, as the text format has them', () => {
    const families = parse(
      `# TYPE c_seconds counter
# UNIT c_seconds seconds
# HELP c_seconds A \\"help\\" \\n \\t.
c_seconds_total{x="\\t"} 1 # {trace_id="abc"} 0.5 1700000000.5
c_seconds_created{x="\\\\t"} 1700000000.1
# TYPE i info
i_info{version="1"} 1
# TYPE s stateset
s{s="on"} 1
s{s="off"} 0
# TYPE g gaugehistogram
g_bucket{le="1.0"} 1
g_bucket{le="+Inf"} 2
g_gcount 2
g_gsum -3
# TYPE h histogram
h_bucket{le="1.0"} 1 # {} 0.5
h_bucket{le="+Inf"} 2
h_count 2
h_sum 1.5
plain 1
# EOF
`,
      OPENMETRICS,
    )
    expect(families.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'c_seconds_total counter',
      'c_seconds_created gauge',
      'i_info gauge',
      's gauge',
      'g_bucket gauge',
      'g_gcount gauge',
      'g_gsum gauge',
      'h histogram',
      'plain untyped',
    ])
    expect(families[0]?.help).toBe('A "help" \n \\t.')
    expect(samples(families)).toContain(
      'c_seconds_total{x="\\\\t"} 1\nc_seconds_created{x="\\\\t"} 1700000000.1\n',
    )
  })

  it.each([
    ['', 1, '# EOF'],
    ['a 1\n', 2, '# EOF'],
    ['# EOF\n\n', 1, 'expected'],
    ['\n# EOF\n', 1, 'expected a metric name'],
    ['# a comment\n# EOF\n', 1, 'expected # TYPE'],
    ['a  1\n# EOF\n', 1, 'expected a number'],
    ['a 1 1700000000\n# EOF\n', 1, 'a timestamp'],
    ['a{x="1",} 1\n# EOF\n', 1, 'after the comma'],
    ['# TYPE a counter\na 1\n# EOF\n', 2, 'must stand together'],
    ['# TYPE a counter\na_total -1\n# EOF\n', 2, "can't be -1"],
    ['# TYPE a info\na_info 2\n# EOF\n', 2, "can't be 2"],
    ['# TYPE a histogram\na_bucket{le="+Inf"} 1\na_count 2\n# EOF\n', 3, 'is 2, but'],
    ['# TYPE a summary\na_sum{quantile="0.5"} 1\n# EOF\n', 2, 'must not have the label quantile'],
    ['# TYPE a gauge\na 1 # {} 1\n# EOF\n', 2, 'an exemplar'],
    ['# TYPE a counter\na_total 1 # {x="1"}1\n# EOF\n', 2, 'expected a space'],
    ['a 1\nb 1\na{x="1"} 1\n# EOF\n', 3, 'must stand together'],
    ['a 1\n# TYPE a gauge\n# EOF\n', 2, 'before its samples'],
    ['# TYPE a gauge\n# TYPE a gauge\n# EOF\n', 2, 'second TYPE'],
    ['# TYPE a counter\n# UNIT a seconds\n# EOF\n', 2, 'must end in _seconds'],
    ['# TYPE a_total gauge\na_total 1\n# TYPE a counter\na_total 1\n# EOF\n', 4, 'another metric'],
    ['# TYPE a untyped\n# EOF\n', 1, 'no type'],
  ])('refuses %j and names the line', (text, line, message) => {
    const outcome = refusable(() => parse(text, OPENMETRICS))
    expect(outcome).toMatchObject({ ok: false, error: { code: 'invalid_push' } })
    expect(outcome.ok ? '' : outcome.error.message).toMatch(new RegExp(`^line ${line}: .*`))
    expect(outcome.ok ? '' : outcome.error.message).toContain(message)
  })
})

const name = fc.stringMatching(/^[a-z_:][a-z0-9_:]{0,4}$/)
const labelName = fc
  .stringMatching(/^[a-z][a-z0-9_]{0,4}$/)
  .filter((each) => !['job', 'instance', 'le'].includes(each))
const labelValue = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
  .map((text) => text.toWellFormed())
const labels = fc.dictionary(labelName, labelValue, { maxKeys: 4, noNullPrototype: true })
const value = fc.oneof(fc.double(), fc.integer(), fc.constant(Number.POSITIVE_INFINITY))
const shownValue = (each: number) =>
  Number.isFinite(each) ? String(each) : String(each).replace('Infinity', 'Inf')

/** What a push became, as a push in the text format. */
const written = (families: readonly Family[]): string =>
  families.map(({ name, type, text }) => `# TYPE ${name} ${type}\n${text}`).join('')

/** Families as they read, but for what may be written in several ways. */
const essence = (families: readonly Family[]) =>
  families.map(({ name, type, text, samples }) => ({ name, type, text, samples }))

describe('whatever comes', () => {
  it('is read where it is valid, whatever its types, and written so that it reads the same again', () => {
    const seen = new Map(TYPES.map((type) => [type, 0]))
    fc.assert(
      fc.property(exposition(DISTINCT_NAMES), ({ contentType, text, types }) => {
        const families = parse(text, contentType)
        expect(families.length).toBeGreaterThanOrEqual(types.length)
        expect(textFormatProblem(written(families))).toBeUndefined()
        expect(essence(parse(written(families)))).toEqual(essence(families))
        for (const type of types) seen.set(type, seen.get(type)! + 1)
      }),
      { numRuns: 1000 },
    )
    for (const [type, times] of seen) expect(times, type).toBeGreaterThan(50)
  })

  it('is refused by its line or valid, however little is wrong with it', () => {
    const seen = { accepted: 0, refused: 0 }
    fc.assert(
      fc.property(mistaken(exposition(DISTINCT_NAMES), { min: 1, max: 3 }), ({ contentType, text }) => {
        const outcome = refusable(() => parse(text, contentType))
        if (!outcome.ok) {
          seen.refused++
          const [, line] = /^line (\d+): /.exec(outcome.error.message) ?? []
          expect(Number(line)).toBeLessThanOrEqual(text.split('\n').length)
          return
        }
        const problem = textFormatProblem(written(outcome.value))
        if (problem?.startsWith('a name of two families')) return // which the store refuses
        if (outcome.value.length > 0) seen.accepted++
        expect(problem).toBeUndefined()
        expect(essence(parse(written(outcome.value)))).toEqual(essence(outcome.value))
      }),
      { numRuns: 3000 },
    )
    expect(seen.accepted).toBeGreaterThan(500)
    expect(seen.refused).toBeGreaterThan(500)
  })

  it('is read or refused by its line, and nothing else happens', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: 'binary' }).map(encode)),
        fc.constantFrom(TEXT, OPENMETRICS),
        (body, type) => {
          const outcome = refusable(() => parse(body, type))
          if (!outcome.ok) expect(outcome.error.message).toMatch(/^line \d+: /)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('keeps every label and value', () => {
    const series = fc.uniqueArray(fc.tuple(name, labels, value), {
      selector: ([each, all]) => JSON.stringify([each, Object.entries(all).sort()]),
      maxLength: 12,
    })
    fc.assert(
      fc.property(series, (all) => {
        const lines = all.map(([metric, own, number]) => {
          const pairs = Object.entries(own).map(([label, text]) => `${label}="${escapeLabelValue(text)}"`)
          return `${metric}{${pairs.join(',')}} ${shownValue(number)}\n`
        })
        const read = parse(lines.join(''))
          .flatMap(({ text }) => text.split('\n').slice(0, -1))
          .map((line) => {
            const [, metric, own, number] = /^([^{]+)\{(.*)\} (\S+)$/s.exec(line)!
            const pairs = [...own!.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/gs)]
            expect(pairs.map(([, label]) => label)).toEqual(pairs.map(([, label]) => label).sort())
            return JSON.stringify([
              metric,
              pairs
                .map(([, label, text]) => [label, text])
                .filter(([label]) => !['job', 'instance'].includes(label!)),
              number,
            ])
          })
        const sent = all.map(([metric, own, number]) =>
          JSON.stringify([
            metric,
            Object.entries(own)
              .map(([label, text]) => [label, escapeLabelValue(text)])
              .sort(([a], [b]) => (a! < b! ? -1 : 1)),
            shownValue(number).replace(/^Inf/, '+Inf'),
          ]),
        )
        expect(read.sort()).toEqual(sent.sort())
      }),
      { numRuns: 300 },
    )
  })
})
