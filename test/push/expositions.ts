import fc from 'fast-check'

// Generates pushes: valid ones of every type, and what becomes of them by small mistakes. Imported by Node, too.

/** The formats of text that a push may have, by their content types. */
export const TEXT = ''
export const OPENMETRICS = 'application/openmetrics-text; version=1.0.0'

interface Sample {
  readonly suffix: string
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly value: string
}

interface Family {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: readonly Sample[]
}

/** A push, and the types of its families as it names them. */
export interface Exposition {
  readonly contentType: string
  readonly text: string
  readonly types: readonly string[]
}

type Labels = Sample['labels']

/** Label sets that differ, one with all that must be escaped and what looks like a bound. */
const LABEL_SETS: readonly Labels[] = [
  [],
  [['x', '1']],
  [
    ['y', 'a "b" \\ \n,le="-1"} é'],
    ['x', '1'],
  ],
]

const number = fc.oneof(
  fc.nat(1000).map(String),
  fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('0', '1e3', '+Inf', '12.', '2.50'),
)
const anyNumber = fc.oneof(number, fc.constantFrom('-1', '-0', '-Inf', 'NaN', '-1.5e-7'))
const count = fc.nat(3)
const BOUNDS = [-1, 0, 0.25, 1, 10, 1e6]

const one =
  (suffix: string, value: fc.Arbitrary<string>) =>
  (labels: Labels): fc.Arbitrary<Sample[]> =>
    value.map((each) => [{ suffix, labels, value: each }])

const histogram = (labels: Labels): fc.Arbitrary<Sample[]> =>
  fc
    .record({
      buckets: fc.uniqueArray(fc.tuple(fc.nat(BOUNDS.length - 1), count), {
        selector: ([index]) => index,
        maxLength: 4,
      }),
      beyond: count,
      sum: fc.option(number),
      // What is left out is told by the other.
      leavesOut: fc.constantFrom('', '_count', '+Inf'),
      isWhole: fc.boolean(),
    })
    .map(({ buckets, beyond, sum, leavesOut, isWhole }) => {
      let seen = 0
      const samples: Sample[] = []
      const shown = (each: number) => `${each}${isWhole ? '' : '.0'}`
      for (const [index, more] of buckets.toSorted(([a], [b]) => a - b)) {
        seen += more
        samples.push({
          suffix: '_bucket',
          labels: [...labels, ['le', String(BOUNDS[index])]],
          value: shown(seen),
        })
      }
      seen += beyond
      if (leavesOut !== '+Inf') {
        samples.push({ suffix: '_bucket', labels: [...labels, ['le', '+Inf']], value: shown(seen) })
      }
      if (sum !== null) samples.push({ suffix: '_sum', labels, value: sum })
      if (leavesOut !== '_count') samples.push({ suffix: '_count', labels, value: String(seen) })
      return samples
    })

const summary = (labels: Labels): fc.Arbitrary<Sample[]> =>
  fc
    .record({
      quantiles: fc.uniqueArray(fc.constantFrom('0', '0.5', '0.99', '1'), { maxLength: 3 }),
      value: fc.oneof(number, fc.constant('NaN')),
      sum: number,
      count,
    })
    .map(({ quantiles, value, sum, count: seen }) => [
      ...quantiles.map((each): Sample => ({ suffix: '', labels: [...labels, ['quantile', each]], value })),
      { suffix: '_sum', labels, value: sum },
      { suffix: '_count', labels, value: String(seen) },
    ])

/** The samples of one label set, by type. */
type Types = Readonly<Record<string, (labels: Labels) => fc.Arbitrary<Sample[]>>>

const TEXT_TYPES: Types = {
  counter: one('', number),
  gauge: one('', anyNumber),
  histogram,
  summary,
  untyped: one('', anyNumber),
}
const OPENMETRICS_TYPES: Types = {
  counter: one('_total', number),
  gauge: one('', anyNumber),
  histogram,
  summary,
  unknown: one('', anyNumber),
  info: one('_info', fc.constant('1')),
  gaugehistogram: (labels) =>
    count.map((seen) => [
      { suffix: '_bucket', labels: [...labels, ['le', '+Inf']], value: String(seen) },
      { suffix: '_gcount', labels, value: String(seen) },
    ]),
}

/** All the types that expositions have. */
export const TYPES = [...new Set(Object.keys({ ...TEXT_TYPES, ...OPENMETRICS_TYPES }))]

