import type { MonitorOf } from '../config/monitors.ts'
import type { Clock } from '../lib/clock.ts'
import { SECOND_MS } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import type { Finding } from './finding.ts'
import { findingByLatency } from './finding.ts'
import { timedOutAfter } from './reason.ts'

/** The part of `connect` of `cloudflare:sockets` that the check uses. */
export type Connect = (
  address: { hostname: string; port: number },
  options: SocketOptions,
) => Pick<Socket, 'opened' | 'closed' | 'close'>

/** Checks that a port accepts a connection, which is then closed. */
export async function checkTcp(
  { host, port, timeout, expect }: Pick<MonitorOf<'tcp'>, 'host' | 'port' | 'timeout' | 'expect'>,
  { connect, clock }: { readonly connect: Connect; readonly clock: Clock },
): Promise<Finding> {
  const atMs = clock()
  const socket = connect({ hostname: host, port }, { secureTransport: 'off', allowHalfOpen: false })
  socket.closed.catch(() => {}) // told by `opened`, where it matters
  const opened = socket.opened.then(
    () => 'open' as const,
    (error: unknown) => (/too many subrequests/i.test(String(error)) ? 'refused by us' : 'refused'),
  )
  const timely = await within(timeout * SECOND_MS, opened)
  const latencyMs = clock() - atMs
  // Not awaited: of a connection that hangs, the closing would hang as well.
  socket.close().catch(() => {})

  if (!timely.ok) return { atMs, outcome: 'failed', reason: timedOutAfter(timeout), unanswered: true }
  switch (timely.value) {
    case 'open':
      return findingByLatency(atMs, latencyMs, expect.maxLatencyMs)
    case 'refused':
      return { atMs, outcome: 'failed', reason: 'no connection', unanswered: true }
    case 'refused by us':
      return { atMs, outcome: 'unknown', reason: 'too many subrequests' }
  }
}
