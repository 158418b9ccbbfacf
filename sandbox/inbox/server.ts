import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { FAULT_NAMES, type FaultName, type FaultSwitch, sufferFault } from '../faults.ts'
import { parseJson, readBody, sendJson } from '../http.ts'
import { listen } from '../listen.ts'
import type { FindModule } from '../stack-frames.ts'
import { parseFault } from './fault-request.ts'
import { Messages, withoutSecrets } from './messages.ts'
import { incidentStates } from './pagerduty.ts'
import { decodeText, endpointAt } from './receivers.ts'
import { withSourceFrames } from './sentry.ts'

/** PagerDuty's limit for an event, and plenty for the others. */
const MAX_BODY_BYTES = 512 * 1024

const PAGE = readFileSync(new URL('./page.html', import.meta.url))
const PAGE_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:",
}

/** The switches of everything that can be broken; undefined for what cannot. */
export type FaultSwitches = Readonly<Record<FaultName, FaultSwitch | undefined>>

/**
 * The HTTP server that stands for Slack, PagerDuty, the webhook and Sentry, at `/control` for the rest of the internet,
 * and at `/cdn-cgi/trace` for Cloudflare's data center.
 */
export interface Inbox {
  readonly url: string
  readonly messages: Messages
  close(): Promise<void>
}

/**
 * Starts the inbox on `port` of 127.0.0.1, 0 being a free one. Rejects where the port is taken. With `findModule` it maps
 * what Sentry gets to the sources, as Sentry does once it has the source maps.
 */
export async function startInbox(
  port: number,
  faults: FaultSwitches,
  findModule: FindModule = () => undefined,
): Promise<Inbox> {
  const messages = new Messages()
  const server = createServer(async (request, response) => {
    try {
      await route(request, response, { messages, faults, findModule })
    } catch (error) {
      if (!response.headersSent) sendJson(response, 500, { error: { message: (error as Error).message } })
    }
  })
  const actualPort = await listen(server, port)
  return {
    url: `http://127.0.0.1:${actualPort}`,
    messages,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** What the inbox works with. */
interface Tools {
  readonly messages: Messages
  readonly faults: FaultSwitches
  readonly findModule: FindModule
}

async function route(request: IncomingMessage, response: ServerResponse, tools: Tools) {
  const { messages, faults } = tools
  const path = new URL(request.url ?? '/', 'http://inbox').pathname
  if (path === '/') return onlyMethods(request, response, { GET: () => sendPage(response) })
  if (path === '/messages') {
    return onlyMethods(request, response, {
      GET: () => sendMessages(request, response, messages),
      DELETE() {
        messages.clear()
        response.writeHead(204).end()
      },
    })
  }
  if (path === '/pagerduty/incidents') {
    const events = messages
      .list()
      .filter(({ receiver, status }) => receiver === 'pagerduty' && status === 202)
    const states = () => incidentStates(events.map(({ body }) => body as Record<string, unknown>))
    return onlyMethods(request, response, { GET: () => sendJson(response, 200, states()) })
  }
  if (path === '/faults') {
    const shown = () => FAULT_NAMES.map((name) => [name, faults[name]?.fault ?? null])
    return onlyMethods(request, response, { GET: () => sendJson(response, 200, Object.fromEntries(shown())) })
  }
  if (path.startsWith('/faults/'))
    return changeFault(request, response, path.slice('/faults/'.length), faults)
  if (path === '/control') {
    if (!(await sufferFault(faults.control?.fault, request, response))) response.writeHead(204).end()
    return
  }
  if (path === '/cdn-cgi/trace') {
    response.writeHead(200, { 'Content-Type': 'text/plain' }).end('ip=127.0.0.1\ncolo=SBX\nhttp=http/1.1\n')
    return
  }
  const endpoint = endpointAt(path)
  if (endpoint) {
    return onlyMethods(request, response, {
      POST: () => receive(request, response, path, endpoint, tools),
    })
  }
  sendJson(response, 404, { error: { message: 'no such path in the inbox' } })
}

type Actions = Readonly<Record<string, () => void | Promise<void>>>

async function onlyMethods(
  request: IncomingMessage,
  response: ServerResponse,
  actions: Actions,
): Promise<void> {
  const action = actions[request.method ?? '']
  if (action) return action()
  sendJson(
    response,
    405,
    { error: { message: 'method not allowed' } },
    { Allow: Object.keys(actions).join(', ') },
  )
}

function sendPage(response: ServerResponse): void {
  response.writeHead(200, PAGE_HEADERS).end(PAGE)
}

/** With an entity tag, so that the page can poll cheaply. */
function sendMessages(request: IncomingMessage, response: ServerResponse, messages: Messages): void {
  const tag = `"${messages.version}"`
  const headers = { ETag: tag, 'Cache-Control': 'no-cache' }
  if (request.headers['if-none-match'] === tag) response.writeHead(304, headers).end()
  else sendJson(response, 200, messages.list(), headers)
}

async function changeFault(
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  faults: FaultSwitches,
) {
  if (!(FAULT_NAMES as readonly string[]).includes(name)) {
    return sendJson(response, 404, {
      error: { message: `unknown fault; known are ${FAULT_NAMES.join(', ')}` },
    })
  }
  const faultSwitch = faults[name as FaultName]
  return onlyMethods(request, response, {
    async POST() {
      if (!faultSwitch)
        return sendJson(response, 409, { error: { message: `${name} cannot be broken here` } })
      const body = parseJson(((await readBody(request, MAX_BODY_BYTES)) ?? '').toString())
      const parsed = parseFault(name as FaultName, body)
      if ('field' in parsed) return sendJson(response, 400, { error: parsed })
      await faultSwitch.set(parsed)
      sendJson(response, 200, { [name]: parsed })
    },
    async DELETE() {
      await faultSwitch?.set(undefined)
      response.writeHead(204).end()
    },
  })
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  endpoint: NonNullable<ReturnType<typeof endpointAt>>,
  { messages, faults, findModule }: Tools,
) {
  if (await sufferFault(faults[endpoint.receiver]?.fault, request, response)) return
  const bytes = await readBody(request, MAX_BODY_BYTES)
  if (!bytes) return sendJson(response, 413, { error: { message: `more than ${MAX_BODY_BYTES} bytes` } })
  const text = decodeText(bytes, request.headers['content-encoding'])
  const { status, contentType, answer, body, rawBody } = endpoint.receive(text)
  messages.add({
    receiver: endpoint.receiver,
    path,
    headers: withoutSecrets(request.headers),
    body: endpoint.receiver === 'sentry' ? withSourceFrames(body, findModule) : body,
    ...(rawBody !== undefined && { rawBody }),
    time: new Date().toISOString(),
    status,
    answer,
  })
  response.writeHead(status, contentType ? { 'Content-Type': contentType } : {}).end(answer)
}
