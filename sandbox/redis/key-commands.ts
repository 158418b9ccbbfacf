import { RedisError } from './backend.ts'
import type { RedisCommands } from './command.ts'
import { globToRegExp, type Keyspace, parseInteger } from './keyspace.ts'

const DEFAULT_SCAN_COUNT = 10

/** Commands on keys of any type. */
export const keyCommands: RedisCommands = {
  del: { arity: -2, run: deleteKeys },
  unlink: { arity: -2, run: deleteKeys },
  exists: {
    arity: -2,
    run: (keyspace, keys) => keys.filter((key) => keyspace.get(key) !== undefined).length,
  },
  expire: { arity: -3, run: (keyspace, args) => expire(keyspace, args, 1000) },
  pexpire: { arity: -3, run: (keyspace, args) => expire(keyspace, args, 1) },
  persist: {
    arity: 2,
    run(keyspace, [key = '']) {
      if (keyspace.expiresAt(key) === undefined) return 0
      return keyspace.expire(key, undefined) ? 1 : 0
    },
  },
  ttl: { arity: 2, run: (keyspace, [key = '']) => timeToLive(keyspace, key, 1000) },
  pttl: { arity: 2, run: (keyspace, [key = '']) => timeToLive(keyspace, key, 1) },
  type: {
    arity: 2,
    run(keyspace, [key = '']) {
      const value = keyspace.get(key)
      if (value === undefined) return 'none'
      return typeof value === 'string' ? 'string' : 'hash'
    },
  },
  keys: {
    arity: 2,
    run(keyspace, [glob = '']) {
      const pattern = globToRegExp(glob)
      return keyspace.keys().filter((key) => pattern.test(key))
    },
  },
  scan: { arity: -2, run: scan },
  dbsize: { arity: 1, run: (keyspace) => keyspace.keys().length },
}

function deleteKeys(keyspace: Keyspace, keys: readonly string[]): number {
  return keys.filter((key) => keyspace.delete(key)).length
}

function expire(keyspace: Keyspace, [key = '', amount, option]: readonly string[], unitMs: number): number {
  const expiresAt = keyspace.now() + parseInteger(amount) * unitMs
  if (keyspace.get(key) === undefined) return 0
  const current = keyspace.expiresAt(key)
  switch (option?.toUpperCase() ?? 'ALWAYS') {
    case 'ALWAYS':
      break
    case 'NX':
      if (current !== undefined) return 0
      break
    case 'XX':
      if (current === undefined) return 0
      break
    case 'GT':
      if (current === undefined || expiresAt <= current) return 0
      break
    case 'LT':
      if (current !== undefined && expiresAt >= current) return 0
      break
    default:
      throw new RedisError(`ERR Unsupported option ${option}`)
  }
  return keyspace.expire(key, expiresAt) ? 1 : 0
}

function timeToLive(keyspace: Keyspace, key: string, unitMs: number): number {
  if (keyspace.get(key) === undefined) return -2
  const expiresAt = keyspace.expiresAt(key)
  return expiresAt === undefined ? -1 : Math.round((expiresAt - keyspace.now()) / unitMs)
}

/** The cursor is an offset, so keys that come or go in between may be missed: Redis promises more. */
function scan(keyspace: Keyspace, [cursor, ...options]: readonly string[]) {
  if (!/^\d+$/.test(cursor ?? '')) throw new RedisError('ERR invalid cursor')
  let pattern = /^/
  let count = DEFAULT_SCAN_COUNT
  let type: string | undefined
  for (let i = 0; i < options.length; i += 2) {
    const value = options[i + 1]
    if (value === undefined) throw new RedisError('ERR syntax error')
    const option = (options[i] as string).toUpperCase()
    if (option === 'MATCH') pattern = globToRegExp(value)
    else if (option === 'COUNT') count = parseInteger(value)
    else if (option === 'TYPE') type = value
    else throw new RedisError('ERR syntax error')
  }
  if (count < 1) throw new RedisError('ERR syntax error')
  const keys = keyspace.keys()
  const start = Number(cursor)
  const end = start + count
  const typeOf = (key: string) => (typeof keyspace.get(key) === 'string' ? 'string' : 'hash')
  const page = keys
    .slice(start, end)
    .filter((key) => pattern.test(key) && (type === undefined || typeOf(key) === type))
  return [end < keys.length ? String(end) : '0', page]
}
