import type { Document } from 'bson'

/** MongoDB's names of the codes that the embedded server gives; a driver decides by the code. */
const CODE_NAMES = {
  1: 'InternalError',
  2: 'BadValue',
  9: 'FailedToParse',
  14: 'TypeMismatch',
  20: 'IllegalOperation',
  26: 'NamespaceNotFound',
  27: 'IndexNotFound',
  28: 'PathNotViable',
  40: 'ConflictingUpdateOperators',
  43: 'CursorNotFound',
  48: 'NamespaceExists',
  52: 'DollarPrefixedFieldName',
  53: 'InvalidIdField',
  56: 'EmptyFieldName',
  59: 'CommandNotFound',
  66: 'ImmutableField',
  72: 'InvalidOptions',
  73: 'InvalidNamespace',
  86: 'IndexKeySpecsConflict',
  11000: 'DuplicateKey',
  40324: 'Location40324',
  40415: 'Location40415',
} as const

/** A code of `CODE_NAMES`. */
export type ErrorCode = keyof typeof CODE_NAMES

/** A command that fails as MongoDB lets it fail: `errmsg`, `code` and `codeName` of its answer. */
export class CommandError extends Error {
  readonly code: ErrorCode
  /** More fields of the answer, such as `keyPattern`. */
  readonly details: Document

  constructor(code: ErrorCode, message: string, details: Document = {}) {
    super(message)
    this.code = code
    this.details = details
  }

  /** The answer to a command that failed as a whole. */
  reply(): Document {
    return { ok: 0, errmsg: this.message, code: this.code, codeName: CODE_NAMES[this.code], ...this.details }
  }

  /** The entry in `writeErrors` for the statement number `index`. */
  writeError(index: number): Document {
    return { index, code: this.code, errmsg: this.message, ...this.details }
  }
}

/** Whatever was thrown, as the error that MongoDB would give: mingo's own words become MongoDB's. */
export function toCommandError(thrown: unknown): CommandError {
  if (thrown instanceof CommandError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const operator = message.match(/\$\w+/)?.[0]
  if (message.startsWith('unknown query operator') || message.startsWith('unknown top level operator')) {
    return new CommandError(2, `unknown operator: ${operator}`)
  }
  if (message.startsWith('unregistered pipeline operator')) {
    return new CommandError(40324, `Unrecognized pipeline stage name: '${operator}'`)
  }
  if (message.startsWith('Unknown update operator')) {
    return new CommandError(9, `Unknown modifier: ${operator}. Expected a valid update modifier`)
  }
  if (message.includes('would modify the immutable field')) return new CommandError(66, message)
  const ofMingo = thrown instanceof Error && thrown.constructor.name === 'MingoError'
  return new CommandError(ofMingo ? 2 : 1, message)
}
