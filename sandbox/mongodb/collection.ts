import { calculateObjectSize, type Document, EJSON, ObjectId } from 'bson'
import { Query } from 'mingo'
import { CommandError } from './command-error.ts'
import { typeName } from './update-rules.ts'

/** An index, as `createIndexes` takes it and `listIndexes` gives it. Only unique ones do anything here. */
export interface IndexSpec {
  readonly name: string
  readonly key: Readonly<Record<string, number | string>>
  readonly unique?: boolean
  readonly sparse?: boolean
  readonly partialFilterExpression?: Document
}

const ID_INDEX: IndexSpec = { name: '_id_', key: { _id: 1 } }

/** A value as text that is equal where MongoDB's comparison says equal, for scalars of one type. */
export const valueKey = (value: unknown): string => EJSON.stringify({ v: value }, { relaxed: false })

/** The values at a dotted path, those of array elements included; `undefined` alone where there is none. */
export function valuesAt(document: unknown, path: string): unknown[] {
  let values: unknown[] = [document]
  for (const part of path.split('.')) {
    values = values.flatMap((value) => {
      if (Array.isArray(value)) {
        const byIndex = /^\d+$/.test(part) ? [value[Number(part)]] : []
        return [...byIndex, ...value.map((element) => element?.[part])].filter((v) => v !== undefined)
      }
      const next = (value as Document | null | undefined)?.[part]
      return next === undefined ? [] : [next]
    })
  }
  const leaves = values.flatMap((value) => (Array.isArray(value) && value.length > 0 ? value : [value]))
  return leaves.length > 0 ? leaves : [undefined]
}

/** Documents in the order in which they were inserted, with unique indexes. A stored document is never changed in place. */
export class Collection {
  readonly namespace: string
  readonly #documents = new Map<string, Document>()
  readonly #indexes: IndexSpec[] = [ID_INDEX]
  /** By index name: which document holds a key. */
  readonly #owners = new Map<string, Map<string, string>>()

  constructor(namespace: string) {
    this.namespace = namespace
  }

  get count(): number {
    return this.#documents.size
  }

  get indexes(): readonly IndexSpec[] {
    return this.#indexes
  }

  /** Bytes of all documents as BSON. */
  get dataBytes(): number {
    let bytes = 0
    for (const document of this.#documents.values()) bytes += calculateObjectSize(document)
    return bytes
  }

  all(): Document[] {
    return [...this.#documents.values()]
  }

  /** The documents that match a filter of the query language. A malformed filter throws, whatever is stored. */
  matching(filter: Document, options: Document = {}): Document[] {
    const query = new Query(filter, options)
    const candidates = filter._id instanceof ObjectId ? this.#byId(filter._id) : this.all()
    return candidates.filter((document) => query.test(document))
  }

  #byId(id: ObjectId): Document[] {
    const document = this.#documents.get(valueKey(id))
    return document ? [document] : []
  }

  /** Adds a document, with an `_id` where it has none, and gives what was stored. Throws E11000. */
  insert(document: Document): Document {
    const { _id = new ObjectId(), ...rest } = document
    checkId(_id)
    const stored = { _id, ...rest }
    const id = valueKey(_id)
    if (this.#documents.has(id)) throw this.#duplicateKey(ID_INDEX, stored)
    this.#claim(id, stored)
    this.#documents.set(id, stored)
    return stored
  }

  /** Puts `after` where `before` was. Throws E11000, or where the `_id` differs, and then nothing has changed. */
  replace(before: Document, after: Document): void {
    const id = valueKey(before._id)
    if (valueKey(after._id) !== id) {
      throw new CommandError(
        66,
        "Performing an update on the path '_id' would modify the immutable field '_id'",
      )
    }
    this.#release(id)
    try {
      this.#claim(id, after)
    } catch (error) {
      this.#claim(id, before)
      throw error
    }
    this.#documents.set(id, after)
  }

  remove(document: Document): void {
    const id = valueKey(document._id)
    this.#release(id)
    this.#documents.delete(id)
  }

  /** Adds an index; the same one again does nothing. Throws where the name is taken or documents break it. */
  createIndex(index: IndexSpec): void {
    const same = this.#indexes.find((existing) => existing.name === index.name)
    if (same) {
      if (valueKey(same.key) === valueKey(index.key)) return
      throw new CommandError(
        86,
        `An existing index has the same name as the requested index. Requested index: ${index.name}`,
      )
    }
    if (index.unique) this.#owners.set(index.name, this.#ownersOf(index))
    this.#indexes.push(index)
  }

  /** Removes an index by its name, or all but the one on `_id` with `*`. */
  dropIndex(name: string): void {
    const dropped = this.#indexes.filter(
      (index) => index !== ID_INDEX && (name === '*' || index.name === name),
    )
    if (dropped.length === 0 && name !== '*')
      throw new CommandError(27, `index not found with name [${name}]`)
    for (const index of dropped) {
      this.#indexes.splice(this.#indexes.indexOf(index), 1)
      this.#owners.delete(index.name)
    }
  }

  #ownersOf(index: IndexSpec): Map<string, string> {
    const owners = new Map<string, string>()
    for (const [id, document] of this.#documents) {
      for (const key of indexKeys(index, document)) {
        if (owners.has(key)) throw this.#duplicateKey(index, document)
        owners.set(key, id)
      }
    }
    return owners
  }

