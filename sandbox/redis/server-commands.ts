import { RedisError } from './backend.ts'
import type { RedisCommands } from './command.ts'
import type { Keyspace } from './keyspace.ts'

/** What an empty Redis server uses, about. */
const BASE_BYTES = 900_000

/** Commands about the server. */
export const serverCommands: RedisCommands = {
  ping: {
    arity: -1,
    run(_keyspace, [message, ...more]) {
      if (more.length > 0) throw new RedisError("ERR wrong number of arguments for 'ping' command")
      return message ?? 'PONG'
    },
  },
  echo: { arity: 2, run: (_keyspace, [message = '']) => message },
  info: { arity: -1, run: info },
  flushdb: { arity: -1, run: flush },
  flushall: { arity: -1, run: flush },
  eval: {
    arity: -3,
    run() {
      throw new RedisError('ERR the sandbox runs no Lua scripts')
    },
  },
}

function flush(keyspace: Keyspace): string {
  keyspace.clear()
  return 'OK'
}

function info(keyspace: Keyspace, wanted: readonly string[]): string {
  const usedBytes = BASE_BYTES + keyspace.usedBytes()
  const keys = keyspace.keys()
  const expiring = keys.filter((key) => keyspace.expiresAt(key) !== undefined).length
  const sections: Record<string, Record<string, string | number>> = {
    Server: {
      redis_version: '7.0.0',
      redis_mode: 'standalone',
      process_id: process.pid,
      uptime_in_seconds: Math.floor((keyspace.now() - keyspace.startedAt) / 1000),
    },
    Clients: { connected_clients: 1, maxclients: 10_000, blocked_clients: 0 },
    Memory: {
      used_memory: usedBytes,
      used_memory_human: `${(usedBytes / 2 ** 20).toFixed(2)}M`,
      maxmemory: 0,
      maxmemory_human: '0B',
      maxmemory_policy: 'noeviction',
    },
    Keyspace: keys.length > 0 ? { db0: `keys=${keys.length},expires=${expiring},avg_ttl=0` } : {},
  }
  const names = wanted.map((name) => name.toLowerCase())
  const all = names.length === 0 || names.some((name) => ['all', 'default', 'everything'].includes(name))
  return Object.entries(sections)
    .filter(([name]) => all || names.includes(name.toLowerCase()))
    .map(([name, fields]) => {
      const lines = Object.entries(fields).map(([field, value]) => `${field}:${value}\r\n`)
      return `# ${name}\r\n${lines.join('')}`
    })
    .join('\r\n')
}
