import net from 'node:net'
import { type Fault, type FaultSwitch, SLOW_MS } from '../faults.ts'
import { listen } from '../listen.ts'
import { decodeCommand, encodeReply, MessageFramer } from './wire.ts'

/** What a broken MongoDB answers: not a code for which drivers try again or look for another server. */
const ERROR_REPLY = { ok: 0, code: 1, codeName: 'InternalError', errmsg: 'broken on purpose by the sandbox' }

/** A TCP proxy in front of a MongoDB, embedded or real, that can break it. */
export interface FaultProxy extends FaultSwitch {
  readonly port: number
  close(): Promise<void>
}

/**
 * Starts a proxy to a MongoDB without TLS, on a free port of 127.0.0.1. What `hang` holds back is delivered when it
 * ends. With `error` the handshake still works, so that a client gets to see the error instead of no server at all.
 */
export async function startFaultProxy(target: { host: string; port: number }): Promise<FaultProxy> {
  const connections = new Set<ProxiedConnection>()
  let fault: Fault | undefined

  const server = net.createServer((client) => {
    const connection = new ProxiedConnection(client, target, () => fault)
    connections.add(connection)
    client.on('close', () => connections.delete(connection))
  })
  const port = await listen(server)
  const stop = () =>
    new Promise<void>((resolve) => {
      for (const connection of connections) connection.destroy()
      server.close(() => resolve())
    })

  return {
    port,
    get fault() {
      return fault
    },
    async set(next) {
      fault = next
      if (next?.mode === 'down') {
        if (server.listening) await stop()
        return
      }
      if (!server.listening) await listen(server, port)
      for (const connection of connections) connection.flush()
    },
    close: stop,
  }
}

/** One client's connection and ours to the server, with what is held back in either direction. */
class ProxiedConnection {
  readonly #client: net.Socket
  readonly #upstream: net.Socket
  readonly #fault: () => Fault | undefined
  readonly #framer = new MessageFramer()
  #fromClient: Buffer[] = []
  #toClient: Buffer[] = []
  /** Until when answers wait, so that they keep their order when the fault changes. */
  #lastAnswer: Promise<void> = Promise.resolve()

  constructor(client: net.Socket, target: { host: string; port: number }, fault: () => Fault | undefined) {
    this.#client = client
    this.#fault = fault
    this.#upstream = net.connect(target)
    for (const socket of [client, this.#upstream]) {
      socket.setNoDelay(true)
      socket.on('error', () => this.destroy())
      socket.on('close', () => this.destroy())
    }
    client.on('data', (chunk) => {
      try {
        this.#fromClient.push(...this.#framer.push(chunk))
        this.flush()
      } catch {
        this.destroy()
      }
    })
    this.#upstream.on('data', (chunk) => {
      this.#toClient.push(chunk)
      this.flush()
    })
  }

  /** Passes on what the present fault allows. */
  flush(): void {
    if (this.#fault()?.mode === 'hang') return
    for (const message of this.#fromClient.splice(0)) {
      const reply = this.#fault()?.mode === 'error' ? errorReply(message) : undefined
      if (reply === undefined) this.#upstream.write(message)
      else this.#client.write(reply)
    }
    for (const chunk of this.#toClient.splice(0)) this.#answer(chunk)
  }

  #answer(chunk: Buffer): void {
    const waited =
      this.#fault()?.mode === 'slow' ? new Promise((resolve) => setTimeout(resolve, SLOW_MS)) : undefined
    this.#lastAnswer = Promise.all([this.#lastAnswer, waited]).then(() => {
      if (!this.#client.destroyed) this.#client.write(chunk)
    })
  }

  destroy(): void {
    this.#client.destroy()
    this.#upstream.destroy()
  }
}

/** The error for a command; undefined for a handshake, which passes; nothing to send where no answer is read. */
function errorReply(message: Buffer): Buffer | undefined {
  try {
    const command = decodeCommand(message)
    const name = Object.keys(command.command)[0] ?? ''
    if (/^(hello|ismaster)$/i.test(name)) return undefined
    return command.moreToCome ? Buffer.alloc(0) : encodeReply(command, ERROR_REPLY)
  } catch {
    // Compressed, and so not a handshake
    return encodeReply({ requestId: message.readInt32LE(4), legacy: false }, ERROR_REPLY)
  }
}
