import { Collection } from './collection.ts'
import { CommandError } from './command-error.ts'

/** Databases and their collections. Both come into being with the first document, as in MongoDB. */
export class Store {
  readonly #databases = new Map<string, Map<string, Collection>>()

  /** The names of the databases that hold a collection. */
  databaseNames(): string[] {
    return [...this.#databases].filter(([, collections]) => collections.size > 0).map(([name]) => name)
  }

  /** A database's collections by name. */
  collections(database: string): ReadonlyMap<string, Collection> {
    return this.#databases.get(database) ?? new Map()
  }

  /** A collection to read: an empty one, not stored, where there is none. */
  read(database: string, name: unknown): Collection {
    return this.find(database, name) ?? new Collection(namespace(database, name))
  }

  find(database: string, name: unknown): Collection | undefined {
    namespace(database, name)
    return this.#databases.get(database)?.get(String(name))
  }

  /** A collection to write to, made where there is none. */
  write(database: string, name: unknown): Collection {
    const existing = this.find(database, name)
    if (existing) return existing
    const collection = new Collection(namespace(database, name))
    const collections = this.#databases.get(database) ?? new Map<string, Collection>()
    this.#databases.set(database, collections.set(String(name), collection))
    return collection
  }

  drop(database: string, name: unknown): boolean {
    return this.#databases.get(database)?.delete(String(name)) ?? false
  }

  dropDatabase(database: string): void {
    this.#databases.delete(database)
  }
}

function namespace(database: string, name: unknown): string {
  if (typeof name !== 'string' || name === '' || name.includes('$')) {
    throw new CommandError(73, `Invalid namespace specified '${database}.${name}'`)
  }
  return `${database}.${name}`
}
