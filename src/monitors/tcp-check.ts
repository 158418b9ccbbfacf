import type { MonitorOf } from '../config/monitors.ts'
import type { Clock } from '../lib/clock.ts'
import { SECOND_MS } from '../lib/clock.ts'
import { within } from '../lib/deadline.ts'
import type { Fetch } from '../lib/http-client.ts'
import { isCloudflareHost } from './cloudflare-address.ts'
import type { Finding } from './finding.ts'
import { findingByLatency } from './finding.ts'
import { timedOutAfter } from './reason.ts'

/** The part of `connect` of `cloudflare:sockets` that the check uses. */
export type Connect = (
  address: { hostname: string; port: number },
  options: SocketOptions,
) => Pick<Socket, 'opened' | 'closed' | 'close'>

/** What a TCP check needs. */
export interface TcpCheckTools {
  readonly connect: Connect
  /** For the resolver, which is asked about a host to which no connection was made. */
  readonly fetch: Fetch
  readonly clock: Clock
  readonly userAgent: string
}

/** Messages of `connect` about limits of the platform, which say nothing about the port. */
const OUR_LIMITS = /too many subrequests|TCP loop detected|connections to port 25 are prohibited/i

/**
 * Checks that a port accepts a connection, which is then closed. Workers may not connect to addresses of Cloudflare's own;
 * the error for that is the same as for a port that is closed, so it is the address that decides.
 * https://developers.cloudflare.com/workers/runtime-apis/tcp-sockets/#considerations
 */
export async function checkTcp(
  { host, port, timeout, expect }: Pick<MonitorOf<'tcp'>, 'host' | 'port' | 'timeout' | 'expect'>,
  { connect, clock, ...tools }: TcpCheckTools,
): Promise<Finding> {
  const atMs = clock()
  const socket = connect({ hostname: host, port }, { secureTransport: 'off', allowHalfOpen: false })
  socket.closed.catch(() => {}) // told by `opened`, where it matters
  const opened = socket.opened.then(
    () => undefined,
    (error: unknown) => String(error),
  )
  const timely = await within(timeout * SECOND_MS, opened)
  const latencyMs = clock() - atMs
  // Not awaited: of a connection that hangs, the closing would hang as well.
  socket.close().catch(() => {})

  if (!timely.ok) return { atMs, outcome: 'failed', reason: timedOutAfter(timeout), unanswered: true }
  const error = timely.value
  if (error === undefined) return findingByLatency(atMs, latencyMs, expect.maxLatencyMs)
  const limit = OUR_LIMITS.exec(error)?.[0].toLowerCase()
  if (limit) return { atMs, outcome: 'unknown', reason: limit }
  if (await isCloudflareHost(host, tools)) {
    return { atMs, outcome: 'unknown', reason: "Workers can't connect to Cloudflare's own addresses" }
  }
  return { atMs, outcome: 'failed', reason: 'no connection', unanswered: true }
}
