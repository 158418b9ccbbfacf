import { connect } from 'cloudflare:sockets'
import { expect, inject, it } from 'vitest'
import type { Connect } from '../../src/monitors/tcp-check.ts'
import { checkTcp } from '../../src/monitors/tcp-check.ts'
import { startOwnServers } from '../own-servers.ts'
import { tcpMonitor } from './configured.ts'

const monitorOf = (url: string, more = {}) => {
  const { hostname, port } = new URL(url)
  return tcpMonitor({ host: hostname, port: Number(port), ...more })
}
const tools = { connect: connect as Connect, clock: Date.now }

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
  const found = await checkTcp(monitor, { connect: socket.connect, clock: Date.now })
  expect(found).toMatchObject({ outcome: 'failed', reason: 'timed out after 0.05 s', unanswered: true })
  expect(socket.closes()).toBe(1)
})

it('one that accepts late is slow, and no socket stays open', async () => {
  const socket = fakeSocket(Promise.resolve({} as SocketInfo))
  let now = 0
  const found = await checkTcp(monitor, { connect: socket.connect, clock: () => (now += 101) })
  expect(found).toMatchObject({
    outcome: 'slow',
    latencyMs: 101,
    reason: 'expected at most 100 ms, took 101 ms',
  })
  expect(socket.closes()).toBe(1)
})

it('a limit of the platform says nothing of the port', async () => {
  const socket = fakeSocket(Promise.reject(new Error('Too many subrequests.')))
  expect(await checkTcp(monitor, { connect: socket.connect, clock: Date.now })).toMatchObject({
    outcome: 'unknown',
    reason: 'too many subrequests',
  })
})
