import type { Group } from './group.ts'
import { samplesOf, textLengthOf } from './group.ts'
import type { Groups } from './groups.ts'
import type { PushLimits } from './model.ts'
import { Refused } from './model.ts'

/** The texts of all groups must fit into memory, and into the 32 MiB that an answer may have. UTF-16 units. */
const MAX_TEXT_LENGTH = 12 * 1024 * 1024

/** Sees to it that there is room for a group, in place of the one with the same labels. @throws Refused */
export function checkLimits(
  group: Group,
  groups: Groups,
  { maxSeriesPerGroup, maxSeries }: PushLimits,
): void {
  const known = groups.get(group.labels)
  const samples = samplesOf(group)
  if (samples > maxSeriesPerGroup + 2) {
    throw new Refused(
      'too_many_series',
      `the group would have ${samples} samples, and push.maxSeriesPerGroup is ${maxSeriesPerGroup}`,
    )
  }
  const all = groups.samples - (known ? samplesOf(known) : 0) + samples
  if (all > maxSeries) {
    throw new Refused(
      'too_many_series',
      `all groups would have ${all} samples, and push.maxSeries is ${maxSeries}`,
    )
  }
  const textLength = groups.textLength - (known ? textLengthOf(known) : 0) + textLengthOf(group)
  if (textLength > MAX_TEXT_LENGTH) {
    throw new Refused(
      'too_large',
      `all groups would be longer than ${MAX_TEXT_LENGTH} characters: delete some`,
    )
  }
}
