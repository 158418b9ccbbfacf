import type { Location } from '../config/locations.ts'
import { LOCATION_HINTS } from '../config/locations.ts'
import type { RegionProberClient } from './ports.ts'

/** The binding of the region probers. */
export interface RegionProberNamespace {
  getByName(name: string, options: { locationHint: DurableObjectLocationHint }): RegionProberClient
}

/** The name of the prober of a region and shard; shards count from 0. An object stays where it first was called from. */
export const proberName = (location: Location, shard: number): string => `${location}-${shard}`

/** The stub of a prober, which is made near its location when it is called for the first time. */
export const proberStub = (
  namespace: RegionProberNamespace,
  location: Location,
  shard: number,
): RegionProberClient =>
  namespace.getByName(proberName(location, shard), { locationHint: LOCATION_HINTS[location] })
