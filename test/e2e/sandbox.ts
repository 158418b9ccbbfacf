import { mkdtempSync, rmSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { type OwnedChild, spawnOwned } from '../../sandbox/child-process.ts'
import type { InboxMessage } from '../../sandbox/inbox/messages.ts'

/** A run waits for checks that hang. */
const TICK_TIMEOUT_MS = 60_000

/** The sandbox as a newcomer starts it, with its cron fired by the test. */
export class Sandbox {
  readonly url: string
  readonly inboxUrl: string
  readonly #ports: { readonly service: number; readonly inbox: number }
  readonly #stateDir = mkdtempSync(path.join(os.tmpdir(), 'edgewatch-e2e-'))
  #child: OwnedChild | undefined
  #output = ''

  private constructor(ports: { service: number; inbox: number }) {
    this.#ports = ports
    this.url = `http://127.0.0.1:${ports.service}`
    this.inboxUrl = `http://127.0.0.1:${ports.inbox}`
  }

  static async start(): Promise<Sandbox> {
    const sandbox = new Sandbox({ service: await freePort(), inbox: await freePort() })
    await sandbox.start()
    return sandbox
  }

  /** Everything it has printed. */
  get output(): string {
    return this.#output
  }

  /** Starts it, or starts it again on the same ports with the state it had. */
  async start(): Promise<void> {
    const child = spawnOwned('npm', ['run', '--silent', 'dev'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PORT: String(this.#ports.service),
        INBOX_PORT: String(this.#ports.inbox),
        TICK_SECONDS: '86400',
        TRAFFIC_SECONDS: '0',
        STATE_DIR: this.#stateDir,
        LOG_FORMAT: 'json',
      },
    })
    this.#child = child
    const started = new Promise<void>((resolve, reject) => {
      let said = ''
      const read = (chunk: Buffer) => {
        said += chunk
        this.#output += chunk
        if (said.includes('Ctrl-C ends everything')) resolve()
      }
      child.process.stdout?.on('data', read)
      child.process.stderr?.on('data', read)
      child.ended.then(() => reject(new Error(`the sandbox ended:\n${said}`)))
    })
    await started
  }

  /** Ends it as Ctrl-C does, or as a power cut does. */
  async stop(signal: 'SIGINT' | 'SIGKILL' = 'SIGINT'): Promise<void> {
    await this.#child?.stop(signal)
    await Promise.all([waitUntilFree(this.#ports.service), waitUntilFree(this.#ports.inbox)])
  }

  /** Ends it and forgets its state. */
  async close(): Promise<void> {
    await this.stop()
    rmSync(this.#stateDir, { recursive: true, force: true })
  }

  fetch(route: string, init: RequestInit = {}, timeoutMs = 30_000): Promise<Response> {
    return fetch(this.url + route, { ...init, signal: AbortSignal.timeout(timeoutMs) })
  }

  /** `/metrics`, with the token that the banner names. */
  scrape(headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch('/metrics', { headers: { Authorization: 'Bearer sandbox-admin-token', ...headers } })
  }

  /** A request with the admin token; the answer's JSON. */
  async admin(route: string, init: RequestInit = {}): Promise<unknown> {
    const headers = { Authorization: 'Bearer sandbox-admin-token', 'Content-Type': 'application/json' }
    return (await this.fetch(route, { ...init, headers })).json()
  }

  /** One cron run, as if it had been due at `scheduledAtMs`. */
  async tick(scheduledAtMs = Date.now()): Promise<void> {
    const route = `/cdn-cgi/handler/scheduled?cron=*+*+*+*+*&time=${scheduledAtMs}`
    const response = await this.fetch(route, {}, TICK_TIMEOUT_MS)
    if (!response.ok) throw new Error(`the cron answered ${response.status}: ${await response.text()}`)
  }

  async breakServer(name: string, mode: 'down' | 'hang' | 'error' | 'slow' | 'wrong-body'): Promise<void> {
    const init = { method: 'POST', body: JSON.stringify({ mode }) }
    const response = await fetch(`${this.inboxUrl}/faults/${name}`, init)
    if (!response.ok) throw new Error(`breaking ${name}: ${response.status}`)
  }

  async mendServer(name: string): Promise<void> {
    await fetch(`${this.inboxUrl}/faults/${name}`, { method: 'DELETE' })
  }

  /** What the inbox got that tells of an alert, oldest first. */
  async pages(): Promise<Page[]> {
    const messages = (await (await fetch(`${this.inboxUrl}/messages`)).json()) as InboxMessage[]
    return messages.flatMap(toPage)
  }
}

/** A notification as its receiver sees it. */
export interface Page {
  readonly receiver: string
  readonly action: 'trigger' | 'resolve'
  readonly key?: string
  readonly text: string
}

function toPage({ receiver, body }: InboxMessage): Page[] {
  const content = body as Record<string, unknown>
  if (receiver === 'pagerduty') {
    const action = content.event_action === 'resolve' ? 'resolve' : 'trigger'
    const summary = (content.payload as { summary?: string } | undefined)?.summary ?? ''
    return [{ receiver, action, key: String(content.dedup_key), text: summary }]
  }
  if (receiver === 'slack') {
    const text = String(content.text)
    return [{ receiver, action: /resolved/i.test(text) ? 'resolve' : 'trigger', text }]
  }
  if (receiver === 'webhook') {
    const data = content.data as { dedup_key: string; status: string; summary: string }
    const action = data.status === 'resolved' ? 'resolve' : 'trigger'
    return [{ receiver, action, key: data.dedup_key, text: data.summary }]
  }
  return []
}

async function freePort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function waitUntilFree(port: number): Promise<void> {
  for (;;) {
    const free = await new Promise<boolean>((resolve) => {
      const socket = net.connect({ host: '127.0.0.1', port })
      socket.once('connect', () => resolve(false)).once('error', () => resolve(true))
      socket.once('connect', () => socket.destroy())
    })
    if (free) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
