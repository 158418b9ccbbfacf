import { formatBound, formatNumber } from '../../metrics/exposition.ts'
import type { Family, Stream } from '../model.ts'
import type { Point } from './decode.ts'

/** Whether a point is older than what is known of its series. A delta may have been added then, or not: nobody can tell. */
export const isLate = (known: Stream, { timeNs }: Point): boolean => timeNs > 0 && timeNs < known.timeNs

/** Whether a point is the delta that was added last: a request whose answer was lost is sent again. */
export const isRepeated = (known: Stream, { isDelta, timeNs }: Point): boolean =>
  isDelta && known.isDelta && timeNs > 0 && timeNs === known.timeNs

/** A series as it is after a point that is neither late nor repeated: deltas are added, anything else replaces it. */
export function nextStream(known: Stream | undefined, point: Point): Stream {
  const { isDelta, startNs, timeNs, numbers = [], bounds, sum } = point
  const fresh: Stream = { isDelta, startNs, timeNs, numbers, bounds, ...(sum !== undefined && { sum }) }
  if (!known?.isDelta || !isDelta) return fresh
  // Of another histogram than before the observations can't be added up.
  if (bounds.length !== known.bounds.length || bounds.some((bound, index) => bound !== known.bounds[index]))
    return fresh
  return {
    ...fresh,
    startNs: known.startNs,
    numbers: numbers.map((each, index) => each + known.numbers[index]!),
    ...(sum !== undefined && known.sum !== undefined && { sum: sum + known.sum }),
  }
}

/** How many samples a series has. */
export const samplesOfStream = (type: Family['type'], { numbers, sum }: Stream): number =>
  type === 'histogram' ? numbers.length + (sum === undefined ? 0 : 1) + 1 : 1

/** A family as its series make it. @param streams by the text of their labels */
export function familyOf(
  { name, type, help }: Pick<Family, 'name' | 'type' | 'help'>,
  streams: ReadonlyMap<string, Stream>,
): Family {
  let text = ''
  let samples = 0
  for (const [labels, stream] of streams) {
    samples += samplesOfStream(type, stream)
    text +=
      type === 'histogram'
        ? histogramText(name, labels, stream)
        : `${name}{${labels}} ${formatNumber(stream.numbers[0]!)}\n`
  }
  return { name, type, help, text, samples, streams }
}

function histogramText(name: string, labels: string, { numbers, bounds, sum }: Stream): string {
  let text = ''
  let count = 0
  numbers.forEach((each, index) => {
    count += each
    const bound = index < bounds.length ? formatBound(bounds[index]!) : '+Inf'
    text += `${name}_bucket{${labels},le="${bound}"} ${count}\n`
  })
  if (sum !== undefined) text += `${name}_sum{${labels}} ${formatNumber(sum)}\n`
  return `${text}${name}_count{${labels}} ${count}\n`
}
