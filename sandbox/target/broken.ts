import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'

const BOMB_BYTES = 64 * 1024 * 1024
const DRIP_MS = 20
const head = (...lines: string[]) =>
  `HTTP/1.1 200 OK\r\nConnection: close\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`

let packedBomb: Buffer | undefined

/** What servers do on a bad day, by name. */
const WAYS: Readonly<Record<string, (socket: Socket) => void>> = {
  /** Begins a header and never ends it. */
  'half-a-head': (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Ty'),
  'no-http': (socket) => socket.end(Buffer.from([0, 255, 10, 13, 7, 200, 10, 10])),
  nothing: (socket) => socket.end(),
  'reset-in-body': (socket) => {
    socket.write(`${head('Content-Length: 100')}{"status":`, () =>
      setTimeout(() => socket.resetAndDestroy(), DRIP_MS),
    )
  },
  'too-short': (socket) => socket.end(`${head('Content-Length: 100')}{"status":`),
  'bad-chunk': (socket) => socket.end(`${head('Transfer-Encoding: chunked')}zz\r\n{"status":`),
  'bad-gzip': (socket) => socket.end(`${head('Content-Encoding: gzip', 'Content-Length: 4')}{"a"`),
  /** Some 60 KB that become a thousand times as much. */
  bomb: (socket) => {
    packedBomb ??= gzipSync(Buffer.alloc(BOMB_BYTES, 'x'))
    const body = packedBomb
    socket.write(head('Content-Encoding: gzip', `Content-Length: ${body.length}`))
    socket.end(body)
  },
  /** A body that never ends. */
  drip: (socket) => {
    socket.write(head('Content-Type: text/plain'))
    const timer = setInterval(() => socket.write('x'), DRIP_MS)
    socket.once('close', () => clearInterval(timer))
  },
  /** A redirect to what is no address. */
  'bad-redirect': (socket) =>
    socket.end('HTTP/1.1 302 Found\r\nLocation: http://[/\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
}

/** Answers as a server that is broken so; the connection is not used again. */
export function answerBroken(response: ServerResponse, how: string): void {
  const socket = response.socket
  const way = WAYS[how]
  if (!socket || !way) {
    response.writeHead(404).end()
    return
  }
  socket.on('error', () => {}) // who asked may be gone
  way(socket)
}
