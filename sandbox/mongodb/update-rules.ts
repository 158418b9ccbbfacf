import { Decimal128, type Document, EJSON, Long, ObjectId } from 'bson'
import { CommandError } from './command-error.ts'
import { isNumeric } from './decimal.ts'

// What MongoDB refuses in an update with operators, and mingo does or passes over. Messages are MongoDB's:
// https://github.com/mongodb/mongo/tree/master/src/mongo/db/update

/** Operators that make the field where there is none. */
const CREATING = new Set([
  '$set',
  '$inc',
  '$mul',
  '$min',
  '$max',
  '$push',
  '$addToSet',
  '$bit',
  '$currentDate',
])

/** Stages of an update by pipeline. */
const PIPELINE_STAGES = new Set(['$addFields', '$set', '$project', '$unset', '$replaceRoot', '$replaceWith'])

/** Refuses an update that no document can take. */
export function checkUpdate(update: Document): void {
  if (Array.isArray(update)) {
    for (const name of update.flatMap((stage) => Object.keys(stage))) {
      if (!PIPELINE_STAGES.has(name)) {
        throw new CommandError(72, `${name} is not allowed to be used within an update`)
      }
    }
    return
  }
  const paths: string[] = []
  for (const [operator, fields] of Object.entries(update)) {
    if (!operator.startsWith('$')) {
      throw new CommandError(
        9,
        `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`,
      )
    }
    if (!isDocument(fields)) {
      throw new CommandError(
        9,
        `Modifiers operate on fields but we found type ${typeName(fields)} instead. For example: {$mod: {<field>: ...}} not {${operator}: ${show(fields)}}`,
      )
    }
    for (const [path, argument] of Object.entries(fields)) {
      checkArgument(operator, path, argument)
      for (const each of operator === '$rename' ? [path, argument] : [path]) {
        addPath(each, paths)
      }
    }
  }
}

/** Refuses an update that this document can't take. @param inserting the document is the beginning of an upsert */
export function checkApplicable(document: Document, update: Document, inserting: boolean): void {
  for (const [operator, fields] of Object.entries(update)) {
    for (const [path, argument] of Object.entries(fields)) {
      const target = operator === '$rename' ? String(argument) : path
      const creates =
        CREATING.has(operator) ||
        (operator === '$setOnInsert' && inserting) ||
        (operator === '$rename' && valuesAtPath(document, path).some((value) => value !== undefined))
      const values = valuesAtPath(document, target, creates)
      if (operator === '$rename') continue
      for (const value of values) if (value !== undefined) checkValue(document, operator, path, value)
    }
  }
}

function checkArgument(operator: string, path: string, argument: unknown): void {
  if ((operator === '$inc' || operator === '$mul') && !isNumeric(argument)) {
    const verb = operator === '$inc' ? 'increment' : 'multiply'
    throw new CommandError(14, `Cannot ${verb} with non-numeric argument: {${path}: ${show(argument)}}`)
  }
  if (operator === '$pop' && argument !== 1 && argument !== -1) {
    throw new CommandError(9, `$pop expects 1 or -1, found: ${show(argument)}`)
  }
  if (operator !== '$rename') return
  if (typeof argument !== 'string') {
    throw new CommandError(2, `The 'to' field for $rename must be a string: ${path}: ${show(argument)}`)
  }
  if (argument === path) {
    throw new CommandError(2, `The source and target field for $rename must differ: ${path}: "${argument}"`)
  }
  if (argument.startsWith(`${path}.`) || path.startsWith(`${argument}.`)) {
    throw new CommandError(
      2,
      `The source and target field for $rename must not be on the same path: ${path}: "${argument}"`,
    )
  }
}

function addPath(path: string, paths: string[]): void {
  if (path.split('.').includes('')) {
    throw new CommandError(
      56,
      `The update path '${path}' contains an empty field name, which is not allowed.`,
    )
  }
  const other = paths.find(
    (each) => each === path || each.startsWith(`${path}.`) || path.startsWith(`${each}.`),
  )
  if (other !== undefined) {
    const at = other.length < path.length ? other : path
    throw new CommandError(40, `Updating the path '${path}' would create a conflict at '${at}'`)
  }
  paths.push(path)
}

/**
 * The values at a path: one, or with `$[]` those of each element. A path that ends before has the value undefined.
 * @param creates throws where the path leads through a value that can't hold a field.
 */
function valuesAtPath(document: Document, path: string, creates = false): unknown[] {
  let values: unknown[] = [document]
  let last = ''
  for (const part of path.split('.')) {
    values = values.flatMap((value): unknown[] => {
      if (value === undefined) return [undefined]
      // Which elements `$` and `$[name]` are for, mingo knows.
      if (Array.isArray(value) && part.startsWith('$')) return part === '$[]' ? value : []
      if (Array.isArray(value) && /^\d+$/.test(part)) return [value[Number(part)]]
      if (isDocument(value)) return [Object.hasOwn(value, part) ? value[part] : undefined]
      if (!creates) return [undefined]
      throw new CommandError(28, `Cannot create field '${part}' in element {${last}: ${show(value)}}`)
    })
    last = part
  }
  return values
}

function checkValue(document: Document, operator: string, path: string, value: unknown): void {
  const type = typeName(value)
  const id = `_id: ${show(document._id)}`
  switch (operator) {
    case '$inc':
    case '$mul':
      if (isNumeric(value)) return
      throw new CommandError(
        14,
        `Cannot apply ${operator} to a value of non-numeric type. {${id}} has the field '${path.split('.').at(-1)}' of non-numeric type ${type}`,
      )
    case '$bit':
      if (Number.isInteger(value) || value instanceof Long) return
      throw new CommandError(
        2,
        `Cannot apply $bit to a value of non-integral type.${id} has the field ${path} of non-integer type ${type}`,
      )
    case '$push':
      if (Array.isArray(value)) return
      throw new CommandError(
        2,
        `The field '${path}' must be an array but is of type ${type} in document {${id}}`,
      )
    case '$addToSet':
      if (Array.isArray(value)) return
      throw new CommandError(
        2,
        `Cannot apply $addToSet to non-array field. Field named '${path}' has non-array type ${type}`,
      )
    case '$pull':
    case '$pullAll':
      if (Array.isArray(value)) return
      throw new CommandError(2, `Cannot apply ${operator} to a non-array value`)
    case '$pop':
      if (Array.isArray(value)) return
      throw new CommandError(14, `Path '${path}' contains an element of non-array type '${type}'`)
  }
}

const isDocument = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && value.constructor === Object

const show = (value: unknown): string =>
  value === undefined ? 'undefined' : EJSON.stringify(value as Document)

/** MongoDB's name of a value's type, as `$type` has it. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'double'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value !== 'object') return typeof value
  if (value instanceof Date) return 'date'
  if (value instanceof RegExp) return 'regex'
  if (value instanceof Long) return 'long'
  if (value instanceof Decimal128) return 'decimal'
  if (value instanceof ObjectId) return 'objectId'
  return isDocument(value) ? 'object' : 'binData'
}
