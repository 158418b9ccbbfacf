import { createScheduledController } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { expect, vi } from 'vitest'
import worker from '../../src/index.ts'
import { servicesOf } from '../../src/services.ts'

// The Worker as it is deployed, with its bindings and the sandbox's servers.

/** The sandbox's variables. */
export const variables = env as unknown as Readonly<Record<string, string>>

/** Sending goes on in the background, and loads a client first. */
export const PATIENCE = { timeout: 20_000, interval: 50 }

export type Line = Readonly<Record<string, unknown>> & { readonly event: string }

/** A request to the deployed Worker. */
export const request = (path: string, init: RequestInit = {}): Promise<Response> =>
  exports.default.fetch(`https://edgewatch.test${path}`, init)

/** A request by the admin. */
export const adminRequest = (path: string, init: RequestInit = {}): Promise<Response> =>
  request(path, { ...init, headers: { Authorization: `Bearer ${variables.ADMIN_TOKEN}`, ...init.headers } })

/** One run of the deployed Worker's cron. */
export const runCron = (scheduledAtMs: number): Promise<void> =>
  worker.scheduled(createScheduledController({ scheduledTime: scheduledAtMs, cron: '* * * * *' }))

/** The log lines from now on. */
export function watchLog(): readonly Line[] {
  const lines: Line[] = []
  for (const method of ['log', 'warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((line) => {
      if (typeof line === 'string' && line.startsWith('{')) lines.push(JSON.parse(line) as Line)
    })
  }
  return lines
}

/** What `/metrics` shows of what was counted so far. */
export async function exposition(): Promise<string> {
  const { recorder, exposed } = servicesOf(env)
  await recorder.flush()
  return await exposed.exposition('text')
}

/** The value of a series in the exposition; undefined where there is none. */
export function sampleOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

interface Message {
  readonly receiver: string
  readonly path: string
  readonly body: {
    readonly items: readonly { readonly header: { readonly type: string }; readonly payload: SentryEvent }[]
  }
}

/** What is looked at of an event that Sentry received. */
export interface SentryEvent {
  readonly environment?: string
  readonly release?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly exception?: { readonly values: readonly { readonly value: string }[] }
}

/** Everything that the sandbox's inbox has received so far, from all test files. */
export async function inbox(): Promise<readonly Message[]> {
  const url = new URL('/messages', variables.WEBHOOK_URL)
  // A server closes idle connections, also one that was just taken from the pool.
  const response = await fetch(url).catch(() => fetch(url))
  const answer = (await response.json()) as Message[] | { messages: Message[] }
  return Array.isArray(answer) ? answer : answer.messages
}

/** Waits until Sentry has received an error with this message. */
export function eventAtSentry(message: string): Promise<SentryEvent> {
  return vi.waitFor(async () => {
    const events = (await inbox())
      .filter(({ receiver }) => receiver === 'sentry')
      .flatMap(({ body }) => body.items)
      .filter(({ header }) => header.type === 'event')
      .map(({ payload }) => payload)
    const event = events.find(({ exception }) => exception?.values.some(({ value }) => value === message))
    expect(event, `an event "${message}"`).toBeDefined()
    return event!
  }, PATIENCE)
}
