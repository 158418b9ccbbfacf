import type { ExpositionFormat } from '../metrics/exposition.ts'
import { familyHeader } from '../metrics/exposition.ts'
import type { Gauge } from '../metrics/model.ts'
import type { Group } from './group.ts'
import type { Family } from './model.ts'
import { pushTimes } from './push-times.ts'

/** What several groups push by one name. */
interface Merged {
  readonly type: Family['type']
  help: string
  text: string
}

/**
 * The metrics of all groups as text, families by name, without the end that OpenMetrics wants.
 * @param held gauges of the store itself
 * @param isReserved names that groups must not have; what was pushed before they became so is left out
 */
export function renderGroups(
  groups: Iterable<Group>,
  held: Iterable<{ readonly metric: Gauge; readonly value: number }>,
  format: ExpositionFormat,
  isReserved: (name: string) => boolean,
): string {
  const families = new Map<string, Merged>()
  const add = ({ name, type, help, text }: Family) => {
    const known = families.get(name)
    if (!known) families.set(name, { type, help, text })
    else if (known.type === type) {
      known.text += text
      known.help ||= help // groups may describe a metric differently: the first says what is shown
    }
  }
  for (const { metric, value } of held) add({ ...metric, text: `${metric.name} ${value}\n`, samples: 1 })
  for (const group of groups) {
    for (const family of group.families.values()) if (!isReserved(family.name)) add(family)
    for (const family of pushTimes(group)) add(family)
  }
  if (format === 'openmetrics') {
    joinCreated(families)
    leaveCountsOut(families)
  }
  let text = ''
  for (const name of [...families.keys()].sort()) {
    const { type, help, text: samples } = families.get(name)!
    // In OpenMetrics a counter's family has the name without _total, which another metric may have.
    const isClash = format === 'openmetrics' && type === 'counter' && families.has(counterBase(name))
    text += familyHeader({ name, type: isClash ? 'untyped' : type, help }, format) + samples
  }
  return text
}

const DISTRIBUTIONS: readonly string[] = ['histogram', 'summary']

const counterBase = (name: string): string => name.replace(/_total$/, '')

/**
 * Puts the samples of metrics `x_created` where OpenMetrics has them: behind the samples of the counter, histogram or
 * summary `x` whose beginning they tell. A metric of that name would not be valid beside it; nor would a beginning of
 * what is not there, which is left out.
 */
function joinCreated(families: Map<string, Merged>): void {
  for (const [name, created] of [...families]) {
    const base = /^(.+)_created$/.exec(name)?.[1]
    if (base === undefined || (created.type !== 'gauge' && created.type !== 'untyped')) continue
    const isDistribution = families.has(base)
    const owner = families.get(base) ?? families.get(`${base}_total`)
    if (owner === undefined || !(isDistribution ? DISTRIBUTIONS : ['counter']).includes(owner.type)) continue
    families.delete(name)
    const begun = new Map(linesOf(created.text).map((line) => [labelsOf(line), `${line}\n`]))
    let text = ''
    let current: string | undefined
    for (const line of linesOf(owner.text)) {
      const labels = isDistribution ? labelsOf(line).replace(PART_LABEL, '}') : labelsOf(line)
      if (current !== undefined && labels !== current) text += begun.get(current) ?? ''
      current = labels
      text += `${line}\n`
    }
    owner.text = text + (current === undefined ? '' : (begun.get(current) ?? ''))
  }
}

/** What tells the samples of a distribution apart; it stands last. */
const PART_LABEL = /,?(le|quantile)="[^"]*"\}$/

/** The labels of a sample, with their braces. */
const labelsOf = (line: string): string => line.slice(line.indexOf('{'), line.lastIndexOf(' '))

/** OpenMetrics wants a histogram to have a count if and only if it has a sum; the text format, always. */
function leaveCountsOut(families: Map<string, Merged>): void {
  for (const [name, family] of families) {
    if (family.type === 'histogram') family.text = withoutLoneCounts(name, family.text)
  }
}

/** The samples of a histogram without the counts that follow no sum. */
function withoutLoneCounts(name: string, text: string): string {
  const count = `\n${name}_count{`
  let kept = ''
  let from = 0
  for (let at = text.indexOf(count); at !== -1; at = text.indexOf(count, at + 1)) {
    const before = text.lastIndexOf('\n', at - 1) + 1
    if (text.startsWith(`${name}_sum{`, before)) continue
    kept += text.slice(from, at)
    from = text.indexOf('\n', at + 1)
  }
  return kept + text.slice(from)
}

const linesOf = (text: string): string[] => text.split('\n').slice(0, -1)
