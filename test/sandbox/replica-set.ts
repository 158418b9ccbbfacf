import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ObjectId } from 'bson'
import { listen } from '../../sandbox/listen.ts'
import { startEmbeddedMongodb } from '../../sandbox/mongodb/embedded-server.ts'
import { type CommandMessage, decodeCommand, encodeReply, MessageFramer } from '../../sandbox/mongodb/wire.ts'

/** Round trips until the first answer on a connection: TCP, two for TLS 1.2, `hello`, and one for SCRAM. */
const HANDSHAKE_ROUND_TRIPS = 5

/** A replica set as a driver sees it: three members over one store, the first of them the primary. */
export interface ReplicaSet {
  readonly uri: string
  /** The most connections to all members that were open at the same time. */
  readonly mostConnections: number
  close(): Promise<void>
}

/** Starts three members on 127.0.0.1. @param roundTripMs how far away they are */
export async function startReplicaSet(roundTripMs: number): Promise<ReplicaSet> {
  const store = await startEmbeddedMongodb()
  const sockets = new Set<net.Socket>()
  let mostConnections = 0
  const hosts: string[] = []
  const electionId = new ObjectId()

  const hello = (member: number) => ({
    isWritablePrimary: member === 0,
    ismaster: member === 0,
    secondary: member > 0,
    helloOk: true,
    setName: 'rs',
    setVersion: 1,
    hosts,
    primary: hosts[0],
    me: hosts[member],
    ...(member === 0 && { electionId }),
    lastWrite: { lastWriteDate: new Date() },
    maxBsonObjectSize: 16 * 2 ** 20,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    logicalSessionTimeoutMinutes: 30,
    minWireVersion: 0,
    maxWireVersion: 21,
    ok: 1,
  })

  const serve = (client: net.Socket, member: number) => {
    const upstream = net.connect(store.port, '127.0.0.1')
    const framer = new MessageFramer()
    let roundTrips = HANDSHAKE_ROUND_TRIPS
    let last = Promise.resolve()
    const answer = (bytes: Buffer) => {
      const late = sleep(roundTrips * roundTripMs)
      roundTrips = 1
      last = Promise.all([last, late]).then(() => {
        if (!client.destroyed) client.write(bytes)
      })
    }
    sockets.add(client)
    mostConnections = Math.max(mostConnections, sockets.size)
    client.on('close', () => sockets.delete(client))
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (chunk) => {
      for (const bytes of framer.push(chunk)) {
        const message = decodeCommand(bytes)
        if (isHello(message)) answer(encodeReply(message, hello(member)))
        else upstream.write(bytes)
      }
    })
    upstream.on('data', answer)
  }

  const members = [0, 1, 2].map((member) => net.createServer((client) => serve(client, member)))
  for (const member of members) hosts.push(`127.0.0.1:${await listen(member)}`)
  return {
    uri: `mongodb://${hosts.join(',')}/edgewatch?replicaSet=rs&retryWrites=false`,
    get mostConnections() {
      return mostConnections
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      for (const member of members) member.close()
      await store.close()
    },
  }
}

const isHello = ({ command }: CommandMessage): boolean =>
  /^(hello|ismaster)$/i.test(Object.keys(command)[0] ?? '')
