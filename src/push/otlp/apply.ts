import { escapeLabelValue } from '../../metrics/exposition.ts'
import { LabelPlan } from '../label-plan.ts'
import type { Family, GroupLabels, Stream } from '../model.ts'
import { MAX_GROUP_TEXT_LENGTH, PUSH_FAILURE_TIME, PUSH_TIME } from '../model.ts'
import type { ExportedMetric, ResourceExport } from './decode.ts'
import { familyOf, isLate, isRepeated, nextStream, samplesOfStream } from './streams.ts'

/** What became of the points of an export: each is in one of these. */
export class PointTally {
  taken = 0
  /** Deltas that had been added before, and were not again. */
  repeated = 0
  /** By the reason. */
  readonly rejected = new Map<string, number>()

  reject(reason: string, points: number): void {
    this.rejected.set(reason, (this.rejected.get(reason) ?? 0) + points)
  }

  /** Adds what another one holds. */
  add({ taken, repeated, rejected }: PointTally): void {
    this.taken += taken
    this.repeated += repeated
    for (const [reason, points] of rejected) this.reject(reason, points)
  }
}

/**
 * The families of a resource as they are after an export. What can't be taken is told in `tally`, and the rest is
 * taken all the same.
 * @param check why a family can't stand beside those of its group and all others; undefined where it can
 */
export function applyExport(
  { group, target, metrics }: ResourceExport,
  known: ReadonlyMap<string, Family>,
  maxSamples: number,
  tally: PointTally,
  check: (family: Family, beside: ReadonlyMap<string, Family>) => string | undefined,
): Map<string, Family> {
  const families = new Map(known)
  const labelText = labelWriter(group)
  const room = { samples: maxSamples, textLength: MAX_GROUP_TEXT_LENGTH }
  const isUsed = ({ samples, text }: Family, sign: 1 | -1) => {
    room.samples -= sign * samples
    room.textLength -= sign * text.length
  }
  for (const family of known.values()) isUsed(family, 1)

  for (const metric of metrics) {
    for (const [reason, points] of metric.rejected) tally.reject(reason, points)
    if (metric.points.length === 0) continue
    if (metric.name === PUSH_TIME || metric.name === PUSH_FAILURE_TIME) {
      tally.reject(`${metric.name} is told of each group by Edgewatch itself`, metric.points.length)
      continue
    }
    const before = families.get(metric.name)
    if (before && (before.type !== metric.type || !before.streams)) {
      const how = before.streams ? `a ${before.type} here` : "pushed by Pushgateway's API"
      tally.reject(`${metric.name} is already ${how}`, metric.points.length)
      continue
    }
    const { streams, taken, repeated, late, collided, tooLarge, tooMany } = merge(
      metric,
      before?.streams,
      labelText,
      room,
    )
    tally.repeated += repeated
    if (late > 0) tally.reject(`${metric.name}: older than the last point of its series`, late)
    if (collided > 0) tally.reject(`${metric.name}: a second point of the same labels and time`, collided)
    if (tooLarge > 0)
      tally.reject(`${metric.name}: the sum with this delta can't be told in 64 bits`, tooLarge)
    if (tooMany > 0) {
      const limit = `${maxSamples} samples (push.maxSeriesPerGroup)`
      tally.reject(`${metric.name}: the group would have more than ${limit}, or too much text`, tooMany)
    }
    const family = familyOf({ ...metric, help: metric.help || before?.help || '' }, streams)
    const problem = check(family, families)
    if (problem !== undefined) {
      if (taken > 0) tally.reject(problem, taken)
      continue
    }
    tally.taken += taken
    if (before) isUsed(before, -1)
    isUsed(family, 1)
    if (streams.size > 0) families.set(metric.name, family)
    else families.delete(metric.name)
  }
  const info = targetInfo(target, labelText)
  if (info && check(info, families) === undefined) families.set(info.name, info)
  return families
}

/** How much more a group can hold. */
interface Room {
  readonly samples: number
  readonly textLength: number
}

function merge(
  { name, type, points }: ExportedMetric,
  known: ReadonlyMap<string, Stream> | undefined,
  labelText: (labels: ReadonlyMap<string, string>) => string,
  room: Room,
) {
  const streams = new Map(known)
  const touched = new Set<string>()
  let { samples, textLength } = room
  let taken = 0
  let repeated = 0
  let late = 0
  let collided = 0
  let tooLarge = 0
  let tooMany = 0
  // Some senders have the newest first; the older ones would then be late.
  for (const point of points.toSorted((a, b) => a.timeNs - b.timeNs)) {
    const labels = labelText(point.labels)
    const before = streams.get(labels)
    if (before) {
      // A request that is sent again comes as a whole. Within one it is a series of another attribute that we can't show.
      const isSecond = touched.has(labels) && before.timeNs === point.timeNs
      if (isSecond && (point.timeNs > 0 || !point.isDelta)) {
        collided++
        continue
      }
      if (isLate(before, point)) {
        late++
        continue
      }
      if (isRepeated(before, point)) {
        repeated++
        continue
      }
    }
    if (point.numbers === undefined) {
      streams.delete(labels)
      taken++
      continue
    }
    const next = nextStream(before, point)
    if (point.isDelta && ![...next.numbers, next.sum ?? 0].every(Number.isFinite)) {
      tooLarge++
      continue
    }
    const more = samplesOfStream(type, next) - (before ? samplesOfStream(type, before) : 0)
    const moreText = more * (name.length + labels.length)
    if (more > 0 && (more > samples || moreText > textLength)) {
      tooMany++
      continue
    }
    samples -= more
    textLength -= moreText
    streams.set(labels, next)
    touched.add(labels)
    taken++
  }
  return { streams, taken, repeated, late, collided, tooLarge, tooMany }
}

/**
 * What is known of the resource, as a metric of its own.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#resource-attributes-1
 */
function targetInfo(
  target: ReadonlyMap<string, string>,
  labelText: (labels: ReadonlyMap<string, string>) => string,
): Family | undefined {
  if (target.size === 0) return undefined
  const stream: Stream = { isDelta: false, startNs: 0, timeNs: 0, numbers: [1], bounds: [] }
  return familyOf(
    { name: 'target_info', type: 'gauge', help: 'Target metadata' },
    new Map([[labelText(target), stream]]),
  )
}

/** Writes labels as the samples of a group have them. */
function labelWriter(group: GroupLabels): (labels: ReadonlyMap<string, string>) => string {
  const escaped = Object.fromEntries(
    Object.entries(group).map(([name, value]) => [name, escapeLabelValue(value)]),
  )
  const plans = new Map<string, LabelPlan>()
  return (labels) => {
    const names = [...labels.keys()]
    const key = names.join(' ')
    let plan = plans.get(key)
    if (!plan) {
      plan = new LabelPlan(names, escaped, undefined)
      plans.set(key, plan)
    }
    return plan.text([...labels.values()])
  }
}
