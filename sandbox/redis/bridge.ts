import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type FaultSwitch, HttpFaultSwitch, sufferFault } from '../faults.ts'
import { parseJson, readBody, sendJson } from '../http.ts'
import { listen } from '../listen.ts'
import { type RedisBackend, RedisError, type RedisReply } from './backend.ts'

const MAX_BODY_BYTES = 10 * 2 ** 20

/** Upstash's REST API in front of a Redis. */
export interface RedisBridge {
  readonly url: string
  readonly faults: FaultSwitch
  close(): Promise<void>
}

/**
 * Starts the bridge on a free port of 127.0.0.1: `POST /` with a command as a JSON array, `POST /pipeline` and
 * `POST /multi-exec` with an array of them. https://upstash.com/docs/redis/features/restapi
 */
export async function startRedisBridge(backend: RedisBackend, token: string): Promise<RedisBridge> {
  const faults = new HttpFaultSwitch()
  const server = createServer(async (request, response) => {
    if (await sufferFault(faults.fault, request, response)) return
    try {
      await answer(request, response, backend, token)
    } catch (error) {
      sendJson(response, 500, { error: `ERR ${(error as Error).message}` })
    }
  })
  const port = await listen(server)
  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  backend: RedisBackend,
  token: string,
) {
  const bytes = await readBody(request, MAX_BODY_BYTES)
  if (bytes === undefined) return sendJson(response, 413, { error: 'ERR max request size exceeded' })
  if (request.headers.authorization !== `Bearer ${token}`) {
    return sendJson(response, 401, { error: 'WRONGPASS invalid or missing auth token' })
  }
  const encode = request.headers['upstash-encoding'] === 'base64' ? toBase64 : toText
  const send = (status: number, body: unknown) =>
    sendJson(response, status, body, { 'upstash-sync-token': '' })
  const body = parseJson(bytes.toString())
  switch (`${request.method} ${request.url?.split('?')[0]}`) {
    case 'POST /': {
      const command = asCommand(body)
      if (!command) return send(400, { error: 'ERR failed to parse command' })
      const [reply = null] = await backend.run([command])
      return reply instanceof RedisError
        ? send(400, { error: reply.message })
        : send(200, { result: encode(reply) })
    }
    case 'POST /pipeline': {
      const commands = asCommands(body)
      if (!commands) return send(400, { error: 'ERR failed to parse pipeline request' })
      return send(
        200,
        (await backend.run(commands)).map((reply) => toResult(reply, encode)),
      )
    }
    case 'POST /multi-exec': {
      const commands = asCommands(body)
      if (!commands) return send(400, { error: 'ERR failed to parse multi-exec request' })
      const replies = await backend.transaction(commands)
      if (replies instanceof RedisError) return send(400, { error: replies.message })
      return send(
        200,
        replies.map((reply) => toResult(reply, encode)),
      )
    }
    default:
      return send(404, { error: 'ERR no such endpoint in the sandbox' })
  }
}

function asCommand(body: unknown): string[] | undefined {
  if (!Array.isArray(body) || body.length === 0) return undefined
  const scalar = (part: unknown) => ['string', 'number', 'boolean'].includes(typeof part)
  return body.every(scalar) ? body.map(String) : undefined
}

function asCommands(body: unknown): string[][] | undefined {
  if (!Array.isArray(body)) return undefined
  const commands = body.map(asCommand)
  return commands.every((command) => command !== undefined) ? commands : undefined
}

type Encoded = null | number | string | Encoded[]

const toResult = (reply: RedisReply, encode: (reply: RedisReply) => Encoded) =>
  reply instanceof RedisError ? { error: reply.message } : { result: encode(reply) }

/** Every string but OK in base64, as Upstash does on request, so that bytes of any kind pass through JSON. */
function toBase64(reply: RedisReply): Encoded {
  if (Array.isArray(reply)) return reply.map(toBase64)
  if (reply instanceof RedisError) return reply.message
  if (reply === null || typeof reply === 'number' || reply === 'OK') return reply
  return Buffer.from(reply as string).toString('base64')
}

function toText(reply: RedisReply): Encoded {
  if (Array.isArray(reply)) return reply.map(toText)
  if (reply instanceof RedisError) return reply.message
  return reply === null || typeof reply === 'number' ? reply : reply.toString()
}
