import type { Document } from 'bson'
import type { Cursors } from './cursors.ts'
import type { Store } from './store.ts'

/** What the server counts about itself, for `serverStatus`. */
export interface ServerStats {
  readonly startedAt: number
  connectionsCurrent: number
  connectionsCreated: number
  bytesIn: number
  bytesOut: number
  requests: number
  readonly opcounters: Record<'insert' | 'query' | 'update' | 'delete' | 'getmore' | 'command', number>
}

/** What a command works on. */
export interface CommandContext {
  readonly store: Store
  readonly cursors: Cursors
  readonly database: string
  readonly stats: ServerStats
  /** Number of the connection that the command came on. */
  readonly connectionId: number
}

/** Carries out one command and gives its answer without `ok`, or throws a CommandError. */
export type CommandHandler = (command: Document, context: CommandContext) => Document

/** Handlers by the command's name. */
export type Commands = Readonly<Record<string, CommandHandler>>
