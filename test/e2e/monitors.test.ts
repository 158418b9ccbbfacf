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

it.each([
  ['down', 'down'],
  ['wrong-body', 'down'],
  ['slow', 'degraded'],
] as const)(
  'finds a target that is broken (%s) %s',
  async (mode, state) => {
    await sandbox.breakServer('target', mode)
    await untilMonitors(state)
    await sandbox.mendServer('target')
    await untilMonitors('up')
  },
  240_000,
)

/** Lets minutes pass until one is so, or all of them where they are to be up. */
const untilMonitors = (wanted: 'down' | 'degraded' | 'up') =>
  vi.waitFor(
    async () => {
      await nextMinute()
      const { monitors } = (await sandbox.admin('/admin/monitors')) as { monitors: { state: string }[] }
      const are = monitors.map(({ state }) => state === wanted)
      expect(wanted === 'up' ? !are.includes(false) : are.includes(true)).toBe(true)
    },
    { timeout: 110_000, interval: 1_000 },
  )
