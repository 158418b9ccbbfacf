import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { Sandbox } from './sandbox.ts'

let sandbox: Sandbox
let minute = Date.now()
beforeAll(async () => {
  sandbox = await Sandbox.start()
})
afterAll(() => sandbox?.close())

/** The cron of the next minute: monitors are due by its time. */
const nextMinute = async () => {
  minute += 60_000
  await sandbox.tick(minute)
}
const status = async () => (await sandbox.fetch('/status.json')).json() as Promise<{ state: string }>
const page = async () => (await sandbox.fetch('/status')).text()
const firing = async () =>
  (await sandbox.pages()).filter(({ action, key }) => action === 'trigger' && key?.includes('api-health'))
    .length
/** The page is kept for 30 s. */
const untilStatusIs = (state: string) =>
  vi.waitFor(async () => expect((await status()).state).toBe(state), { timeout: 60_000, interval: 1_000 })

it('shows the two monitors of the document, red while their target is down, and green again', async () => {
  await nextMinute()
  await untilStatusIs('operational')
  expect(await page()).toContain('API health')
  expect(await page()).toContain('Analysis endpoint')

  await sandbox.breakServer('target', 'error')
  for (let run = 0; run < 5; run++) await nextMinute()
  await untilStatusIs('major_outage')
  const broken = await page()
  expect(broken).toContain('API health is down')
  expect(broken).not.toMatch(/127\.0\.0\.1|expected status/) // neither its address nor the reason is public
  await vi.waitFor(async () => expect(await firing()).toBe(2)) // PagerDuty and the webhook, once each

  await sandbox.mendServer('target')
  for (let run = 0; run < 11; run++) await nextMinute()
  await untilStatusIs('operational')
  expect(await sandbox.admin('/admin/incidents')).toMatchObject({ open: [] })
  expect(await firing()).toBe(2)
}, 240_000)

it.each(['down', 'hang', 'wrong-body'] as const)(
  'finds a target down that is broken by %s',
  async (mode) => {
    await sandbox.breakServer('target', mode)
    await untilMonitors('down')
    await sandbox.mendServer('target')
    await untilMonitors('up')
  },
  240_000,
)

/** Lets minutes pass until the first one, or all of them where they are to be up, are so. */
async function untilMonitors(wanted: 'down' | 'up'): Promise<void> {
  for (let run = 0; run < 12; run++) {
    await nextMinute()
    const { monitors } = (await sandbox.admin('/admin/monitors')) as { monitors: { state: string }[] }
    const are = monitors.map(({ state }) => state === wanted)
    if (wanted === 'down' ? are.includes(true) : !are.includes(false)) return
  }
  throw new Error(`no monitors were ${wanted}`)
}
