import type { RedisReply } from './backend.ts'
import type { Keyspace } from './keyspace.ts'

/** A command of the Redis in memory. */
export interface RedisCommand {
  /** As in Redis's COMMAND: the count of arguments with the name, exact, or at least as a negative number. */
  readonly arity: number
  /** Carries it out; `args` come without the command's name. Throws RedisErrors. */
  readonly run: (keyspace: Keyspace, args: readonly string[]) => RedisReply
}

/** Commands by name, in lower case. */
export type RedisCommands = Readonly<Record<string, RedisCommand>>
