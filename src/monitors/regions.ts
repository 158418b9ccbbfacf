import type { Location } from '../config/locations.ts'
import { LOCATION_HINTS } from '../config/locations.ts'
import type { RegionProberClient } from './ports.ts'

/** The binding of the region probers. */
export interface RegionProberNamespace {
  getByName(name: string, options: { locationHint: DurableObjectLocationHint }): RegionProberClient
}

/**
 * The stub of the prober of a location and shard; shards count from 0. It is made near its location when it is called for
 * the first time, and stays there.
 */
export const proberStub = (
  namespace: RegionProberNamespace,
  location: Location,
  shard: number,
): RegionProberClient =>
  namespace.getByName(`${location}-${shard}`, { locationHint: LOCATION_HINTS[location] })
