import type { ExpositionFormat } from '../metrics/exposition.ts'
import { familyHeader } from '../metrics/exposition.ts'
import type { Gauge } from '../metrics/model.ts'
import { counterBase, type Group, isDistribution, openMetricsNames, reservedNameOf } from './group.ts'
import type { Family } from './model.ts'
import { pushTimes } from './push-times.ts'
import { linesOf, metricLabelsOf } from './sample-lines.ts'

/** What several groups push by one name. */
interface Merged {
  type: Family['type']
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
    for (const family of group.families.values()) {
      if (reservedNameOf(family, isReserved) === undefined) add(family)
    }
    for (const family of pushTimes(group)) add(family)
  }
  if (format === 'openmetrics') {
    separateNames(families)
    joinCreated(families)
    leaveCountsOut(families)
  }
  let text = ''
  for (const name of [...families.keys()].sort()) {
    const { type, help, text: samples } = families.get(name)!
    text += familyHeader({ name, type, help }, format) + samples
  }
  return text
}

/** The metric whose beginning `x_created` may tell, by its own name. */
function ownerOf(created: string, families: ReadonlyMap<string, Merged>): string | undefined {
  const base = /^(.+)_created$/.exec(created)?.[1]
  if (base === undefined) return undefined
  if (families.has(base)) return isDistribution(families.get(base)!) ? base : undefined
  return families.get(`${base}_total`)?.type === 'counter' ? `${base}_total` : undefined
}

/**
 * Makes counters untyped that in OpenMetrics would take up a name of another metric: the family of `x_total` is `x`
 * there, and may have `x_created`.
 */
function separateNames(families: Map<string, Merged>): void {
  const takers = new Map<string, number>()
  for (const [name, { type }] of families) {
    if (isBeginning(type) && ownerOf(name, families) !== undefined) continue
    for (const taken of openMetricsNames({ name, type })) takers.set(taken, (takers.get(taken) ?? 0) + 1)
  }
  for (const [name, family] of families) {
    if (family.type !== 'counter' || counterBase(name) === name) continue
    if (openMetricsNames({ name, type: 'counter' }).some((taken) => takers.get(taken)! > 1)) {
      family.type = 'untyped'
    }
  }
}

/**
 * Puts the samples of metrics `x_created` where OpenMetrics has them: behind the samples of the counter, histogram or
 * summary `x` whose beginning they tell. A metric of that name would not be valid beside it; nor would a beginning of
 * what is not there, which is left out.
 */
function joinCreated(families: Map<string, Merged>): void {
  for (const [name, created] of [...families]) {
    const ownerName = isBeginning(created.type) ? ownerOf(name, families) : undefined
    if (ownerName === undefined) continue
    const owner = families.get(ownerName)!
    families.delete(name)
    const times = linesOf(created.text).filter((line) => !line.endsWith(' NaN'))
    const begun = new Map(times.map((line) => [metricLabelsOf(line, created.type), `${line}\n`]))
    let text = ''
    let current: string | undefined
    for (const line of linesOf(owner.text)) {
      const labels = metricLabelsOf(line, owner.type)
      if (current !== undefined && labels !== current) text += begun.get(current) ?? ''
      current = labels
      text += `${line}\n`
    }
    owner.text = text + (current === undefined ? '' : (begun.get(current) ?? ''))
  }
}

/** Whether metrics of this type may tell when others began. */
const isBeginning = (type: Family['type']): boolean => type === 'gauge' || type === 'untyped'

/**
 * A histogram with bounds below 0 has no sum in OpenMetrics, and any other has a count if and only if it has a sum. In
 * the text format it always has a count.
 */
function leaveCountsOut(families: Map<string, Merged>): void {
  for (const [name, family] of families) {
    if (family.type === 'histogram') {
      family.text = withoutLoneCounts(name, withoutNegativeSums(name, family.text))
    }
  }
}

/** The samples of a histogram without the sums of what may be negative, which don't only grow. */
function withoutNegativeSums(name: string, text: string): string {
  const negative = ',le="-' // quotes within label values are escaped, so that it is nothing else
  if (!text.includes(negative)) return text
  const lines = linesOf(text)
  const below = new Set(lines.filter((line) => line.includes(negative)).map(labelsOfPart))
  return lines
    .filter((line) => !line.startsWith(`${name}_sum{`) || !below.has(labelsOfPart(line)))
    .map((line) => `${line}\n`)
    .join('')
}

const labelsOfPart = (line: string): string => metricLabelsOf(line, 'histogram')

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
