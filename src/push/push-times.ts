import { escapeLabelValue } from '../metrics/exposition.ts'
import type { Group } from './group.ts'
import type { Family } from './model.ts'
import { PUSH_FAILURE_TIME, PUSH_TIME } from './model.ts'

/** The metrics that tell when a group was pushed to, in seconds since the epoch; 0 for never. */
export function pushTimes({ labels, pushedAtMs, failedAtMs }: Group): Family[] {
  const all: Readonly<Record<string, string>> = { instance: '', ...labels }
  const text = Object.keys(all)
    .sort()
    .map((label) => `${label}="${escapeLabelValue(all[label]!)}"`)
    .join(',')
  const gauge = (name: string, help: string, atMs: number): Family => ({
    name,
    type: 'gauge',
    help,
    text: `${name}{${text}} ${atMs / 1000}\n`,
    samples: 1,
  })
  return [
    gauge(PUSH_TIME, 'Last Unix time when a push to this group succeeded.', pushedAtMs),
    gauge(PUSH_FAILURE_TIME, 'Last Unix time when a push to this group failed.', failedAtMs),
  ]
}
