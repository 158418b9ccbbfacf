import { onPath, startChildServer } from '../child-server.ts'
import type { FaultSwitch } from '../faults.ts'
import type { RedisBackend } from './backend.ts'
import { startRedisBridge } from './bridge.ts'
import { createMemoryRedis } from './memory-redis.ts'
import { connectRedis } from './resp-client.ts'

/** A Redis to use through Upstash's REST protocol, and to break. */
export interface SandboxRedis {
  /** For people, such as `in memory`. */
  readonly kind: string
  readonly url: string
  readonly faults: FaultSwitch
  close(): Promise<void>
}

/** Starts a Redis behind the bridge. `auto`: a `redis-server` on PATH, else the one in memory. */
export async function startRedis(choice: 'auto' | 'memory', token: string): Promise<SandboxRedis> {
  const file = choice === 'auto' ? onPath('redis-server') : undefined
  const backend = file ? await startRedisServer(file) : createMemoryRedis()
  const bridge = await startRedisBridge(backend, token)
  return {
    kind: file ? 'redis-server, found on PATH' : 'in memory',
    url: bridge.url,
    faults: bridge.faults,
    async close() {
      await bridge.close()
      await backend.close()
    },
  }
}

/** A `redis-server` that keeps nothing on disk. */
async function startRedisServer(file: string): Promise<RedisBackend> {
  const server = await startChildServer(file, (port, folder) => [
    ...['--bind', '127.0.0.1', '--port', String(port), '--dir', folder],
    ...['--save', '', '--appendonly', 'no'],
  ])
  const client = connectRedis(server.port)
  return {
    ...client,
    async close() {
      await client.close()
      await server.close()
    },
  }
}
