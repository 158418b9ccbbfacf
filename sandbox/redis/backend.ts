/** An error that Redis answers, such as `ERR unknown command`. */
export class RedisError extends Error {}

/** An answer of Redis: bulk strings as bytes or text, status replies as text. */
export type RedisReply = null | number | string | Buffer | RedisError | RedisReply[]

/** A Redis, real or in memory. */
export interface RedisBackend {
  /** Runs commands in order, nothing of anybody else's in between, and gives one answer for each. */
  run(commands: readonly (readonly string[])[]): Promise<RedisReply[]>
  /** The same as a transaction; a RedisError where it was refused as a whole. */
  transaction(commands: readonly (readonly string[])[]): Promise<RedisReply[] | RedisError>
  close(): Promise<void>
}
