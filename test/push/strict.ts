// Checks of `/metrics` as strict parsers make them. Written from the specifications, apart from the code under test.

interface Sample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: string
  readonly line: string
}

interface Family {
  readonly name: string
  type: string
  readonly samples: Sample[]
}

class Problem extends Error {}

function check(condition: boolean, problem: string, line: string): asserts condition {
  if (!condition) throw new Problem(`${problem}: ${line}`)
}

/** The suffixes of samples, by type; the names of other types are those of their samples. */
const OPENMETRICS_SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total', '_created'],
  summary: ['', '_count', '_sum', '_created'],
  histogram: ['_count', '_sum', '_bucket', '_created'],
  info: ['_info'],
}
const TEXT_SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  summary: ['', '_count', '_sum'],
  histogram: ['_count', '_sum', '_bucket'],
}

/**
 * What a strict parser of OpenMetrics 1.0 says against a text; undefined: nothing.
 * @see https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
export function openMetricsProblem(text: string): string | undefined {
  return problemOf(() => {
    check(text.endsWith('# EOF\n'), 'expected # EOF at the end', text.slice(-50))
    const families = familiesOf(text.slice(0, -'# EOF\n'.length), OPENMETRICS_SUFFIXES)
    const taken = new Set<string>()
    for (const { name, type } of families) {
      for (const each of new Set(['', ...(OPENMETRICS_SUFFIXES[type] ?? [])])) {
        check(!taken.has(name + each), 'a name of two families', name + each)
        taken.add(name + each)
      }
    }
    for (const family of families) checkFamily(family, true)
  })
}

/**
 * What a strict parser of the text format 0.0.4 says against a text; undefined: nothing.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
 */
export function textFormatProblem(text: string): string | undefined {
  return problemOf(() => {
    const families = familiesOf(text, TEXT_SUFFIXES)
    const taken = new Set<string>()
    for (const { name, type } of families) {
      for (const each of TEXT_SUFFIXES[type] ?? ['']) {
        check(!taken.has(name + each), 'a name of two families', name + each)
        taken.add(name + each)
      }
    }
    for (const family of families) checkFamily(family, false)
  })
}

function problemOf(checks: () => void): string | undefined {
  try {
    checks()
    return undefined
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return error.message
  }
}

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/

function familiesOf(text: string, suffixes: Readonly<Record<string, readonly string[]>>): Family[] {
  const families: Family[] = []
  const begun = new Set<string>()
  const said = new Set<string>()
  check(text === '' || text.endsWith('\n'), 'expected a line feed at the end', text.slice(-50))
  for (const line of text.split('\n').slice(0, -1)) {
    const metadata = /^# (TYPE|HELP|UNIT) ([^ ]*) (.*)$/.exec(line)
    if (metadata) {
      const [, keyword, name, value] = metadata as unknown as [string, string, string, string]
      check(METRIC_NAME.test(name), 'not a metric name', line)
      let family = families.at(-1)
      if (family?.name !== name) {
        check(!begun.has(name), 'a family in two places', line)
        begun.add(name)
        family = { name, type: 'unknown', samples: [] }
        families.push(family)
      }
      check(family.samples.length === 0, 'metadata after samples', line)
      check(!said.has(`${keyword} ${name}`), 'metadata twice', line)
      said.add(`${keyword} ${name}`)
      if (keyword === 'TYPE') family.type = value
      if (keyword === 'UNIT') check(name.endsWith(`_${value}`), 'a unit that the name lacks', line)
      continue
    }
    check(!line.startsWith('#'), 'neither metadata nor a sample', line)
    const sample = sampleOf(line)
    const family = families.at(-1)
    const suffix = family && sample.name.startsWith(family.name) && sample.name.slice(family.name.length)
    check(
      family !== undefined && (suffixes[family.type] ?? ['']).some((each) => each === suffix),
      'a sample outside its family',
      line,
    )
    family.samples.push(sample)
  }
  return families
}

