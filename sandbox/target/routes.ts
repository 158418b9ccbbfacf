import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseJson, readBody, sendJson } from '../http.ts'
import { answerBroken } from './broken.ts'
import { answerAsCloudflare } from './cloudflare.ts'
import { resolveInZone } from './dns.ts'
import type { Gates } from './gates.ts'

const MAX_BODY_BYTES = 512 * 1024
const TEXT = 'All systems work.\n'

/**
 * Answers as the application that is watched, or does what a test of checks needs:
 *
 * - `GET /health`, `POST /analyze` (bearer token): the application.
 * - `/echo`: tells what was sent. `/status/<code>`: this status. `/text`: a page of plain text.
 * - `/redirect?to=<url>&status=302`, `/redirects/<count>` (so many, then 200), `/loop` (to itself).
 * - `/big?bytes=<count>`: a JSON string in a body of this size.
 * - `/gates/<name>`: answers once the gate is open; `/gates/<name>/body`: the head at once, the body then.
 *   `POST /gates/<name>/open`; `/gates/<name>/counts?atLeast=<count>`.
 * - `/broken/<how>`: an answer that is none, see `broken.ts`.
 * - `/cloudflare/<status>?code=1016&page=html`: Cloudflare's own error, for an origin that it can't reach.
 * - `/dns-query?name=&type=`: DNS over HTTPS in JSON, see `dns.ts`.
 */
export async function answerAsTarget(
  request: IncomingMessage,
  response: ServerResponse,
  { token, gates }: { readonly token: string; readonly gates: Gates },
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://target')
  const [first, second, third] = url.pathname.slice(1).split('/')
  const query = (name: string) => url.searchParams.get(name) ?? undefined
  switch (first) {
    case 'health':
      return sendJson(response, 200, { status: 'healthy' })
    case 'analyze':
      return analyze(request, response, token)
    case 'echo':
      return echo(request, response)
    case 'status':
      return sendJson(response, Number(second), {})
    case 'text':
      response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Release': '7' }).end(TEXT)
      return
    case 'redirect':
      return redirect(response, query('to') ?? '/health', Number(query('status') ?? 302))
    case 'redirects':
      return Number(second) > 0
        ? redirect(response, `/redirects/${Number(second) - 1}`)
        : sendJson(response, 200, {})
    case 'loop':
      return redirect(response, '/loop')
    case 'big':
      response.writeHead(200, { 'Content-Type': 'application/json' })
      response.end(`"${'x'.repeat(Number(query('bytes')) - 2)}"`)
      return
    case 'gates':
      return atGate(response, gates, {
        name: second ?? '',
        action: third,
        atLeast: query('atLeast'),
      })
    case 'broken':
      return answerBroken(response, second ?? '')
    case 'cloudflare':
      return answerAsCloudflare(response, Number(second), query('code') ?? second ?? '', query('page'))
    case 'dns-query':
      return request.headers.accept === 'application/dns-json'
        ? sendJson(response, 200, resolveInZone(query('name') ?? '', query('type') ?? 'A'))
        : sendJson(response, 415, {})
    default:
      return sendJson(response, 404, { detail: 'Not Found' })
  }
}

function redirect(response: ServerResponse, to: string, status = 302): void {
  response.writeHead(status, { Location: to }).end()
}

async function analyze(request: IncomingMessage, response: ServerResponse, token: string): Promise<void> {
  const body = parseJson(((await readBody(request, MAX_BODY_BYTES)) ?? '').toString())
  if (request.method !== 'POST') return sendJson(response, 405, { detail: 'Method Not Allowed' })
  if (request.headers.authorization !== `Bearer ${token}`) {
    return sendJson(response, 401, { detail: 'Not authenticated' })
  }
  const { text, quick_mode } = (body ?? {}) as { text?: unknown; quick_mode?: unknown }
  if (typeof text !== 'string' || text === '') return sendJson(response, 422, { detail: 'text is missing' })
  sendJson(response, 200, { status: 'done', quick_mode: quick_mode === true, score: 72 })
}

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = ((await readBody(request, MAX_BODY_BYTES)) ?? '').toString()
  sendJson(response, 200, { method: request.method, headers: request.headers, body })
}

async function atGate(
  response: ServerResponse,
  gates: Gates,
  asked: { readonly name: string; readonly action: string | undefined; readonly atLeast: string | undefined },
): Promise<void> {
  const { name, action } = asked
  if (action === 'open') {
    gates.open(name)
    response.writeHead(204).end()
    return
  }
  if (action === 'counts')
    return sendJson(response, 200, await gates.counts(name, Number(asked.atLeast ?? 0)))
  if (action === 'body') {
    response.writeHead(200, { 'Content-Type': 'application/json' })
    response.write('{"status":')
  }
  await gates.pass(name, response)
  if (action === 'body') response.end('"done"}')
  else sendJson(response, 200, { status: 'done' })
}
