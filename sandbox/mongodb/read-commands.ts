import type { Document } from 'bson'
import { find } from 'mingo'
import { valueKey, valuesAt } from './collection.ts'
import type { CommandContext, Commands } from './command.ts'
import { CommandError } from './command-error.ts'
import { runPipeline } from './pipeline.ts'

/** Commands that read documents. */
export const readCommands: Commands = {
  find(command, context) {
    const collection = context.store.read(context.database, command.find)
    const limit = Math.abs(command.limit ?? 0)
    const documents = collection.matching(command.filter ?? {}, queryOptions(command))
    const cursor = find<Document, Document>(documents, {}, command.projection ?? {}, queryOptions(command))
    if (command.sort && Object.keys(command.sort).length > 0) cursor.sort(command.sort)
    if (command.skip) cursor.skip(command.skip)
    if (limit > 0) cursor.limit(limit)
    const singleBatch = command.singleBatch === true || (command.limit ?? 0) < 0
    const found = cursor.all().map(idFirst)
    return context.cursors.firstBatch(collection.namespace, found, command.batchSize, singleBatch)
  },

  aggregate(command, context) {
    if (!Array.isArray(command.pipeline)) {
      throw new CommandError(14, "BSON field 'aggregate.pipeline' is the wrong type, expected type 'array'")
    }
    if (!command.cursor && !command.explain) {
      throw new CommandError(
        9,
        "The 'cursor' option is required, except for aggregate with the explain argument",
      )
    }
    const [first, ...rest] = command.pipeline as Document[]
    const ofDatabase = command.aggregate === 1
    const collection = ofDatabase ? undefined : context.store.read(context.database, command.aggregate)
    const namespace = collection?.namespace ?? `${context.database}.$cmd.aggregate`
    const isStats = first !== undefined && '$collStats' in first
    if (isStats && !context.store.find(context.database, command.aggregate)) {
      throw new CommandError(
        26,
        `Unable to retrieve storageStats in $collStats stage :: caused by :: Collection [${namespace}] not found.`,
      )
    }
    const source = isStats ? [collectionStats(context, command.aggregate)] : (collection?.all() ?? [])
    const stages: Document[] = isStats ? rest : command.pipeline
    refuseWritingStages(stages)
    const results = runPipeline(source, stages, {
      ...queryOptions(command),
      collectionResolver: (name: string) => context.store.read(context.database, name).all(),
    })
    return context.cursors.firstBatch(namespace, results, command.cursor?.batchSize)
  },

  count(command, context) {
    const collection = context.store.read(context.database, command.count)
    const query: Document = command.query ?? {}
    const all = Object.keys(query).length === 0
    const matched = all ? collection.count : collection.matching(query, queryOptions(command)).length
    const afterSkip = Math.max(0, matched - (command.skip ?? 0))
    const limit = Math.abs(command.limit ?? 0)
    return { n: limit > 0 ? Math.min(limit, afterSkip) : afterSkip }
  },

  distinct(command, context) {
    if (typeof command.key !== 'string') {
      throw new CommandError(14, "BSON field 'distinct.key' is the wrong type, expected type 'string'")
    }
    const collection = context.store.read(context.database, command.distinct)
    const byKey = new Map<string, unknown>()
    for (const document of collection.matching(command.query ?? {}, queryOptions(command))) {
      for (const value of valuesAt(document, command.key)) {
        if (value !== undefined) byKey.set(valueKey(value), value)
      }
    }
    return { values: [...byKey.values()] }
  },

  getMore: (command, context) => context.cursors.nextBatch(command.getMore, command.batchSize),

  killCursors: (command, context) => context.cursors.kill(command.cursors ?? []),
}

/** mingo's options for a command: its collation and variables. */
export function queryOptions(command: Document): Document {
  return {
    scriptEnabled: false,
    ...(command.collation && { collation: command.collation }),
    ...(command.let && { variables: command.let }),
  }
}

/** What the stage `$collStats` gives: sizes in bytes. */
export function collectionStats(context: CommandContext, name: unknown): Document {
  const collection = context.store.read(context.database, name)
  const size = collection.dataBytes
  const count = collection.count
  const indexBytes = 4096
  return {
    ns: collection.namespace,
    host: '127.0.0.1',
    localTime: new Date(),
    count,
    storageStats: {
      size,
      count,
      avgObjSize: count === 0 ? 0 : Math.floor(size / count),
      storageSize: roundToPages(size),
      freeStorageSize: 0,
      capped: false,
      nindexes: collection.indexes.length,
      indexSizes: Object.fromEntries(collection.indexes.map((index) => [index.name, indexBytes])),
      totalIndexSize: collection.indexes.length * indexBytes,
      totalSize: roundToPages(size) + collection.indexes.length * indexBytes,
      scaleFactor: 1,
    },
  }
}

const roundToPages = (bytes: number): number => Math.ceil(bytes / 4096) * 4096

/** mingo would write into the copies that it reads from, which nobody would see. */
function refuseWritingStages(stages: Document[]): void {
  const writing = stages
    .flatMap((stage) => Object.keys(stage))
    .find((name) => name === '$out' || name === '$merge')
  if (writing) throw new CommandError(40324, `The embedded MongoDB does not offer the stage ${writing}`)
}

/** A projected document with its `_id` in front, where MongoDB puts it. */
function idFirst(document: Document): Document {
  return '_id' in document ? { _id: document._id, ...document } : document
}
