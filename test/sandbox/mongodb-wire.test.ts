import { once } from 'node:events'
import net from 'node:net'
import { type Document, deserialize, serialize } from 'bson'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type EmbeddedMongodb, startEmbeddedMongodb } from '../../sandbox/mongodb/embedded-server.ts'

const MORE_TO_COME = 2

let server: EmbeddedMongodb
let socket: net.Socket

beforeAll(async () => {
  server = await startEmbeddedMongodb()
})
beforeEach(async () => {
  socket = net.connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
})
afterEach(() => {
  socket.destroy()
})
afterAll(() => server.close())

function message(requestId: number, opCode: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([int32s(16 + body.length, requestId, 0, opCode), body])
}

function int32s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [index, value] of values.entries()) bytes.writeInt32LE(value, 4 * index)
  return bytes
}

const opMsg = (requestId: number, command: Document, flags = 0) =>
  message(requestId, 2013, int32s(flags), Buffer.from([0]), Buffer.from(serialize(command)))

/** The next answer, read from the socket. */
async function answer(): Promise<{ responseTo: number; opCode: number; body: Buffer }> {
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  expect(bytes.readInt32LE(0)).toBe(bytes.length) // one answer, whole
  return { responseTo: bytes.readInt32LE(8), opCode: bytes.readInt32LE(12), body: bytes.subarray(16) }
}

test('answers the OP_QUERY handshake of older drivers with OP_REPLY', async () => {
  const query = Buffer.from(serialize({ isMaster: 1 }))
  socket.write(message(7, 2004, int32s(0), Buffer.from('admin.$cmd\0'), int32s(0, -1), query))
  const { responseTo, opCode, body } = await answer()
  expect([responseTo, opCode, body.readInt32LE(16)]).toEqual([7, 1, 1])
  expect(deserialize(body.subarray(20))).toMatchObject({ ismaster: true, helloOk: true, ok: 1 })
})

test('understands a message that comes in pieces, and several at once', async () => {
  const ping = opMsg(1, { ping: 1, $db: 'admin' })
  for (let i = 0; i < ping.length; i += 10) {
    socket.write(ping.subarray(i, i + 10))
    await new Promise(setImmediate)
  }
  expect((await answer()).responseTo).toBe(1)
  const received: Buffer[] = []
  socket.on('data', (chunk) => received.push(chunk))
  socket.write(Buffer.concat([opMsg(2, { ping: 1, $db: 'admin' }), opMsg(3, { nope: 1, $db: 'admin' })]))
  const responses = () => {
    const bytes = Buffer.concat(received)
    const ids: number[] = []
    for (let at = 0; at + 16 <= bytes.length; at += bytes.readInt32LE(at)) ids.push(bytes.readInt32LE(at + 8))
    return ids
  }
  await expect.poll(responses).toEqual([2, 3])
})

test('gives no answer where the client says that it reads none', async () => {
  const insert = { insert: 'events', documents: [{}], writeConcern: { w: 0 }, $db: 'test' }
  socket.write(Buffer.concat([opMsg(1, insert, MORE_TO_COME), opMsg(2, { count: 'events', $db: 'test' })]))
  const { responseTo, body } = await answer()
  expect(responseTo).toBe(2)
  expect(deserialize(body.subarray(5))).toEqual({ n: 1, ok: 1 })
})

test.each([
  ['a length that no message has', int32s(3, 0, 0, 2013)],
  ['another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['an opcode that is not offered', message(1, 2012, Buffer.alloc(20))],
  ['a broken document', message(1, 2013, int32s(0), Buffer.from([0]), int32s(8, 99))],
])('hangs up on %s', async (_name, bytes) => {
  socket.write(bytes)
  await once(socket, 'close')
})
