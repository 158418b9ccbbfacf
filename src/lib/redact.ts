import { kindOfName, redactQuery, redactText } from './redact-text.ts'
import { REDACTED, Secret } from './secret.ts'
import { truncate } from './text.ts'

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

// A line tells what happened; it is not a dump. Workers Logs cuts lines at 256 KB.
const MAX_DEPTH = 8
const MAX_ITEMS = 100
const MAX_VALUES = 1_000
const MAX_STRING_LENGTH = 8 * 1024
const MAX_TOTAL_LENGTH = 64 * 1024
const MAX_NAME_LENGTH = 256
/** A longer string is not even searched for secrets, so none of it is shown. */
const MAX_SEARCHED_LENGTH = 64 * 1024

/**
 * Any value as JSON can hold it, its secrets hidden: what goes by a secret name, `Secret`s, credentials within strings
 * and values of query strings. Bounded in depth, size and number of values. Never throws, whatever the value is.
 * @param name what the value goes by, which may make it a secret.
 */
export function redact(value: unknown, name = ''): Json {
  return new Redaction().ofNamed(name, value, 0)
}

/** A string as it may be shown, `maxLength` long at most. */
export function redactString(text: string, maxLength = MAX_STRING_LENGTH): string {
  if (text.length > MAX_SEARCHED_LENGTH) return `[${text.length} characters]`
  return truncate(redactText(text), maxLength)
}

/** One value's walk. It holds what is left to spend, and the objects that it is inside of. */
class Redaction {
  #valuesLeft = MAX_VALUES
  #lengthLeft = MAX_TOTAL_LENGTH
  readonly #around = new Set<object>()

  /** A value that goes by a name. */
  ofNamed(name: string, value: unknown, depth: number): Json {
    try {
      // Whether a secret is set is none.
      if (value === null || value === undefined || typeof value === 'boolean') return value ?? null
      const kind = kindOfName(name)
      if (kind === 'secret') return REDACTED
      return kind === 'query' ? this.#ofQuery(value, depth) : this.#of(value, depth)
    } catch {
      return '[unreadable]'
    }
  }

  #of(value: unknown, depth: number): Json {
    if (this.#valuesLeft-- <= 0) return '[too much]'
    switch (typeof value) {
      case 'string':
        return this.#string(value)
      case 'number':
        return Number.isFinite(value) ? value : String(value)
      case 'boolean':
        return value
      case 'bigint':
        return this.#string(value.toString())
      case 'undefined':
        return null
      case 'symbol':
        return this.#string(value.toString())
      case 'function':
        return '[function]'
      default:
        return value === null ? null : this.#object(value as object, depth)
    }
  }

  #object(value: object, depth: number): Json {
    if (value instanceof Secret) return REDACTED
    if (this.#around.has(value)) return '[circular]'
    if (depth >= MAX_DEPTH) return '[too deep]'
    this.#around.add(value)
    try {
      return this.#structure(value, depth + 1)
    } finally {
      this.#around.delete(value)
    }
  }

  #structure(value: object, depth: number): Json {
    if (value instanceof Error) return this.#error(value, depth)
    if (Array.isArray(value)) return this.#list(value, value.length, depth)
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
    if (value instanceof RegExp || value instanceof URL) return this.#string(String(value))
    if (value instanceof URLSearchParams) return this.#string(redactQuery(value.toString()))
    if (value instanceof Map || value instanceof Headers) return this.#entries(value, depth)
    if (value instanceof Set) return this.#list(value, value.size, depth)
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
    const { toJSON } = value as { toJSON?: unknown }
    if (typeof toJSON === 'function') return this.#of(toJSON.call(value), depth)
    return this.#properties(value, depth)
  }

  #list(values: Iterable<unknown>, length: number, depth: number): Json {
    const result: Json[] = []
    for (const value of values) {
      if (this.#isFull(result.length)) {
        result.push(`[${length - result.length} more]`)
        break
      }
      result.push(this.ofNamed('', value, depth))
    }
    return result
  }

  #entries(entries: Iterable<[unknown, unknown]>, depth: number): Json {
    const result = new Names()
    for (const [name, value] of entries) {
      if (this.#isFull(result.count)) break
      const text = typeof name === 'string' ? name : JSON.stringify(this.#of(name, depth))
      result.set(text, this.ofNamed(text, value, depth))
    }
    return result.values
  }

  #properties(value: object, depth: number): Json {
    const result = new Names()
    for (const name of Object.keys(value)) {
      if (this.#isFull(result.count)) break
      let property: unknown
      try {
        property = (value as Record<string, unknown>)[name]
      } catch {
        property = '[unreadable]'
      }
      if (property !== undefined) result.set(name, this.ofNamed(name, property, depth))
    }
    return result.values
  }

  /** A query string, or its parameters by name: only the names are shown. */
  #ofQuery(value: unknown, depth: number): Json {
    if (typeof value === 'string') return this.#string(redactQuery(value))
    if (value instanceof URLSearchParams) return this.#of(value, depth)
    if (typeof value !== 'object' || value === null) return REDACTED
    const result = new Names()
    for (const name of Object.keys(value)) {
      if (this.#isFull(result.count)) break
      result.set(name, REDACTED)
    }
    return result.values
  }

  #error(error: Error, depth: number): Json {
    const { code, cause } = error as { code?: unknown; cause?: unknown }
    const result = new Names()
    result.set('name', this.#string(String(error.name)))
    result.set('message', this.#string(String(error.message)))
    if (typeof code === 'string' || typeof code === 'number') result.set('code', this.#of(code, depth))
    if (typeof error.stack === 'string') result.set('stack', this.#string(error.stack))
    if (cause !== undefined) result.set('cause', this.ofNamed('', cause, depth))
    if (error instanceof AggregateError && Array.isArray(error.errors)) {
      result.set('errors', this.ofNamed('', error.errors, depth))
    }
    return result.values
  }

  #string(text: string): string {
    const shown = redactString(text)
    if (shown.length > this.#lengthLeft) return '[too much]'
    this.#lengthLeft -= shown.length
    return shown
  }

  #isFull(count: number): boolean {
    return count >= MAX_ITEMS || this.#valuesLeft <= 0
  }
}

/** An object in the making; a name such as `__proto__` is one like any other. */
class Names {
  readonly values: Record<string, Json> = Object.create(null)
  count = 0

  set(name: string, value: Json): void {
    this.values[redactString(name, MAX_NAME_LENGTH)] = value
    this.count += 1
  }
}
