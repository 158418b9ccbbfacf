import { RedisError } from './backend.ts'

/** A value: a string, or a hash. */
export type RedisValue = string | Map<string, string>

interface Entry {
  value: RedisValue
  expiresAt: number | undefined
}

/** Keys with values that may expire. An expired key is gone whenever it is looked at. */
export class Keyspace {
  readonly #now: () => number
  readonly #entries = new Map<string, Entry>()
  readonly startedAt: number

  constructor(now: () => number) {
    this.#now = now
    this.startedAt = now()
  }

  now(): number {
    return this.#now()
  }

  get(key: string): RedisValue | undefined {
    return this.#entry(key)?.value
  }

  /** The string at a key. Throws WRONGTYPE. */
  getString(key: string): string | undefined {
    const value = this.get(key)
    if (value instanceof Map) throw wrongType()
    return value
  }

  /** The hash at a key. Throws WRONGTYPE. */
  getHash(key: string): Map<string, string> | undefined {
    const value = this.get(key)
    if (typeof value === 'string') throw wrongType()
    return value
  }

  /** Sets a value. `expiresAt` in milliseconds since the epoch; without it the key never expires. */
  set(key: string, value: RedisValue, expiresAt?: number): void {
    this.#entries.set(key, { value, expiresAt })
  }

  delete(key: string): boolean {
    const existed = this.#entry(key) !== undefined
    this.#entries.delete(key)
    return existed
  }

  expiresAt(key: string): number | undefined {
    return this.#entry(key)?.expiresAt
  }

  /** Lets a key expire; a time that is past deletes it. False where there is no such key. */
  expire(key: string, expiresAt: number | undefined): boolean {
    const entry = this.#entry(key)
    if (!entry) return false
    entry.expiresAt = expiresAt
    return true
  }

  keys(): string[] {
    return [...this.#entries.keys()].filter((key) => this.#entry(key))
  }

  clear(): void {
    this.#entries.clear()
  }

  /** Roughly the bytes that keys and values take. */
  usedBytes(): number {
    let bytes = 0
    for (const key of this.keys()) {
      const value = this.get(key)
      const parts = value instanceof Map ? [...value].flat() : [value ?? '']
      bytes += [key, ...parts].reduce((sum, part) => sum + Buffer.byteLength(part) + 48, 0)
    }
    return bytes
  }

  #entry(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry?.expiresAt !== undefined && entry.expiresAt <= this.#now()) {
      this.#entries.delete(key)
      return undefined
    }
    return entry
  }
}

const wrongType = () => new RedisError('WRONGTYPE Operation against a key holding the wrong kind of value')

/** A whole number, as Redis takes it. */
export function parseInteger(text: string | undefined): number {
  const value = Number(text)
  if (text === undefined || !/^-?\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new RedisError('ERR value is not an integer or out of range')
  }
  return value
}

/** A glob of Redis as a regular expression: `*`, `?`, `[a-c]`, `[^a]` and `\` before a character. */
export function globToRegExp(glob: string): RegExp {
  const source = glob.replace(/\\(.)|\[(\^?)([^\]]*)\]|[\s\S]/g, (token, escaped, negated, set) => {
    if (escaped !== undefined) return escapeRegExp(escaped)
    if (set !== undefined) return `[${negated}${set.replace(/[\\[\]^]/g, '\\$&')}]`
    if (token === '*') return '[\\s\\S]*'
    if (token === '?') return '[\\s\\S]'
    return escapeRegExp(token)
  })
  return new RegExp(`^${source}$`)
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')
