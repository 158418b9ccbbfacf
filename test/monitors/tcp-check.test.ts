import { connect } from 'cloudflare:sockets'
import { expect, inject, it } from 'vitest'
import type { Fetch } from '../../src/lib/http-client.ts'
import type { Connect } from '../../src/monitors/tcp-check.ts'
import { checkTcp } from '../../src/monitors/tcp-check.ts'
import { startOwnServers } from '../own-servers.ts'
import { tcpMonitor } from './configured.ts'

const monitorOf = (url: string, more = {}) => {
  const { hostname, port } = new URL(url)
  return tcpMonitor({ host: hostname, port: Number(port), ...more })
}
/** The resolver is the target's: names there have the addresses of `sandbox/target/dns.ts`. */
const resolve: Fetch = (url, init) => fetch(`${inject('vars').API_URL}/dns-query${new URL(url).search}`, init)
const tools = { connect: connect as Connect, fetch: resolve, clock: Date.now, userAgent: 'Edgewatch/1' }

it('a port that accepts a connection is up', async () => {
  expect(await checkTcp(monitorOf(inject('vars').API_URL!), tools)).toEqual({
    atMs: expect.any(Number),
    outcome: 'up',
    latencyMs: expect.any(Number),
  })
})

it('a port that refuses is failed', async () => {
  const { vars, breakServer } = await startOwnServers()
  await breakServer('target', { mode: 'down' })
  expect(await checkTcp(monitorOf(vars.API_URL!), tools)).toEqual({
    atMs: expect.any(Number),
    outcome: 'failed',
    reason: 'no connection',
    unanswered: true,
  })
})

/** A socket that tells whether it was closed. */
function fakeSocket(opened: Promise<SocketInfo>) {
  let closes = 0
  const connectFake: Connect = () => ({
    opened,
    closed: new Promise<void>(() => {}),
    async close() {
      closes++
    },
  })
  return { connect: connectFake, closes: () => closes }
}
const monitor = tcpMonitor({ host: 'mail.example', port: 587, timeout: 0.05, expect: { maxLatencyMs: 100 } })

it('one that never accepts is timed out, and no socket stays open', async () => {
  const socket = fakeSocket(new Promise(() => {}))
  const found = await checkTcp(monitor, { ...tools, connect: socket.connect, clock: Date.now })
  expect(found).toMatchObject({ outcome: 'failed', reason: 'timed out after 0.05 s', unanswered: true })
  expect(socket.closes()).toBe(1)
})

it('one that accepts late is slow, and no socket stays open', async () => {
  const socket = fakeSocket(Promise.resolve({} as SocketInfo))
  let now = 0
  const found = await checkTcp(monitor, { ...tools, connect: socket.connect, clock: () => (now += 101) })
  expect(found).toMatchObject({
    outcome: 'slow',
    latencyMs: 101,
    reason: 'expected at most 100 ms, took 101 ms',
  })
  expect(socket.closes()).toBe(1)
})

it('a limit of the platform says nothing of the port', async () => {
  const socket = fakeSocket(Promise.reject(new Error('Too many subrequests.')))
  expect(await checkTcp(monitor, { ...tools, connect: socket.connect, clock: Date.now })).toMatchObject({
    outcome: 'unknown',
    reason: 'too many subrequests',
  })
})

/** What `connect` says, for an address that Cloudflare refuses as for a port that is closed. */
const REFUSED = 'proxy request failed, cannot connect to the specified address'

it.each(['proxied.example', '104.16.132.229', '[2606:4700::6810:84e5]', '1.1.1.1'])(
  'Cloudflare refuses connections to its own address %s, which says nothing of the port',
  async (host) => {
    const { connect } = fakeSocket(Promise.reject(new Error(REFUSED)))
    expect(await checkTcp(tcpMonitor({ host, port: 443 }), { ...tools, connect })).toEqual({
      atMs: expect.any(Number),
      outcome: 'unknown',
      reason: "Workers can't connect to Cloudflare's own addresses",
    })
  },
)

it.each([
  'app.example',
  'nowhere.example',
  'broken.example',
  '192.0.2.1',
  '2001:db8::1',
  '104.32.0.1',
  '[2a06:98c8::1]',
])('a connection to %s that is refused in the same words is failed', async (host) => {
  const { connect } = fakeSocket(Promise.reject(new Error(REFUSED)))
  expect(await checkTcp(tcpMonitor({ host, port: 443 }), { ...tools, connect })).toMatchObject({
    outcome: 'failed',
    reason: 'no connection',
    unanswered: true,
  })
})

it('is failed where the resolver gives no answer: an outage is not to be hidden by another', async () => {
  const { connect } = fakeSocket(Promise.reject(new Error(REFUSED)))
  const fetch = () => Promise.reject(new Error('no network'))
  const found = await checkTcp(tcpMonitor({ host: 'proxied.example', port: 443 }), {
    ...tools,
    connect,
    fetch,
  })
  expect(found).toMatchObject({ outcome: 'failed', unanswered: true })
})

it('asks the resolver only about what was refused', async () => {
  const fetch = () => Promise.reject(new Error('nobody asked for that'))
  expect(await checkTcp(monitorOf(inject('vars').API_URL!), { ...tools, fetch })).toMatchObject({
    outcome: 'up',
  })
})
