/** An object that all test files of a Worker share, and the name by which messages call it. */
export type Shared = readonly [name: string, object: object]

/** A property as it was: its descriptor, or undefined where there was none. */
interface Before {
  readonly object: object
  readonly name: string
  readonly properties: ReadonlyMap<PropertyKey, PropertyDescriptor>
}

/** Globals that vitest changes from file to file, and those that Zod and the Sentry SDK install for good on first use. */
const EXEMPT = /^(__vitest|__VITEST|__zod_global|__SENTRY__$|onerror$|onunhandledrejection$)/

/** Remembers the properties of shared objects, to find out afterwards what a test file changed. */
export class SharedState {
  readonly #before: readonly Before[]

  constructor(objects: readonly Shared[]) {
    this.#before = objects.map(([name, object]) => ({ object, name, properties: properties(object) }))
  }

  /** Undoes every change, and returns the names of the changed properties, such as `env.LOG_LEVEL`. */
  restore(): string[] {
    return this.#before.flatMap(({ object, name, properties: before }) => {
      const now = properties(object)
      const changed = [...new Set([...before.keys(), ...now.keys()])].filter(
        (key) => !isSame(before.get(key), now.get(key)),
      )
      for (const key of changed) {
        const descriptor = before.get(key)
        if (descriptor) Object.defineProperty(object, key, descriptor)
        else Reflect.deleteProperty(object, key)
      }
      return changed.map((key) => `${name}.${String(key)}`)
    })
  }
}

function properties(object: object): Map<PropertyKey, PropertyDescriptor> {
  const all = new Map<PropertyKey, PropertyDescriptor>()
  for (const key of Reflect.ownKeys(object)) {
    if (typeof key === 'string' && EXEMPT.test(key)) continue
    all.set(key, Reflect.getOwnPropertyDescriptor(object, key)!)
  }
  return all
}

function isSame(a: PropertyDescriptor | undefined, b: PropertyDescriptor | undefined): boolean {
  if (!a || !b) return a === b
  return Object.is(a.value, b.value) && a.get === b.get && a.set === b.set
}
