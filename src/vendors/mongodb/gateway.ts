import { DurableObject } from 'cloudflare:workers'
import type { DocumentWrite } from '../../business/documents.ts'
import type { Aggregation, BusinessDatabase, RefusedWrite } from '../../business/ports.ts'
import type { DependencyState, Probe } from '../../health/model.ts'
import type { Clock } from '../../lib/clock.ts'
import { within } from '../../lib/deadline.ts'
import type { Failure, Result } from '../../lib/result.ts'
import { ok } from '../../lib/result.ts'
import type { Secret } from '../../lib/secret.ts'
import type { Logger } from '../../logging/model.ts'
import type { Row } from './aggregations.ts'
import { aggregateAll } from './aggregations.ts'
import type { CollectionCounts } from './collections.ts'
import { countCollections } from './collections.ts'
import { MongoConnection } from './connection.ts'
import type { ServerNumbers } from './numbers.ts'
import { readNumbers } from './numbers.ts'
import { writeAll } from './writes.ts'

/** What a gateway needs. */
export interface MongoGatewaySettings {
  readonly uri: Secret
  /** The database that the numbers are of; by default the one that the URI names. */
  readonly database?: string | undefined
  /** Unused for this long, the connections are closed: an open socket keeps the object billed. */
  readonly idleMs: number
  /** The server's memory, where it doesn't tell itself. */
  readonly memoryBytes?: number | undefined
  readonly clock: Clock
  readonly log: Logger
  /** How long connecting may take; 4 seconds unless stated. */
  readonly connectTimeoutMs?: number
  /** How long the answer to a ping may take; 1.5 seconds unless stated. */
  readonly pingTimeoutMs?: number
}

/** A probe may take this much longer than connecting and a ping, so that the driver's own error comes first. */
const PROBE_MARGIN_MS = 200
/** The share of a probe's remaining time that reading its numbers may take. */
const NUMBERS_SHARE = 0.8
/** Half a second less than the dashboard waits. */
const COLLECTIONS_TIMEOUT_MS = 4_500
const COUNT_TIMEOUT_MS = 3_000
/** One less than there are sockets for: the last one is for probes. */
const POOL_SIZE = 3
const COUNTS_AT_ONCE = POOL_SIZE - 1
/** Writes and aggregations may take their time; whoever asks waits for less. */
const WORK_TIMEOUT_MS = 30_000
const WORK_COMMAND_TIMEOUT_MS = 15_000
/** Aggregations may go to a secondary: one socket to each of three members. */
const WORK_POOL_SIZE = 1
/** Counts are shared for this long, so that looking at a dashboard doesn't load the database. */
const COUNTS_SHARED_MS = 15_000

/**
 * Talks to MongoDB. Handshakes cost hundreds of milliseconds, so it keeps the driver's pool open while it is in use, and
 * closes it when idle.
 *
 * An object can have six connections, and with a replica set of three members either pool, with the driver's monitors,
 * takes up to six. So probes and counts go to one object, writes and aggregations to another.
 */
export abstract class MongoGatewayObject<E> extends DurableObject<E> implements Probe, BusinessDatabase {
  #ready: Ready | undefined

  #counts: { readonly counts: CollectionCounts; readonly countedAtMs: number } | undefined

  /** Asked for once per life of the object. */
  protected abstract settings(): MongoGatewaySettings

  /** Pings the server, and reads its numbers in the time that is left. Never rejects. */
  async probe(): Promise<DependencyState> {
    const { settings, connection, probeTimeoutMs } = this.#prepare()
    const deadlineMs = settings.clock() + probeTimeoutMs
    const outcome = await connection.use(async (client) => {
      const startedAtMs = settings.clock()
      await client.db('admin').command({ ping: 1 })
      const latencyMs = settings.clock() - startedAtMs

      let numbers: ServerNumbers = {}
      const reading = readNumbers(client, settings.database, settings.memoryBytes, (found) => {
        numbers = { ...numbers, ...found }
      })
      // A server that answers a ping is up, however long it takes to tell its numbers.
      await within((deadlineMs - settings.clock()) * NUMBERS_SHARE, reading)
      return { latencyMs, ...numbers }
    }, probeTimeoutMs)

    if (outcome.ok) return { state: 'up', details: outcome.value }
    this.#log('probe', outcome.error)
    return { state: 'down', message: outcome.error.message }
  }

  /** The collections with their counts, 15 s old at most. Failures name no host, URI or credential. Never rejects. */
  async collections(): Promise<Result<CollectionCounts>> {
    const { settings, connection } = this.#prepare()
    const known = this.#counts
    if (known && settings.clock() - known.countedAtMs < COUNTS_SHARED_MS) return ok(known.counts)
    const outcome = await connection.use(
      (client) => countCollections(client, settings.database, COUNTS_AT_ONCE, COUNT_TIMEOUT_MS),
      COLLECTIONS_TIMEOUT_MS,
    )
    if (outcome.ok) this.#counts = { counts: outcome.value, countedAtMs: settings.clock() }
    else this.#log('collections', outcome.error)
    return outcome
  }

  async write(writes: readonly DocumentWrite[]): Promise<Result<readonly RefusedWrite[]>> {
    const { settings, work } = this.#prepare()
    const outcome = await work.use((client) => writeAll(client, settings.database, writes), WORK_TIMEOUT_MS)
    if (!outcome.ok) this.#log('write', outcome.error)
    return outcome
  }

  async aggregate(
    aggregations: readonly Aggregation[],
    maxTimeMS: number,
  ): Promise<Result<readonly (readonly Row[])[]>> {
    const { settings, work } = this.#prepare()
    const outcome = await work.use(
      (client) => aggregateAll(client, settings.database, aggregations, maxTimeMS),
      WORK_TIMEOUT_MS,
    )
    if (!outcome.ok) this.#log('aggregate', outcome.error)
    return outcome
  }

  #prepare() {
    if (!this.#ready) {
      const settings = this.settings()
      const { uri, idleMs, connectTimeoutMs = 4_000, pingTimeoutMs = 1_500 } = settings
      const shared = { uri, idleMs, connectTimeoutMs }
      const connection = new MongoConnection({
        ...shared,
        commandTimeoutMs: pingTimeoutMs,
        poolSize: POOL_SIZE,
      })
      const work = new MongoConnection({
        ...shared,
        commandTimeoutMs: WORK_COMMAND_TIMEOUT_MS,
        poolSize: WORK_POOL_SIZE,
      })
      const probeTimeoutMs = connectTimeoutMs + pingTimeoutMs + PROBE_MARGIN_MS
      this.#ready = { settings, connection, work, probeTimeoutMs }
    }
    return this.#ready
  }

  #log(operation: string, { message }: Failure): void {
    this.#ready?.settings.log.warn('mongodb_failed', { operation, reason: message })
  }
}

interface Ready {
  readonly settings: MongoGatewaySettings
  /** For probes and counts. */
  readonly connection: MongoConnection
  /** For writes and aggregations. */
  readonly work: MongoConnection
  readonly probeTimeoutMs: number
}
