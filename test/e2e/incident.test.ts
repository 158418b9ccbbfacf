import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Page, Sandbox } from './sandbox.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await Sandbox.start()
})
afterAll(() => sandbox?.close())

const health = async () => (await sandbox.fetch('/health')).status
const until = <T>(check: () => Promise<T>) => vi.waitFor(check, { timeout: 60_000, interval: 200 })
const short = (pages: Page[]) => pages.map(({ receiver, action }) => `${receiver} ${action}`).sort()

/** Health and cron share what they found for 10 s, so a change shows after that. */
const untilHealthIs = (status: number) => until(async () => expect(await health()).toBe(status))

describe('a database that goes down', () => {
  it('pages once and resolves once, under one key, and tells nothing else', async () => {
    await untilHealthIs(200)
    await sandbox.tick()

    await sandbox.breakServer('mongodb', 'down')
    await untilHealthIs(503)
    await sandbox.tick()
    await sandbox.tick()
    await until(async () => expect(await sandbox.pages()).toHaveLength(3))

    await sandbox.mendServer('mongodb')
    await untilHealthIs(200)
    await sandbox.tick()
    await sandbox.tick()
    await until(async () => expect(await sandbox.pages()).toHaveLength(6))
    await sandbox.tick()

    const pages = await sandbox.pages()
    expect(short(pages)).toEqual([
      'pagerduty resolve',
      'pagerduty trigger',
      'slack resolve',
      'slack trigger',
      'webhook resolve',
      'webhook trigger',
    ])
    expect(new Set(pages.flatMap(({ key }) => key ?? [])).size).toBe(1)
    expect(await sandbox.admin('/admin/alerts')).toMatchObject({
      active: [],
      notifications: { counts: { pending: 0, dead: 0 } },
    })
  })
})

describe('receivers that are down, and a sandbox that is killed', () => {
  it('lose no page', async () => {
    await fetch(`${sandbox.inboxUrl}/messages`, { method: 'DELETE' })
    await sandbox.breakServer('slack', 'down')
    await sandbox.breakServer('pagerduty', 'error')
    await sandbox.breakServer('mongodb', 'down')
    await untilHealthIs(503)
    await sandbox.tick()
    await until(async () =>
      expect(await sandbox.admin('/admin/alerts')).toMatchObject({
        notifications: {
          pending: expect.arrayContaining([expect.objectContaining({ receiver: 'pagerduty' })]),
        },
      }),
    )

    await sandbox.stop('SIGKILL')
    await sandbox.start() // with everything mended: faults end with the process

    await until(async () => {
      const told = (await sandbox.pages()).filter(({ action }) => action === 'trigger')
      expect(short(told)).toEqual(expect.arrayContaining(['pagerduty trigger', 'slack trigger']))
    })
    await untilHealthIs(200)
    await sandbox.tick()
    await until(async () =>
      expect(short((await sandbox.pages()).filter(({ receiver }) => receiver !== 'webhook'))).toEqual([
        'pagerduty resolve',
        'pagerduty trigger',
        'slack resolve',
        'slack trigger',
      ]),
    )
    const keys = (await sandbox.pages())
      .filter(({ receiver }) => receiver === 'pagerduty')
      .map(({ key }) => key)
    expect(new Set(keys).size).toBe(1)
  })
})

describe('an error', () => {
  it('has a stack trace that names the sources, in the log and in Sentry', async () => {
    await sandbox.admin('/test/error')
    await until(async () => {
      const line = sandbox.output.split('\n').find((each) => each.includes('"request_failed"'))
      expect(JSON.parse(line ?? '{}')).toMatchObject({
        route: '/test/error',
        error: {
          stack: expect.stringMatching(/at src\/app\.ts:\d+:\d+\n +at dispatch \(node_modules\/hono/),
        },
      })
      const messages = await (await fetch(`${sandbox.inboxUrl}/messages`)).text()
      expect(messages).toContain('"filename":"src/app.ts"')
    })
  })
})
