import { RedisError } from './backend.ts'
import type { RedisCommands } from './command.ts'
import { type Keyspace, parseInteger } from './keyspace.ts'

const UNIT_MS: Readonly<Record<string, number>> = { EX: 1000, PX: 1, EXAT: 1000, PXAT: 1 }

/** Commands on strings. */
export const stringCommands: RedisCommands = {
  get: { arity: 2, run: (keyspace, [key = '']) => keyspace.getString(key) ?? null },
  set: { arity: -3, run: set },
  setex: { arity: 4, run: (keyspace, args) => setExpiring('setex', 1000, keyspace, args) },
  psetex: { arity: 4, run: (keyspace, args) => setExpiring('psetex', 1, keyspace, args) },
  setnx: {
    arity: 3,
    run(keyspace, [key = '', value = '']) {
      if (keyspace.get(key) !== undefined) return 0
      keyspace.set(key, value)
      return 1
    },
  },
  incr: { arity: 2, run: (keyspace, [key = '']) => add(keyspace, key, 1) },
  decr: { arity: 2, run: (keyspace, [key = '']) => add(keyspace, key, -1) },
  incrby: { arity: 3, run: (keyspace, [key = '', by]) => add(keyspace, key, parseInteger(by)) },
  decrby: { arity: 3, run: (keyspace, [key = '', by]) => add(keyspace, key, -parseInteger(by)) },
  mget: {
    arity: -2,
    run: (keyspace, keys) =>
      keys.map((key) => {
        const value = keyspace.get(key)
        return typeof value === 'string' ? value : null
      }),
  },
  mset: {
    arity: -3,
    run(keyspace, args) {
      if (args.length % 2 !== 0) throw new RedisError("ERR wrong number of arguments for 'mset' command")
      for (let i = 0; i < args.length; i += 2) keyspace.set(args[i] as string, args[i + 1] as string)
      return 'OK'
    },
  },
}

function set(keyspace: Keyspace, [key = '', value = '', ...options]: readonly string[]) {
  let condition: string | undefined
  let expiresAt: number | undefined
  let expiryOption: string | undefined
  let get = false
  for (let i = 0; i < options.length; i++) {
    const option = (options[i] as string).toUpperCase()
    const unitMs = UNIT_MS[option]
    if (option === 'GET') get = true
    else if ((option === 'NX' || option === 'XX') && !condition) condition = option
    else if (option === 'KEEPTTL' && !expiryOption) expiryOption = option
    else if (unitMs && !expiryOption && i + 1 < options.length) {
      expiryOption = option
      const amount = parseInteger(options[++i])
      if (amount <= 0) throw new RedisError("ERR invalid expire time in 'set' command")
      expiresAt = amount * unitMs + (option.endsWith('AT') ? 0 : keyspace.now())
    } else throw new RedisError('ERR syntax error')
  }
  const previous = get ? (keyspace.getString(key) ?? null) : null
  const exists = keyspace.get(key) !== undefined
  if ((condition === 'NX' && exists) || (condition === 'XX' && !exists)) return previous
  if (expiryOption === 'KEEPTTL') expiresAt = keyspace.expiresAt(key)
  keyspace.set(key, value, expiresAt)
  return get ? previous : 'OK'
}

function setExpiring(
  name: string,
  unitMs: number,
  keyspace: Keyspace,
  [key = '', amount, value = '']: readonly string[],
) {
  const count = parseInteger(amount)
  if (count <= 0) throw new RedisError(`ERR invalid expire time in '${name}' command`)
  keyspace.set(key, value, keyspace.now() + count * unitMs)
  return 'OK'
}

function add(keyspace: Keyspace, key: string, by: number): number {
  const sum = parseInteger(keyspace.getString(key) ?? '0') + by
  keyspace.set(key, String(sum), keyspace.expiresAt(key))
  return sum
}
