import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Ways to break a server. */
export const FAULT_MODES = ['down', 'hang', 'error', 'slow'] as const
export type FaultMode = (typeof FAULT_MODES)[number]

/** How a server is broken. */
export interface Fault {
  /**
   * `down` refuses or cuts connections, `hang` accepts and never answers, `error` answers everything with an error,
   * `slow` answers after `SLOW_MS`.
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
export const FAULT_NAMES = ['mongodb', 'redis', 'slack', 'pagerduty', 'webhook', 'sentry'] as const
export type FaultName = (typeof FAULT_NAMES)[number]

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
    case 'slow':
      await sleep(SLOW_MS)
      return false
  }
}
