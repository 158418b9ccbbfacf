import type { Batch } from './batch.ts'
import type { ExpositionFormat } from './exposition.ts'
import type { MetricsAnswer, MetricsQuery, MetricsReader } from './query.ts'
import type { Shard } from './store.ts'

/** What a `MetricsStore` answers to. */
interface MetricsStoreStub extends MetricsReader, Shard {
  ingest(batch: Batch): Promise<void>
  exposition(format: ExpositionFormat, monitors?: readonly string[]): Promise<string>
}

/** The binding of the `MetricsStore`s. */
export interface MetricsStoreNamespace {
  getByName(name: string): MetricsStoreStub
}

/** The name of a shard; counts from 0. It must stay as it is: what the shard holds goes by it. */
const shardName = (index: number): string => `shard-${index}`

/** All shards but the first, for the one that gathers. */
export function siblingShards(namespace: MetricsStoreNamespace, shards: number): Shard[] {
  return Array.from({ length: shards - 1 }, (_, index) => namespace.getByName(shardName(index + 1)))
}

/**
 * The store as a Worker uses it. It writes to one shard, chosen at random once per isolate (a batch that is sent again
 * must come to the same), and reads from the first, which adds up all. Stubs are made for each call and never kept.
 */
export class MetricsClient implements MetricsReader {
  readonly #namespace: MetricsStoreNamespace
  readonly #shards: number
  readonly #random: () => number
  #writesTo: string | undefined

  /** @param random gives a number from 0 up to but without 1; not called before the first `send`. */
  constructor(namespace: MetricsStoreNamespace, shards: number, random: () => number) {
    this.#namespace = namespace
    this.#shards = shards
    this.#random = random
  }

  /** Hands a batch over. Rejects where it was not acknowledged; it may have arrived all the same. */
  async send(batch: Batch): Promise<void> {
    this.#writesTo ??= shardName(Math.floor(this.#random() * this.#shards))
    await this.#namespace.getByName(this.#writesTo).ingest(batch)
  }

  async read(query: MetricsQuery): Promise<MetricsAnswer> {
    return this.#namespace.getByName(shardName(0)).read(query)
  }

  /**
   * All metrics as text. Rejects where a shard can't be read.
   * @param monitors leaves out the series of all other monitors
   */
  async exposition(format: ExpositionFormat, monitors?: readonly string[]): Promise<string> {
    return this.#namespace.getByName(shardName(0)).exposition(format, monitors)
  }
}
