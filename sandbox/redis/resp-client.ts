import net from 'node:net'
import { type RedisBackend, RedisError, type RedisReply } from './backend.ts'

/** Connects to a Redis server, speaking RESP2 on one connection. https://redis.io/docs/latest/develop/reference/protocol-spec/ */
export function connectRedis(port: number): RedisBackend {
  const socket = net.connect({ host: '127.0.0.1', port }).setNoDelay(true)
  const waiting: ((reply: RedisReply) => void)[] = []
  let received: Buffer = Buffer.alloc(0)

  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
    for (;;) {
      const parsed = parseReply(received, 0)
      if (!parsed) break
      received = received.subarray(parsed.end)
      waiting.shift()?.(parsed.reply)
    }
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    for (const resolve of waiting.splice(0)) resolve(new RedisError('ERR connection to Redis lost'))
  })

  const send = (commands: readonly (readonly string[])[]): Promise<RedisReply>[] => {
    if (socket.destroyed) return commands.map(async () => new RedisError('ERR connection to Redis lost'))
    const replies = commands.map(() => new Promise<RedisReply>((resolve) => waiting.push(resolve)))
    socket.write(commands.map(encodeCommand).join(''))
    return replies
  }

  return {
    run: (commands) => Promise.all(send(commands)),
    async transaction(commands) {
      const replies = await Promise.all(send([['MULTI'], ...commands, ['EXEC']]))
      return replies.at(-1) as RedisReply[] | RedisError
    },
    close: async () => {
      socket.destroy()
    },
  }
}

function encodeCommand(args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`
}

/** The reply that starts at `start`, and where it ends; undefined where it is not all there yet. */
function parseReply(bytes: Buffer, start: number): { reply: RedisReply; end: number } | undefined {
  const lineEnd = bytes.indexOf('\r\n', start)
  if (lineEnd < 0) return undefined
  const line = bytes.toString('utf8', start + 1, lineEnd)
  const next = lineEnd + 2
  switch (bytes[start]) {
    case 0x2b: // +status
      return { reply: line, end: next }
    case 0x2d: // -error
      return { reply: new RedisError(line), end: next }
    case 0x3a: // :integer
      return { reply: Number(line), end: next }
    case 0x24: {
      // $length, bytes
      const length = Number(line)
      if (length < 0) return { reply: null, end: next }
      if (bytes.length < next + length + 2) return undefined
      return { reply: bytes.subarray(next, next + length), end: next + length + 2 }
    }
    case 0x2a: {
      // *count, replies
      const count = Number(line)
      if (count < 0) return { reply: null, end: next }
      const replies: RedisReply[] = []
      let end = next
      for (let i = 0; i < count; i++) {
        const element = parseReply(bytes, end)
        if (!element) return undefined
        replies.push(element.reply)
        end = element.end
      }
      return { reply: replies, end }
    }
    default:
      throw new Error(`not RESP: ${bytes[start]}`)
  }
}
