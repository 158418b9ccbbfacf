import type { Family, GroupLabels } from './model.ts'
import { Refused } from './model.ts'

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

/** How much text a group makes, in UTF-16 units. */
export function textLengthOf({ families }: Group): number {
  let length = 0
  for (const { text, help } of families.values()) length += text.length + help.length
  return length
}

/** The names that the samples of a metric have besides its own. */
const SUFFIXES = { histogram: ['_bucket', '_sum', '_count'], summary: ['_sum', '_count'] } as const

/** A name and type of which there may be another. */
interface Named {
  readonly name: string
  readonly type: Family['type']
}

/** The names that a metric's samples have. */
const sampleNames = ({ name, type }: Named): string[] =>
  type === 'histogram' || type === 'summary'
    ? [name, ...SUFFIXES[type].map((suffix) => name + suffix)]
    : [name]

/** What else there is, beside a group that is to change. */
export interface Surroundings {
  /** All groups but the one that changes. */
  readonly others: readonly Group[]
  /** Whether Edgewatch itself has metrics of that name. */
  readonly isReserved: (name: string) => boolean
}

/**
 * Sees to it that a metric can be in a group: metrics of one name have one type in all groups, no sample could be of two
 * metrics, and no series is there twice.
 * @throws Refused
 */
export function checkFamily(family: Family, group: Group, { others, isReserved }: Surroundings): void {
  const taken = sampleNames(family).find(isReserved)
  if (taken !== undefined) {
    throw new Refused('inconsistent_push', `${taken} is the name of a metric of Edgewatch's own`)
  }
  checkSuffixes(family, group)
  for (const other of others) {
    checkSuffixes(family, other)
    const theirs = other.families.get(family.name)
    if (!theirs) continue
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
function checkSuffixes(family: Family, { families, labels }: Group): void {
  for (const name of sampleNames(family)) {
    if (name !== family.name && families.has(name)) throw clash(name, family, labels)
  }
  const suffix = /_(bucket|sum|count)$/.exec(family.name)
  const base = suffix && families.get(family.name.slice(0, suffix.index))
  if (base && sampleNames(base).includes(family.name)) throw clash(family.name, base, labels)
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
  const known = new Set(seriesOf(theirs.text))
  const shared = seriesOf(family.text).find((series) => known.has(series))
  if (shared === undefined) return
  throw new Refused('inconsistent_push', `${shared} is also in the group ${shownLabels(labels)}`)
}

const seriesOf = (text: string): string[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => line.slice(0, line.lastIndexOf(' ')))

/** A group's labels in a message. */
const shownLabels = (labels: GroupLabels): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}}`
