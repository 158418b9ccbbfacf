import type { Catalog } from '../metrics/catalog.ts'
import type { Gauge } from '../metrics/model.ts'
import type { Groups } from './groups.ts'

/** The metrics that tell what the store holds. It tells them itself when it is asked, so that they are never late. */
export type HeldMetrics = Pick<Catalog, 'pushedGroups' | 'pushedSamples'>

/** What the store holds. */
export const heldIn = (
  groups: Groups,
  { pushedGroups, pushedSamples }: HeldMetrics,
): readonly { readonly metric: Gauge; readonly value: number }[] => [
  { metric: pushedGroups, value: groups.count },
  { metric: pushedSamples, value: groups.samples },
]
