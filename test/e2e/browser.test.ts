import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium, overflow, problemsOf } from './chromium.ts'
import { Sandbox } from './sandbox.ts'

let sandbox: Sandbox
let browser: Browser

beforeAll(async () => {
  sandbox = await Sandbox.start()
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await sandbox?.close()
})

async function open(url: string): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage()
  const problems = problemsOf(page)
  await page.goto(url)
  return { page, problems }
}

describe('the first page', () => {
  it('leads to what there is', async () => {
    const { page, problems } = await open(sandbox.url)
    expect(await page.textContent('h1')).toBe('Edgewatch')
    await page.click('a[href="/health"]')
    expect(await page.textContent('body')).toContain('"status":"healthy"')
    expect(problems).toEqual([])
  })

  it('fits a phone', async () => {
    const { page } = await open(sandbox.url)
    await page.setViewportSize({ width: 320, height: 640 })
    expect(await overflow(page)).toBe(0)
  })
})

describe('the inbox', () => {
  it('shows an alert that fires, as it arrives', async () => {
    const { page, problems } = await open(sandbox.inboxUrl)
    await sandbox.admin('/admin/alerts/test', {
      method: 'POST',
      body: JSON.stringify({ receiver: 'slack-alerts' }),
    })
    await page.getByText(/test/i).first().waitFor()
    expect(problems).toEqual([])
  })
})
