import { createScheduledController, runInDurableObject } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { expect, it, vi } from 'vitest'
import worker from '../../src/index.ts'
import { servicesOf } from '../../src/services.ts'

interface Item {
  header: { type: string }
  payload: { tags?: Record<string, string>; monitor_slug?: string; status?: string; check_in_id?: string }
}
interface Message {
  receiver: string
  body: { items: Item[] }
}

// Sending goes on in the background; the first time the client is loaded too.
const PATIENCE = { timeout: 15_000, interval: 50 }

/** What has come to Sentry so far, from all test files: they share this inbox. */
async function itemsAtSentry(type: string): Promise<Item['payload'][]> {
  const variables = env as unknown as Record<string, string>
  const response = await fetch(`${new URL(variables.SENTRY_DSN!.replace('public@', '')).origin}/messages`)
  const answer = (await response.json()) as Message[] | { messages: Message[] }
  const messages = Array.isArray(answer) ? answer : answer.messages
  return messages
    .filter((message) => message.receiver === 'sentry')
    .flatMap((message) => message.body.items)
    .filter((item) => item.header.type === type)
    .map((item) => item.payload)
}

it('an error in a route reaches Sentry with its request id', async () => {
  const variables = env as unknown as Record<string, string>
  const requestId = crypto.randomUUID()
  const response = await exports.default.fetch('http://edgewatch.test/test/error', {
    headers: { Authorization: `Bearer ${variables.ADMIN_TOKEN}`, 'X-Request-Id': requestId },
  })
  expect(response.status).toBe(500)
  await vi.waitFor(async () => {
    const tags = (await itemsAtSentry('event')).map((event) => event.tags)
    expect(tags).toContainEqual(
      expect.objectContaining({ request_id: requestId, route: '/test/error', 'app.version': '1.0.0' }),
    )
  }, PATIENCE)
}, 20_000)

it('an error that somebody asked for is counted, but is no failure that pages', async () => {
  const { recorder, metrics } = servicesOf(env)
  const variables = env as unknown as Record<string, string>
  await exports.default.fetch('http://edgewatch.test/test/error', {
    headers: { Authorization: `Bearer ${variables.ADMIN_TOKEN}` },
  })
  await recorder.flush()
  const toMs = Date.now() + 60_000
  const { windows } = await metrics.read({ windows: [{ fromMs: toMs - 3_600_000, toMs }], series: [] })
  const [tested] = windows[0]!.filter(({ route }) => route === '/test/error')
  expect(tested?.requests).toBeGreaterThan(0)
  expect(tested?.errors).toBe(0)
})

it('a cron run checks in when it begins and when it ends', async () => {
  const before = (await itemsAtSentry('check_in')).length
  await worker.scheduled(createScheduledController({ scheduledTime: new Date(), cron: '* * * * *' }))
  await vi.waitFor(async () => {
    const checkIns = (await itemsAtSentry('check_in')).slice(before)
    const id = checkIns[0]?.check_in_id
    expect(checkIns.filter((each) => each.check_in_id === id)).toMatchObject([
      { monitor_slug: 'edgewatch-tick', status: 'in_progress' },
      { monitor_slug: 'edgewatch-tick', status: 'ok' },
    ])
  }, PATIENCE)
}, 20_000)

it('a cron run undertakes to hand over what its isolate counted', async () => {
  const { recorder, catalog } = servicesOf(env)
  await vi.waitFor(() => {
    recorder.increment(catalog.errorsReported, { outcome: 'failed' })
    expect(recorder.needsFlush).toBe(true) // once what an earlier request has undertaken is done
  }, PATIENCE)
  await worker.scheduled(createScheduledController({ scheduledTime: new Date(), cron: '* * * * *' }))
  expect(recorder.needsFlush).toBe(false)
}, 20_000)

it('what the ledger logs within one run carries an id', async () => {
  const warn = vi.spyOn(console, 'warn')
  const stub = env.ALERT_LEDGER.get(env.ALERT_LEDGER.newUniqueId())
  await runInDurableObject(stub, (ledger) => Promise.all([ledger.tick(Date.now()), ledger.tick(Date.now())]))
  const lines = warn.mock.calls.map(([line]) => JSON.parse(String(line)) as { event: string })
  expect(lines.filter(({ event }) => event === 'tick_refused')).toMatchObject([
    { request_id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
  ])
})
