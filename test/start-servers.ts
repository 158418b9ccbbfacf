import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import { type Servers, startServers } from '../sandbox/servers.ts'
import type {} from './provided-context.ts'
import { type ReplicaSet, startReplicaSet } from './sandbox/replica-set.ts'

/** Starts MongoDB, Redis, the target and the inbox for all tests, and a control server by which a test file gets its own. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const shared = await startServers()
  console.log(`MongoDB: ${shared.mongodbKind}; Redis: ${shared.redisKind}`)
  const own = new Map<string, Servers | ReplicaSet>()

  const control = createServer(async (request, response) => {
    const url = request.url ?? '/'
    try {
      if (request.method === 'DELETE') {
        await own.get(url)?.close()
        own.delete(url)
        response.writeHead(204).end()
        return
      }
      const known = own.get(url)
      if (request.method === 'GET' && known && 'mostConnections' in known) {
        response.end(String(known.mostConnections))
        return
      }
      const path = `/${crypto.randomUUID()}`
      const { pathname, searchParams } = new URL(url, 'http://127.0.0.1')
      if (pathname === '/replica-set') {
        const replicaSet = await startReplicaSet(Number(searchParams.get('roundTripMs')))
        own.set(path, replicaSet)
        response.writeHead(201, { Location: path }).end(replicaSet.uri)
        return
      }
      const servers = await startServers()
      own.set(path, servers)
      response.writeHead(201, { Location: path, 'Content-Type': 'application/json' })
      response.end(JSON.stringify({ vars: servers.vars, inboxUrl: servers.inboxUrl }))
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  })
  await new Promise<void>((resolve) => control.listen(0, '127.0.0.1', resolve))

  project.provide('vars', { ...shared.vars })
  project.provide('controlUrl', `http://127.0.0.1:${(control.address() as AddressInfo).port}`)

  return async () => {
    control.close()
    control.closeAllConnections()
    await Promise.all([shared, ...own.values()].map((servers) => servers.close()))
  }
}
