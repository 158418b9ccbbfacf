import { escapeLabelValue } from '../metrics/exposition.ts'
import type { SeriesSelector, SeriesValue } from '../metrics/query.ts'
import { type Group, isDistribution } from './group.ts'
import { pushTimes } from './push-times.ts'

/**
 * The sum over the series of a pushed metric that have all these labels; undefined where there is none. A histogram or
 * summary gives its count; its samples can be asked for by their own names, too. What has no type counts as a gauge.
 */
export function pushedValue(
  { metric, labels }: SeriesSelector,
  groups: Iterable<Group>,
): SeriesValue | undefined {
  const wanted = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabelValue(value)}"`)
  let sum: number | undefined
  let type: SeriesValue['type'] = 'gauge'
  for (const group of groups) {
    const { families } = group
    const family =
      families.get(metric) ??
      families.get(metric.replace(/_(bucket|sum|count)$/, '')) ??
      pushTimes(group).find(({ name }) => name === metric)
    if (!family) continue
    const name = family.name === metric && isDistribution(family) ? `${metric}_count` : metric
    if (isDistribution(family) || family.type === 'counter')
      type = isDistribution(family) ? 'histogram' : 'counter'
    for (const line of family.text.split('\n')) {
      if (!line.startsWith(`${name}{`) || !wanted.every((pair) => hasLabel(line, pair))) continue
      sum = (sum ?? 0) + Number(line.slice(line.lastIndexOf(' ') + 1).replace('Inf', 'Infinity'))
    }
  }
  return sum === undefined ? undefined : { type, value: sum }
}

/** Quotes within a label value are escaped, so that a pair can only stand where it is one. */
function hasLabel(line: string, pair: string): boolean {
  if (line.includes(`{${pair}`) || line.includes(`,${pair}`)) return true
  // To be without a label is to have an empty one.
  const name = pair.slice(0, pair.indexOf('='))
  return pair.endsWith('=""') && !line.includes(`{${name}="`) && !line.includes(`,${name}="`)
}
