import { type Document, serialize } from 'bson'
import { find, updateOne } from 'mingo'
import { type Collection, valueKey } from './collection.ts'
import type { CommandContext, Commands } from './command.ts'
import { CommandError, toCommandError } from './command-error.ts'
import { isNumeric, type Numeric, product, sum } from './decimal.ts'
import { queryOptions } from './read-commands.ts'
import { checkApplicable, checkUpdate } from './update-rules.ts'

/** Commands that change documents. */
export const writeCommands: Commands = {
  insert(command, context) {
    const documents = statements(command, 'documents')
    const collection = context.store.write(context.database, command.insert)
    context.stats.opcounters.insert += documents.length
    return eachStatement(command, documents, (document) => {
      collection.insert(document)
      return { n: 1 }
    })
  },

  update(command, context) {
    const updates = statements(command, 'updates')
    context.stats.opcounters.update += updates.length
    let nModified = 0
    const upserted: Document[] = []
    const answer = eachStatement(command, updates, (statement, index) => {
      const outcome = update(context, command.update, statement)
      nModified += outcome.modified
      if (outcome.upserted) upserted.push({ index, _id: outcome.upserted._id })
      return { n: outcome.upserted ? 1 : outcome.matched.length }
    })
    return { ...answer, nModified, ...(upserted.length > 0 && { upserted }) }
  },

  delete(command, context) {
    const deletes = statements(command, 'deletes')
    context.stats.opcounters.delete += deletes.length
    const collection = context.store.read(context.database, command.delete)
    return eachStatement(command, deletes, (statement) => {
      const matching = collection.matching(statement.q, queryOptions(statement))
      const doomed = statement.limit === 1 ? matching.slice(0, 1) : matching
      for (const document of doomed) collection.remove(document)
      return { n: doomed.length }
    })
  },

  findAndModify(command, context) {
    const collection = context.store.read(context.database, command.findAndModify)
    const shown = (document: Document | undefined) =>
      document ? find<Document, Document>([document], {}, command.fields ?? {}).all()[0] : null
    if (command.remove) {
      const [document] = sorted(collection.matching(command.query ?? {}), command.sort)
      if (document) collection.remove(document)
      return { lastErrorObject: { n: document ? 1 : 0 }, value: shown(document) }
    }
    const outcome = update(context, command.findAndModify, {
      q: command.query ?? {},
      u: command.update,
      upsert: command.upsert,
      sort: command.sort,
      arrayFilters: command.arrayFilters,
    })
    const [before] = outcome.matched
    const after = outcome.upserted ?? outcome.after[0]
    return {
      lastErrorObject: {
        n: before || outcome.upserted ? 1 : 0,
        updatedExisting: before !== undefined,
        ...(outcome.upserted && { upserted: outcome.upserted._id }),
      },
      value: shown(command.new ? after : before),
    }
  },
}

/** A write command's list of statements. */
function statements(command: Document, field: string): Document[] {
  const list = command[field]
  if (!Array.isArray(list))
    throw new CommandError(40415, `BSON field '${field}' is missing but a required field`)
  return list
}

/** Carries out statements in order, up to the first that fails if the command is ordered, and adds up `n`. */
function eachStatement(
  command: Document,
  list: Document[],
  run: (statement: Document, index: number) => { n: number },
): Document {
  const writeErrors: Document[] = []
  let n = 0
  for (const [index, statement] of list.entries()) {
    try {
      n += run(statement, index).n
    } catch (error) {
      writeErrors.push(toCommandError(error).writeError(index))
      if (command.ordered !== false) break
    }
  }
  return { n, ...(writeErrors.length > 0 && { writeErrors }) }
}

interface UpdateOutcome {
  readonly matched: Document[]
  /** The matched documents as they are now. */
  readonly after: Document[]
  readonly modified: number
  readonly upserted?: Document
}

/** One update statement: `q`, `u`, `multi`, `upsert`, `arrayFilters`, `sort`, `collation`. */
function update(context: CommandContext, name: unknown, statement: Document): UpdateOutcome {
  const isReplacement =
    !Array.isArray(statement.u) && !Object.keys(statement.u).some((key) => key.startsWith('$'))
  if (isReplacement && statement.multi) {
    throw new CommandError(9, 'multi update is not supported for replacement-style update')
  }
  if (!isReplacement) checkUpdate(statement.u)
  const collection = context.store.read(context.database, name)
  const found = sorted(collection.matching(statement.q, queryOptions(statement)), statement.sort)
  const matched = statement.multi ? found : found.slice(0, 1)
  if (matched.length === 0) {
    if (!statement.upsert) return { matched, after: [], modified: 0 }
    const upserted = upsert(context.store.write(context.database, name), statement, isReplacement)
    return { matched, after: [], modified: 0, upserted }
  }
  const after: Document[] = []
  let modified = 0
  for (const before of matched) {
    const changed = isReplacement ? { _id: before._id, ...statement.u } : applied(before, statement)
    after.push(changed)
    if (Buffer.compare(serialize(before), serialize(changed)) === 0) continue
    collection.replace(before, changed)
    modified++
  }
  return { matched, after, modified }
}

