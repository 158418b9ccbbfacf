import net from 'node:net'
import type { Document } from 'bson'
import { listen } from '../listen.ts'
import { catalogCommands } from './catalog-commands.ts'
import type { CommandHandler, ServerStats } from './command.ts'
import { CommandError, toCommandError } from './command-error.ts'
import { Cursors } from './cursors.ts'
import { readCommands } from './read-commands.ts'
import { serverCommands } from './server-commands.ts'
import { Store } from './store.ts'
import { type CommandMessage, decodeCommand, encodeReply, MessageFramer } from './wire.ts'
import { writeCommands } from './write-commands.ts'

/** Every command that the embedded server knows, by name. A Map: a command may be called `constructor`. */
const COMMANDS: ReadonlyMap<string, CommandHandler> = new Map(
  Object.entries({ ...serverCommands, ...readCommands, ...writeCommands, ...catalogCommands }),
)

const OPCOUNTERS = { find: 'query', getMore: 'getmore' } as const
/** Counted by the number of their statements, where they are carried out. */
const COUNTED_BY_STATEMENT = new Set(['insert', 'update', 'delete'])

/** A MongoDB in this process. */
export interface EmbeddedMongodb {
  readonly port: number
  close(): Promise<void>
}

/** Starts a MongoDB in memory that speaks the wire protocol on a free port of 127.0.0.1. */
export async function startEmbeddedMongodb(): Promise<EmbeddedMongodb> {
  const store = new Store()
  const cursors = new Cursors()
  const stats = newStats()
  const sockets = new Set<net.Socket>()

  const server = net.createServer((socket) => {
    const connectionId = ++stats.connectionsCreated
    const framer = new MessageFramer()
    sockets.add(socket)
    stats.connectionsCurrent++
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      sockets.delete(socket)
      stats.connectionsCurrent--
    })
    socket.on('data', (chunk) => {
      stats.bytesIn += chunk.length
      try {
        for (const bytes of framer.push(chunk)) {
          const message = decodeCommand(bytes)
          const reply = run(message, { store, cursors, database: message.database, stats, connectionId })
          if (message.moreToCome) continue
          const encoded = encodeReply(message, reply)
          stats.bytesOut += encoded.length
          socket.write(encoded)
        }
      } catch {
        socket.destroy() // not the protocol: MongoDB hangs up too
      }
    })
  })

  const port = await listen(server)
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

function run(message: CommandMessage, context: Parameters<CommandHandler>[1]): Document {
  const name = Object.keys(message.command)[0] ?? ''
  const { stats } = context
  stats.requests++
  if (!COUNTED_BY_STATEMENT.has(name)) stats.opcounters[OPCOUNTERS[name as 'find'] ?? 'command']++
  try {
    const handler = COMMANDS.get(name)
    if (!handler) throw new CommandError(59, `no such command: '${name}'`)
    if ('txnNumber' in message.command) {
      throw new CommandError(20, 'Transaction numbers are only allowed on a replica set member or mongos')
    }
    return { ...handler(message.command, context), ok: 1 }
  } catch (error) {
    return toCommandError(error).reply()
  }
}

const newStats = (): ServerStats => ({
  startedAt: Date.now(),
  connectionsCurrent: 0,
  connectionsCreated: 0,
  bytesIn: 0,
  bytesOut: 0,
  requests: 0,
  opcounters: { insert: 0, query: 0, update: 0, delete: 0, getmore: 0, command: 0 },
})