/** Names that can't be mistaken for each other's samples. */
export const DISTINCT_NAMES = ['m', 'm_seconds', 'other', 'n:a', '_x']
/** Names that take up each other's, in one format or both. */
export const CLASHING_NAMES = [
  ...['a', 'a_total', 'a_total_total', 'a_created', 'a_created_total', 'a_bucket', 'a_sum', 'a_count'],
  ...['a_sum_total', 'a_count_total', '_total', 'b', 'b_total', 'b_created', 'b_seconds'],
]

/** A valid push of families with these names; a push of clashing names may be refused for what they take up. */
export function exposition(names: readonly string[]): fc.Arbitrary<Exposition> {
  const ofFormat = (contentType: string, types: Types): fc.Arbitrary<Exposition> => {
    const family = fc
      .record({
        name: fc.constantFrom(...names),
        type: fc.constantFrom(...Object.keys(types)),
        help: fc.constantFrom('', 'Some help.', 'a "b" \\\\ \\n é'),
        sets: fc.subarray([...LABEL_SETS], { minLength: 1 }),
      })
      .chain(({ name, type, help, sets }) =>
        fc
          .tuple(...sets.map((labels) => types[type]!(labels)))
          .map((samples): Family => ({ name, type, help, samples: samples.flat() })),
      )
    return fc
      .uniqueArray(family, { selector: ({ name }) => name, minLength: 1, maxLength: 4 })
      .map((families) => ({
        contentType,
        text: families.map(familyText).join('') + (contentType === OPENMETRICS ? '# EOF\n' : ''),
        types: families.map(({ type }) => type),
      }))
  }
  return fc.oneof(ofFormat(TEXT, TEXT_TYPES), ofFormat(OPENMETRICS, OPENMETRICS_TYPES))
}

function familyText({ name, type, help, samples }: Family): string {
  const lines = samples.map(({ suffix, labels, value }) => {
    const pairs = labels.map(([label, text]) => `${label}="${escaped(text)}"`).join(',')
    return `${name}${suffix}${pairs === '' ? '' : `{${pairs}}`} ${value}\n`
  })
  return `${help === '' ? '' : `# HELP ${name} ${help}\n`}# TYPE ${name} ${type}\n${lines.join('')}`
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')

const WRONG_VALUES = [
  ...['-1', '-0.5', 'NaN', '+Inf', '-Inf', '0.5', '0', '3', '7', '1e300', '-0', '0x1', '1e999', ''],
  ...['9007199254740992', '9007199254740993'],
]
const WRONG_PARTS = ['-1', '-0', '-Inf', '+Inf', 'NaN', '1.5', '1e1', '0.5', '0.25', '1.0', 'x', '']
const PIECES = [
  '{',
  '}',
  '"',
  ',',
  ' ',
  '\n',
  '\\',
  '#',
  '# TYPE m gauge\n',
  '# EOF\n',
  'le="1"',
  ' # {} 1',
  'é',
]

/** A small mistake: in any line, or where it hurts. */
const mistake = fc.record({
  kind: fc.constantFrom('value', 'value', 'part', 'remove', 'double', 'swap', 'insert'),
  at: fc.nat(),
  other: fc.nat(),
})

/** An exposition with so many mistakes; some of them change nothing. */
export const mistaken = (
  valid: fc.Arbitrary<Exposition>,
  { min, max }: { readonly min: number; readonly max: number },
): fc.Arbitrary<Exposition> =>
  fc
    .tuple(valid, fc.array(mistake, { minLength: min, maxLength: max }))
    .map(([push, mistakes]) => ({ ...push, text: mistakes.reduce(withMistake, push.text) }))

function withMistake(
  text: string,
  { kind, at, other }: { readonly kind: string; readonly at: number; readonly other: number },
): string {
  const pick = (from: readonly string[]) => from[other % from.length]!
  if (kind === 'insert') {
    const place = at % (text.length + 1)
    return text.slice(0, place) + pick(PIECES) + text.slice(place)
  }
  const lines = text.split(/(?<=\n)/)
  const samples = lines.flatMap((line, index) => (line.startsWith('#') ? [] : [index]))
  if (samples.length === 0) return text
  const index = samples[at % samples.length]!
  const line = lines[index]!
  if (kind === 'value') lines[index] = line.replace(/\S*\n$/, () => `${pick(WRONG_VALUES)}\n`)
  else if (kind === 'part') {
    lines[index] = line.replace(/(le|quantile)="[^"]*"\} /, (_, label) => `${label}="${pick(WRONG_PARTS)}"} `)
  } else if (kind === 'remove') lines.splice(index, 1)
  else if (kind === 'double') lines.splice(index, 0, line)
  else {
    const second = samples[other % samples.length]!
    ;[lines[index], lines[second]] = [lines[second]!, line]
  }
  return lines.join('')
}