/** A copy of the document with the update's operators or pipeline applied. */
function applied(document: Document, statement: Document, inserting = false): Document {
  let modifier = statement.u
  if (!Array.isArray(modifier)) {
    checkApplicable(document, modifier, inserting)
    modifier = forMingo(document, modifier)
    if (Object.keys(modifier).length === 0) return document
  }
  const documents = [structuredCopy(document)]
  updateOne(
    documents,
    inserting ? {} : statement.q,
    modifier,
    { cloneMode: 'deep', ...(statement.arrayFilters && { arrayFilters: statement.arrayFilters }) },
    queryOptions(statement),
  )
  return documents[0] as Document
}

/** The operators as mingo knows them: without `$setOnInsert`, and with sums and products of BSON's numbers as values. */
function forMingo(document: Document, { $setOnInsert: _, ...modifier }: Document): Document {
  const set: Document = { ...modifier.$set }
  // That is no change, which mingo refuses.
  if ('_id' in set && valueKey(set._id) === valueKey(document._id)) delete set._id
  const known: Document = { ...modifier }
  for (const [operator, combine] of [
    ['$inc', (a: Numeric, b: Numeric) => sum([a, b])],
    ['$mul', product],
  ] as const) {
    const rest: Document = {}
    for (const [path, by] of Object.entries<Numeric>(modifier[operator] ?? {})) {
      const current = valueAt(document, path) ?? 0
      if (!isNumeric(current) || (typeof current === 'number' && typeof by === 'number')) rest[path] = by
      else set[path] = combine(current, by)
    }
    known[operator] = rest
  }
  known.$set = set
  return Object.fromEntries(Object.entries(known).filter(([, fields]) => Object.keys(fields).length > 0))
}

const valueAt = (document: Document, path: string): unknown =>
  path.split('.').reduce<unknown>((value, part) => (value as Document | undefined)?.[part], document)

function upsert(collection: Collection, statement: Document, isReplacement: boolean): Document {
  const { _id: idOfFilter, ...equalities } = equalityFields(statement.q)
  if (isReplacement) {
    refuseOtherId(idOfFilter, statement.u._id)
    return collection.insert(withId(idOfFilter, statement.u))
  }
  const base: Document[] = [{}]
  if (Object.keys(equalities).length > 0) updateOne(base, {}, { $set: equalities })
  if (Array.isArray(statement.u)) {
    return collection.insert(withId(idOfFilter, applied(base[0] as Document, statement, true)))
  }
  // An insert may set the _id, which mingo refuses
  const { $set = {}, $setOnInsert = {}, ...others } = statement.u
  const { _id: idOfUpdate, ...fields } = { ...$setOnInsert, ...$set }
  refuseOtherId(idOfFilter, idOfUpdate)
  const u = Object.keys(fields).length > 0 ? { ...others, $set: fields } : others
  return collection.insert(
    withId(idOfFilter ?? idOfUpdate, applied(base[0] as Document, { ...statement, u }, true)),
  )
}

function refuseOtherId(ofFilter: unknown, ofUpdate: unknown): void {
  if (ofFilter === undefined || ofUpdate === undefined || valueKey(ofFilter) === valueKey(ofUpdate)) return
  throw new CommandError(66, "Performing an update on the path '_id' would modify the immutable field '_id'")
}

const withId = (id: unknown, document: Document): Document =>
  id === undefined ? document : { _id: id, ...document }

/** The fields that a filter fixes to one value: an upsert starts from them. */
function equalityFields(filter: Document): Document {
  const fields: Document = {}
  for (const [path, condition] of Object.entries(filter)) {
    if (path === '$and') {
      for (const part of condition as Document[]) Object.assign(fields, equalityFields(part))
    } else if (!path.startsWith('$')) {
      const isPlain = condition?.constructor === Object
      const operators = isPlain ? Object.keys(condition).filter((key) => key.startsWith('$')) : []
      if (operators.length === 0) fields[path] = condition
      else if ('$eq' in condition) fields[path] = condition.$eq
    }
  }
  return fields
}

function sorted(documents: Document[], sort?: Document): Document[] {
  return sort ? find<Document, Document>(documents, {}).sort(sort).all() : documents
}

/** A copy in which arrays and plain objects are new; BSON's own values are immutable and shared. */
function structuredCopy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(structuredCopy) as T
  if (value === null || typeof value !== 'object' || value.constructor !== Object) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, structuredCopy(part)])) as T
}