function sampleOf(line: string): Sample {
  const [, name, labelText = '', value] = /^([^ {]+)(?:\{(.*)\})? (\S+)$/s.exec(line) ?? []
  check(name !== undefined && METRIC_NAME.test(name), 'not a sample', line)
  const labels = new Map<string, string>()
  const pair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y
  while (pair.lastIndex < labelText.length) {
    const found = pair.exec(labelText)
    check(found !== null, 'not a label', line)
    check(!labels.has(found[1]!), 'a label twice', line)
    labels.set(found[1]!, found[2]!)
  }
  check(/^([+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]Inf|NaN)$/i.test(value!), 'not a number', line)
  return { name, labels, value: value!, line }
}

/** Exact, for counts of more than 53 bits are compared. */
const numberOf = (text: string): number | bigint =>
  /^\d+$/.test(text) ? BigInt(text) : Number(text.replace('Inf', 'Infinity'))

const isInteger = (value: number | bigint): boolean => typeof value === 'bigint' || Number.isInteger(value)

function checkFamily({ name, type, samples }: Family, isOpenMetrics: boolean): void {
  const series = new Set<string>()
  const metrics = new Map<string, Sample[]>()
  let last: string | undefined
  for (const sample of samples) {
    const part =
      type === 'histogram' && sample.name === `${name}_bucket`
        ? 'le'
        : type === 'summary' && sample.name === name
          ? 'quantile'
          : undefined
    const key = JSON.stringify([...sample.labels].filter(([label]) => label !== part).sort())
    check(!series.has(`${sample.name} ${JSON.stringify([...sample.labels])}`), 'a series twice', sample.line)
    series.add(`${sample.name} ${JSON.stringify([...sample.labels])}`)
    if (key !== last)
      check(!isOpenMetrics || !metrics.has(key), 'the samples of a metric in two places', sample.line)
    last = key
    metrics.set(key, [...(metrics.get(key) ?? []), sample])
    const value = numberOf(sample.value)
    if (sample.name === `${name}_created` && OPENMETRICS_SUFFIXES[type]) {
      check(!Number.isNaN(value), 'not a time', sample.line)
    }
    if (type === 'counter' && sample.name !== `${name}_created`) check(value >= 0, 'a counter', sample.line)
    if (type === 'info') check(value === 1n, 'an info', sample.line)
  }
  for (const metric of metrics.values()) {
    if (type === 'histogram') checkHistogram(name, metric, isOpenMetrics)
    if (type === 'summary') checkSummary(name, metric)
  }
}

function checkHistogram(name: string, samples: readonly Sample[], isOpenMetrics: boolean): void {
  const [first] = samples
  const valuesOf = (suffix: string) => samples.filter((sample) => sample.name === name + suffix)
  let last: { at: number; value: number | bigint } | undefined
  let hasNegative = false
  for (const { labels, value: written, line } of valuesOf('_bucket')) {
    const at = Number((labels.get('le') ?? 'NaN').replace('Inf', 'Infinity'))
    const value = numberOf(written)
    check(last === undefined ? !Number.isNaN(at) : at > last.at, 'bounds must rise', line)
    check(isInteger(value) && value >= (last?.value ?? 0), 'buckets must be cumulative integers', line)
    hasNegative ||= at < 0
    last = { at, value }
  }
  check(last?.at === Number.POSITIVE_INFINITY, 'no bucket +Inf', first!.line)
  const [count] = valuesOf('_count')
  const [sum] = valuesOf('_sum')
  // biome-ignore lint/suspicious/noDoubleEquals: an integer and a number
  if (count) check(numberOf(count.value) == last.value, 'the count is not that of +Inf', count.line)
  if (!isOpenMetrics) {
    check(count !== undefined, 'no count', first!.line)
    return
  }
  check((count === undefined) === (sum === undefined), 'a count or sum alone', first!.line)
  if (sum) check(!hasNegative && numberOf(sum.value) >= 0, 'a sum that is no counter', sum.line)
}

function checkSummary(name: string, samples: readonly Sample[]): void {
  for (const sample of samples) {
    const value = numberOf(sample.value)
    if (sample.name === name) {
      const at = Number(sample.labels.get('quantile'))
      check(at >= 0 && at <= 1, 'not a quantile', sample.line)
      check(!(value < 0), 'a negative quantile', sample.line)
    } else if (sample.name !== `${name}_created`) {
      check(!sample.labels.has('quantile'), 'a quantile label', sample.line)
      check(value >= 0, 'a counter', sample.line)
      check(sample.name === `${name}_sum` || isInteger(value), 'not an integer', sample.line)
    }
  }
}
