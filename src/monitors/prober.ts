import { DurableObject } from 'cloudflare:workers'

/** Makes checks from one region. There is one for each region and shard; it stores nothing. */
export abstract class RegionProberObject<E> extends DurableObject<E> {}
