import { type RedisBackend, RedisError, type RedisReply } from './backend.ts'
import type { RedisCommand } from './command.ts'
import { hashCommands } from './hash-commands.ts'
import { keyCommands } from './key-commands.ts'
import { Keyspace } from './keyspace.ts'
import { serverCommands } from './server-commands.ts'
import { stringCommands } from './string-commands.ts'

const COMMANDS: ReadonlyMap<string, RedisCommand> = new Map(
  Object.entries({ ...serverCommands, ...keyCommands, ...stringCommands, ...hashCommands }),
)

/** A Redis in this process with the commands that a cache uses. */
export function createMemoryRedis(now: () => number = Date.now): RedisBackend {
  const keyspace = new Keyspace(now)
  return {
    run: async (commands) => commands.map((command) => runCommand(keyspace, command)),
    async transaction(commands) {
      const refused = commands.some((command) => checkCommand(command) instanceof RedisError)
      if (refused) return new RedisError('EXECABORT Transaction discarded because of previous errors.')
      return commands.map((command) => runCommand(keyspace, command))
    },
    close: async () => {},
  }
}

function runCommand(keyspace: Keyspace, [name = '', ...args]: readonly string[]): RedisReply {
  const command = checkCommand([name, ...args])
  if (command instanceof RedisError) return command
  try {
    return command.run(keyspace, args)
  } catch (error) {
    if (error instanceof RedisError) return error
    throw error
  }
}

function checkCommand([name = '', ...args]: readonly string[]): RedisCommand | RedisError {
  const command = COMMANDS.get(name.toLowerCase())
  if (!command) {
    const shown = args.map((arg) => `'${arg}' `).join('')
    return new RedisError(`ERR unknown command '${name}', with args beginning with: ${shown}`)
  }
  const count = args.length + 1
  const fits = command.arity < 0 ? count >= -command.arity : count === command.arity
  return fits ? command : new RedisError(`ERR wrong number of arguments for '${name.toLowerCase()}' command`)
}
