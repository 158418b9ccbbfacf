import type { ZodType } from 'zod'

/** The part of Zod that requests need. */
export type Zod = typeof import('./zod.ts')

/** A schema that is made, and Zod loaded, on first use: a starting isolate pays for neither. */
export function lazySchema<Schema extends ZodType>(make: (z: Zod) => Schema): () => Promise<Schema> {
  let made: Schema | undefined
  return async () => {
    // The promise isn't kept: one request can't await what another one began.
    made ??= make(await import('./zod.ts'))
    return made
  }
}
