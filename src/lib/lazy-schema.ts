import type { ZodType } from 'zod'

/** Zod, as far as requests need it. */
export type Zod = typeof import('./zod.ts')

/** A schema that is made, and Zod loaded, when it is first asked for: a starting isolate pays for neither. */
export function lazySchema<Schema extends ZodType>(make: (z: Zod) => Schema): () => Promise<Schema> {
  let made: Schema | undefined
  return async () => {
    // Not the promise is kept: one request can't wait for what another one began.
    made ??= make(await import('./zod.ts'))
    return made
  }
}
