import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Ways to break a server. */
const FAULT_MODES = ['down', 'hang', 'error', 'slow', 'wrong-body'] as const
export type FaultMode = (typeof FAULT_MODES)[number]

/** How a server is broken. */
export interface Fault {
  /**
   * `down` refuses or cuts connections, `hang` accepts and never answers, `error` answers everything with an error,
   * `slow` answers after `SLOW_MS`, `wrong-body` answers everything with 200 and `{"status":"broken"}`.
   */
  readonly mode: FaultMode
  /** HTTP servers with mode `error`: the status, 500 by default. */
  readonly status?: number
  /** HTTP servers with mode `error`: sent as `Retry-After`. */
  readonly retryAfterSeconds?: number
}

/** How late a slow server answers, in milliseconds. */
export const SLOW_MS = 1_500

/** What can be broken. */
export const FAULT_NAMES = [
  'target',
  'mongodb',
  'redis',
  'slack',
  'pagerduty',
  'webhook',
  'sentry',
  'control',
] as const
export type FaultName = (typeof FAULT_NAMES)[number]

/** The ways in which a server can be broken. A wrong body means something only where bodies are watched. */
export const faultModesOf = (name: FaultName): readonly FaultMode[] =>
  name === 'target' ? FAULT_MODES : FAULT_MODES.filter((mode) => mode !== 'wrong-body')

/** One server's fault: set, cleared, and asked for at each request. */
export interface FaultSwitch {
  readonly fault: Fault | undefined
  /** Breaks the server, or mends it with undefined; when the promise is fulfilled it has taken effect. */
  set(fault: Fault | undefined): Promise<void>
}

/** The switch of an HTTP server, which asks for the fault at each request. */
export class HttpFaultSwitch implements FaultSwitch {
  fault: Fault | undefined

  async set(fault: Fault | undefined): Promise<void> {
    this.fault = fault
  }
}

/**
 * Does to an HTTP request what the fault asks. True where the request is dealt with and needs no answer any more;
 * a slow one waits, and is then answered as ever.
 */
export async function sufferFault(
  fault: Fault | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  slowMs = SLOW_MS,
): Promise<boolean> {
  switch (fault?.mode) {
    case undefined:
      return false
    case 'down':
      request.socket.destroy()
      return true
    case 'hang':
      request.resume()
      return true
    case 'error':
      request.resume()
      response.writeHead(fault.status ?? 500, {
        'Content-Type': 'application/json',
        ...(fault.retryAfterSeconds !== undefined && { 'Retry-After': String(fault.retryAfterSeconds) }),
      })
      response.end(JSON.stringify({ error: 'broken on purpose by the sandbox' }))
      return true
    case 'wrong-body':
      request.resume()
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"status":"broken"}')
      return true
    case 'slow':
      await sleep(slowMs)
      return false
  }
}
