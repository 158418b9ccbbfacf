import type { MongoClient } from 'mongodb'
import { within } from '../../lib/deadline.ts'
import type { Result } from '../../lib/result.ts'
import { err } from '../../lib/result.ts'
import type { Secret } from '../../lib/secret.ts'
import { describeFailure, isConnectionLost } from './failure.ts'

/** How to connect, and for how long to stay so. */
export interface ConnectionSettings {
  readonly uri: Secret
  /** Unused for this long, the connection is closed. */
  readonly idleMs: number
  /** How long connecting may take: DNS, TCP, TLS and SCRAM, twice, for the driver's monitor comes first. */
  readonly connectTimeoutMs: number
  /** How long the server may take for the answer to one command. */
  readonly commandTimeoutMs: number
  /**
   * Sockets to each server that commands go to. The driver keeps one more to each member of a replica set, of which
   * there are usually three, and a Durable Object can have six.
   */
  readonly poolSize: number
}

/**
 * One driver and its pool: opened when first needed, once for all who need it at the same time; closed when idle;
 * opened anew after it was lost. Belongs to a Durable Object: elsewhere on Workers a socket can't be shared by requests.
 */
export class MongoConnection {
  readonly #settings: ConnectionSettings
  #opened: Promise<MongoClient> | undefined
  #users = 0
  #idleTimer: ReturnType<typeof setTimeout> | undefined

  constructor(settings: ConnectionSettings) {
    this.#settings = settings
  }

  /**
   * Runs `work`, connected. A failure, of connecting or of `work`, is told in our own words; see `describeFailure`.
   * @param timeoutMs for connecting and `work` together; loading the driver does not count
   */
  async use<T>(work: (client: MongoClient) => Promise<T>, timeoutMs: number): Promise<Result<T>> {
    this.#users++
    clearTimeout(this.#idleTimer)
    let timeUp = false
    try {
      await import('./driver.ts') // its time is not the server's
      const outcome = await within(
        timeoutMs,
        this.#attempt(work, () => !timeUp),
      )
      if (!outcome.ok) {
        timeUp = true
        this.#close() // a connection that hangs would hang the next one, too
      }
      return outcome
    } catch (error) {
      return err(describeFailure(error))
    } finally {
      this.#users--
      if (this.#users === 0) this.#idleTimer = setTimeout(() => this.#close(), this.#settings.idleMs)
    }
  }

  async #attempt<T>(
    work: (client: MongoClient) => Promise<T>,
    isAwaited: () => boolean,
    isLastTry = false,
  ): Promise<T> {
    const opened = this.#opened ?? this.#open()
    const client = await opened
    try {
      return await work(client)
    } catch (error) {
      if (!isConnectionLost(error)) throw error
      if (this.#opened === opened) this.#close()
      // A connection that is cut, by a change of primary for one, doesn't make the server unreachable.
      if (isLastTry || !isAwaited()) throw error
      return await this.#attempt(work, isAwaited, true)
    }
  }

  #open(): Promise<MongoClient> {
    const opened = connect(this.#settings)
    this.#opened = opened
    opened.catch(() => {
      if (this.#opened === opened) this.#opened = undefined
    })
    return opened
  }

  /** Not waited for: closing says goodbye to the server, and a server that hangs doesn't answer. */
  #close(): void {
    this.#opened?.then((client) => client.close()).catch(() => {})
    this.#opened = undefined
  }
}

async function connect({
  uri,
  connectTimeoutMs,
  commandTimeoutMs,
  poolSize,
}: ConnectionSettings): Promise<MongoClient> {
  // The driver is most of the bundle: only the object that needs it pays for its start.
  const { MongoClient } = await import('./driver.ts')
  const client = new MongoClient(uri.reveal(), {
    appName: 'edgewatch',
    maxPoolSize: poolSize,
    // Streamed heartbeats take a second socket for each server.
    serverMonitoringMode: 'poll',
    serverSelectionTimeoutMS: connectTimeoutMs,
    connectTimeoutMS: connectTimeoutMs,
    socketTimeoutMS: commandTimeoutMs,
    // Waiting for a socket may include its handshake.
    waitQueueTimeoutMS: Math.max(connectTimeoutMs, commandTimeoutMs),
    // A retry inside the driver would take the time that ours needs.
    retryReads: false,
  })
  try {
    return await client.connect()
  } catch (error) {
    client.close().catch(() => {})
    throw error
  }
}
