import type { Family, GroupLabels } from './model.ts'
import { Refused } from './model.ts'
import { pushTimes } from './push-times.ts'
import { linesOf, metricLabelsOf, seriesOf } from './sample-lines.ts'

/** What was pushed under the same labels. Times in milliseconds since the epoch, 0 for never. */
export interface Group {
  readonly labels: GroupLabels
  readonly pushedAtMs: number
  readonly failedAtMs: number
  /** By name. */
  readonly families: ReadonlyMap<string, Family>
}

/** Each group has two samples of its own: its push times. */
const OWN_SAMPLES = 2

/** How many samples a group has in `/metrics`. */
export function samplesOf({ families }: Group): number {
  let samples = OWN_SAMPLES
  for (const family of families.values()) samples += family.samples
  return samples
}

/** What a metric's HELP and TYPE have besides its name and its help. */
const HEADER_LENGTH = 32

/** How much text a group makes at most, in UTF-16 units: its own samples, and HELP and TYPE, included. */
export function textLengthOf(group: Group): number {
  let length = 0
  for (const { name, text, help } of group.families.values()) {
    length += text.length + 2 * (name.length + help.length) + HEADER_LENGTH // a help is escaped
  }
  for (const { text } of pushTimes(group)) length += text.length
  return length
}

/** What the samples of a metric have after its name; `_created` only in OpenMetrics. */
const SUFFIXES: Partial<Record<Family['type'], readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count', '_created'],
  summary: ['_sum', '_count', '_created'],
}

/** A name and type of which there may be another. */
type Named = Pick<Family, 'name' | 'type'>

/** Whether a metric has buckets or quantiles, and so samples of other names than its own. */
export const isDistribution = ({ type }: Pick<Family, 'type'>): boolean => Object.hasOwn(SUFFIXES, type)

/** The names that a metric's samples may have. */
const sampleNames = ({ name, type }: Named): string[] => [
  name,
  ...(SUFFIXES[type] ?? []).map((suffix) => name + suffix),
]

/** Whether a metric tells when others began. In OpenMetrics its samples are theirs. */
const isBeginning = ({ name, type }: Named): boolean =>
  name.endsWith('_created') && (type === 'gauge' || type === 'untyped')

/** The name of a counter's family in OpenMetrics; without `_total` it is none there. */
export const counterBase = (name: string): string => name.replace(/(?<=.)_total$/, '')

/** The names that a metric takes up in OpenMetrics, in which no two families may have one in common. */
export function openMetricsNames(family: Named): string[] {
  const { name, type } = family
  const base = type === 'counter' ? counterBase(name) : name
  return base === name ? sampleNames(family) : [base, name, `${base}_created`]
}

/** A name that a metric takes up although Edgewatch's own metrics do; undefined where there is none. */
export const reservedNameOf = (family: Named, isReserved: (name: string) => boolean): string | undefined =>
  openMetricsNames(family).find(isReserved)

/** What else there is, beside a group that is to change. */
export interface Surroundings {
  /** The groups that have a metric of this name, but for the one that changes. */
  readonly othersHaving: (metric: string) => Iterable<Group>
  /** Whether Edgewatch itself has metrics of that name. */
  readonly isReserved: (name: string) => boolean
}

/**
 * Sees to it that a metric can be in a group: metrics of one name have one type in all groups, no sample could be of two
 * metrics, and no series is there twice.
 * @throws Refused
 */
export function checkFamily(family: Family, group: Group, { othersHaving, isReserved }: Surroundings): void {
  const taken = reservedNameOf(family, isReserved)
  if (taken !== undefined) {
    throw new Refused('inconsistent_push', `${taken} is the name of a metric of Edgewatch's own`)
  }
  checkSuffixes(family, function* (metric) {
    if (group.families.has(metric)) yield group
    yield* othersHaving(metric)
  })
  for (const other of othersHaving(family.name)) {
    const theirs = other.families.get(family.name)!
    if (theirs.type !== family.type) {
      throw new Refused(
        'inconsistent_push',
        `${family.name} is a ${family.type} here and a ${theirs.type} in the group ${shownLabels(other.labels)}`,
      )
    }
    if (mayShareSeries(group.labels, other.labels)) checkSeries(family, theirs, other)
  }
}

/** A histogram `x` and another metric `x_count` would be told apart by nothing. */
function checkSuffixes(family: Family, having: (metric: string) => Iterable<Group>): void {
  for (const name of sampleNames(family)) {
    if (name === family.name) continue
    for (const { families, labels } of having(name)) {
      if (!isBeginning(families.get(name)!)) throw clash(name, family, labels)
    }
  }
  const suffix = /_(bucket|sum|count|created)$/.exec(family.name)
  if (!suffix || isBeginning(family)) return
  const baseName = family.name.slice(0, suffix.index)
  for (const { families, labels } of having(baseName)) {
    const base = families.get(baseName)!
    if (sampleNames(base).includes(family.name)) throw clash(family.name, base, labels)
  }
}

const clash = (name: string, { name: base, type }: Named, labels: GroupLabels): Refused =>
  new Refused(
    'inconsistent_push',
    `${name} is a metric and also the name of samples of the ${type} ${base}, group ${shownLabels(labels)}`,
  )

/** Samples have their group's labels: only where none of these differ can groups have a series in common. */
function mayShareSeries(a: GroupLabels, b: GroupLabels): boolean {
  return Object.entries(a).every(([name, value]) => !Object.hasOwn(b, name) || b[name] === value)
}

function checkSeries(family: Family, theirs: Family, { labels }: Group): void {
  const known = new Set(seriesIn(theirs))
  const shared = seriesIn(family).find((series) => known.has(series))
  if (shared === undefined) return
  throw new Refused('inconsistent_push', `${shared} is also in the group ${shownLabels(labels)}`)
}

/** The series of a metric. Buckets and quantiles of the same labels are one: two groups can't each have some. */
const seriesIn = (family: Family): string[] =>
  linesOf(family.text).map((line) =>
    isDistribution(family) ? family.name + metricLabelsOf(line, family.type) : seriesOf(line),
  )

/** A group's labels in a message. */
const shownLabels = (labels: GroupLabels): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}}`