  #uniqueIndexes(): IndexSpec[] {
    return this.#indexes.filter((index) => index.unique)
  }

  /** Takes the document's keys in all unique indexes, or none and throws. */
  #claim(id: string, document: Document): void {
    const wanted = this.#uniqueIndexes().map((index) => ({ index, keys: indexKeys(index, document) }))
    for (const { index, keys } of wanted) {
      if (keys.some((key) => this.#owners.get(index.name)?.has(key)))
        throw this.#duplicateKey(index, document)
    }
    for (const { index, keys } of wanted) {
      for (const key of keys) this.#owners.get(index.name)?.set(key, id)
    }
  }

  #release(id: string): void {
    const document = this.#documents.get(id)
    if (!document) return
    for (const index of this.#uniqueIndexes()) {
      for (const key of indexKeys(index, document)) this.#owners.get(index.name)?.delete(key)
    }
  }

  #duplicateKey(index: IndexSpec, document: Document): CommandError {
    const keyValue = Object.fromEntries(
      Object.keys(index.key).map((path) => [path, valuesAt(document, path)[0] ?? null]),
    )
    const shown = Object.entries(keyValue).map(([path, value]) => `${path}: ${showValue(value)}`)
    return new CommandError(
      11000,
      `E11000 duplicate key error collection: ${this.namespace} index: ${index.name} dup key: { ${shown.join(', ')} }`,
      { keyPattern: index.key, keyValue },
    )
  }
}

function checkId(id: unknown): void {
  if (Array.isArray(id) || id instanceof RegExp) {
    throw new CommandError(53, `The '_id' value cannot be of type ${typeName(id)}`)
  }
  const dollar = id instanceof Object && Object.keys(id).find((key) => key.startsWith('$'))
  if (dollar) {
    throw new CommandError(
      52,
      `_id fields may not contain '$'-prefixed fields: ${dollar} is not valid for storage.`,
    )
  }
}

/** The keys that a document has in an index: one for each combination of array elements; none where it is left out. */
function indexKeys(index: IndexSpec, document: Document): string[] {
  if (index.partialFilterExpression && !new Query(index.partialFilterExpression).test(document)) return []
  const perPath = Object.keys(index.key).map((path) => valuesAt(document, path))
  if (index.sparse && perPath.every((values) => values.every((value) => value === undefined))) return []
  let keys = ['']
  for (const values of perPath) {
    keys = keys.flatMap((key) => values.map((value) => `${key}|${valueKey(value ?? null)}`))
  }
  return [...new Set(keys)]
}

function showValue(value: unknown): string {
  if (value instanceof ObjectId) return `ObjectId('${value.toHexString()}')`
  return EJSON.stringify(value as Document)
}
