import { RedisError } from './backend.ts'
import type { RedisCommands } from './command.ts'
import type { Keyspace } from './keyspace.ts'

/** Commands on hashes. */
export const hashCommands: RedisCommands = {
  hset: { arity: -4, run: setFields },
  hget: { arity: 3, run: (keyspace, [key = '', field = '']) => keyspace.getHash(key)?.get(field) ?? null },
  hgetall: { arity: 2, run: (keyspace, [key = '']) => [...(keyspace.getHash(key) ?? [])].flat() },
  hdel: {
    arity: -3,
    run(keyspace, [key = '', ...fields]) {
      const hash = keyspace.getHash(key)
      const deleted = fields.filter((field) => hash?.delete(field)).length
      if (hash?.size === 0) keyspace.delete(key)
      return deleted
    },
  },
}

function setFields(keyspace: Keyspace, [key = '', ...pairs]: readonly string[]): number {
  if (pairs.length % 2 !== 0) throw new RedisError("ERR wrong number of arguments for 'hset' command")
  const hash = keyspace.getHash(key) ?? new Map<string, string>()
  const sizeBefore = hash.size
  for (let i = 0; i < pairs.length; i += 2) hash.set(pairs[i] as string, pairs[i + 1] as string)
  keyspace.set(key, hash, keyspace.expiresAt(key))
  return hash.size - sizeBefore
}
