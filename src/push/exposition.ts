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
  if (format === 'openmetrics') joinCreated(families)
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
 * summary `x` whose beginning they tell. A metric of that name would not be valid beside it.
 */
function joinCreated(families: Map<string, Merged>): void {
  for (const [name, created] of [...families]) {
    const base = /^(.+)_created$/.exec(name)?.[1]
    if (base === undefined || (created.type !== 'gauge' && created.type !== 'untyped')) continue
    const last = families.has(base) ? `${base}_count` : `${base}_total`
    const owner = families.get(base) ?? families.get(last)
    if (owner === undefined || !(families.has(base) ? DISTRIBUTIONS : ['counter']).includes(owner.type))
      continue
    families.delete(name)
    const lines = new Map(
      linesOf(created.text).map((line) => [line.slice(name.length, line.lastIndexOf(' ')), line]),
    )
    let text = ''
    for (const line of linesOf(owner.text)) {
      text += `${line}\n`
      if (!line.startsWith(last)) continue
      const labels = line.slice(last.length, line.lastIndexOf(' '))
      const mine = lines.get(labels)
      if (mine === undefined) continue
      text += `${mine}\n`
      lines.delete(labels)
    }
    for (const line of lines.values()) text += `${line}\n`
    owner.text = text
  }
}

const linesOf = (text: string): string[] => text.split('\n').slice(0, -1)
