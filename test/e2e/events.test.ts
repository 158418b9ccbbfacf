import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Sandbox } from './sandbox.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await Sandbox.start()
})
afterAll(() => sandbox?.close())

interface Business {
  readonly status: string
  readonly revenue_by_tier: readonly { readonly tier: string; readonly customers: number }[]
  readonly events: { readonly backlog: number }
}

const business = () => sandbox.admin('/admin/business/refresh', { method: 'POST' }) as Promise<Business>
const enterprises = async () =>
  (await business()).revenue_by_tier.find(({ tier }) => tier === 'enterprise')?.customers ?? 0
const until = <T>(check: () => Promise<T>) => vi.waitFor(check, { timeout: 90_000, interval: 500 })

const USERS = ['e2e-1', 'e2e-2', 'e2e-3']
const send = async () => {
  const events = USERS.map((user_id) => ({
    type: 'subscription_changed',
    id: user_id,
    user_id,
    tier: 'enterprise',
  }))
  const response = await sandbox.fetch('/events', {
    method: 'POST',
    headers: { Authorization: 'Bearer sandbox-ingest-token', 'Content-Type': 'application/json' },
    body: JSON.stringify({ events }),
  })
  return response.json()
}

describe('events that were taken while MongoDB was down', () => {
  it('count once and are written, though the power fails meanwhile', async () => {
    const before = await enterprises()
    await sandbox.breakServer('mongodb', 'down')
    expect(await send()).toEqual({ accepted: 3, duplicates: 0, rejected: [] })

    await sandbox.stop('SIGKILL')
    await sandbox.start() // with MongoDB mended: faults end with the process
    expect(await send()).toEqual({ accepted: 0, duplicates: 3, rejected: [] })

    await until(async () => expect((await business()).events.backlog).toBe(0))
    // An answer is shared for half a minute.
    await until(async () => expect(await enterprises()).toBe(before + USERS.length))
    await until(async () =>
      expect(await (await sandbox.scrape()).text()).toContain(
        'edgewatch_events_total{type="subscription_changed",outcome="accepted"} 3\n',
      ),
    )
  })
})
