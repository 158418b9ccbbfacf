import { IncidentBookObject } from '../../src/incidents/book.ts'
import type { World } from '../alerts/world.ts'

/** A book over the same storage as the world's ledger, by the same clock. */
export class TestBook extends IncidentBookObject<unknown> {
  readonly #world: World

  constructor(world: World) {
    super(world.state, {})
    this.#world = world
  }

  protected override settings() {
    return { clock: this.#world.clock }
  }
}

/** An object's methods as its stub has them: each answers later, with a copy. */
export function stubOf<Client>(object: object): Client {
  return new Proxy(object, {
    get:
      (target, name) =>
      async (...args: unknown[]) => {
        const method = Reflect.get(target, name) as (...args: unknown[]) => unknown
        return structuredClone(await method.apply(target, args))
      },
  }) as Client
}
