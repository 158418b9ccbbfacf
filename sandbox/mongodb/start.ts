import path from 'node:path'
import { onPath, startChildServer } from '../child-server.ts'
import type { FaultSwitch } from '../faults.ts'
import { startEmbeddedMongodb } from './embedded-server.ts'
import { startFaultProxy } from './fault-proxy.ts'

/** The database that the sandbox uses. */
const DATABASE = 'edgewatch'

/** A MongoDB to use, and to break where a fault proxy can stand in front of it. */
export interface SandboxMongodb {
  /** For people, such as `embedded`. */
  readonly kind: string
  /** With the database's name; goes through the fault proxy where there is one. */
  readonly uri: string
  /** Undefined where it cannot be broken; then `kind` says why. */
  readonly faults: FaultSwitch | undefined
  close(): Promise<void>
}

/**
 * Starts a MongoDB or finds one. `auto`: the one at `uri` (from MONGODB_URI), else a `mongod` on PATH, else the
 * embedded one.
 */
export async function startMongodb(
  choice: 'auto' | 'embedded',
  uri: string | undefined,
): Promise<SandboxMongodb> {
  if (choice === 'auto' && uri) return useExisting(uri)
  const mongod = choice === 'auto' ? onPath('mongod') : undefined
  const server = mongod ? await startMongod(mongod) : await startEmbeddedMongodb()
  const proxy = await startFaultProxy({ host: '127.0.0.1', port: server.port })
  return {
    kind: mongod ? 'mongod, found on PATH' : 'embedded',
    uri: `mongodb://127.0.0.1:${proxy.port}/${DATABASE}`,
    faults: proxy,
    async close() {
      await proxy.close()
      await server.close()
    },
  }
}

const startMongod = (file: string) =>
  startChildServer(file, (port, folder) => [
    ...['--bind_ip', '127.0.0.1', '--port', String(port), '--nounixsocket'],
    ...['--dbpath', folder, '--logpath', path.join(folder, 'mongod.log')],
  ])

/** The user's own server, with a proxy in front of it where that can work. */
async function useExisting(uri: string): Promise<SandboxMongodb> {
  const proxied = proxyTarget(uri)
  if ('obstacle' in proxied) {
    const kind = `MONGODB_URI, without faults: ${proxied.obstacle}`
    return { kind, uri: withDatabase(uri), faults: undefined, close: async () => {} }
  }
  const proxy = await startFaultProxy(proxied)
  return {
    kind: 'MONGODB_URI, through a fault proxy',
    uri: withDatabase(proxied.through(proxy.port)),
    faults: proxy,
    close: () => proxy.close(),
  }
}

interface ProxyTarget {
  readonly host: string
  readonly port: number
  through(port: number): string
}

/** Whether a proxy can stand before a URI's server: it can for one server named directly, without TLS. */
export function proxyTarget(uri: string): ProxyTarget | { obstacle: string } {
  const parts = uri.match(/^mongodb(\+srv)?:\/\/([^@/]*@)?([^/?]+)(\/[^?]*)?(\?.*)?$/)
  if (!parts) return { obstacle: 'it is not a MongoDB URI' }
  const [, srv, credentials = '', hosts = '', database = '/', query = ''] = parts
  if (srv) return { obstacle: 'a mongodb+srv address names its servers itself' }
  if (hosts.includes(',')) return { obstacle: 'it names several servers' }
  if (/[?&](tls|ssl)=true/i.test(query)) return { obstacle: 'it uses TLS' }
  const [host = '', port = '27017'] = hosts.split(/:(?=\d+$)/)
  const options = new URLSearchParams(query)
  options.set('directConnection', 'true') // or the driver goes on to the addresses that the server names
  options.delete('replicaSet')
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port: Number(port),
    through: (proxyPort) => `mongodb://${credentials}127.0.0.1:${proxyPort}${database}?${options}`,
  }
}

/** The URI with our database's name where it has none. */
function withDatabase(uri: string): string {
  return uri.replace(/^(mongodb(?:\+srv)?:\/\/[^/?]+)\/?(?=\?|$)/, `$1/${DATABASE}`)
}
