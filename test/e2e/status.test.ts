import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { launchChromium, overflow, problemsOf, violations } from './chromium.ts'
import { Sandbox } from './sandbox.ts'

let sandbox: Sandbox
let browser: Browser

beforeAll(async () => {
  sandbox = await Sandbox.start()
  browser = await launchChromium()
  // The sandbox begins with a run of its own, which refuses another until it is over.
  await vi.waitFor(
    async () => {
      await sandbox.tick()
      const { monitors } = (await sandbox.admin('/admin/monitors')) as { monitors: { state: string }[] }
      expect(monitors.map(({ state }) => state)).not.toContain('unknown')
    },
    { timeout: 60_000, interval: 500 },
  )
})
afterAll(async () => {
  await browser?.close()
  await sandbox?.close()
})

/** Opens a page of the sandbox; what the browser complains of, such as a violated policy, is collected. */
async function open(
  path: string,
  {
    width = 1280,
    colorScheme = 'light',
  }: { readonly width?: number; readonly colorScheme?: 'light' | 'dark' } = {},
): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme })
  const problems = problemsOf(page)
  await page.goto(sandbox.url + path)
  return { page, problems }
}

/** A computed style of the first element that a selector finds. */
const styleOf = (page: Page, selector: string, property: string, pseudo = ''): Promise<unknown> =>
  page.evaluate(`getComputedStyle(document.querySelector('${selector}'), '${pseudo}').${property}`)

describe.each(['/status', '/status/api-health', '/status/nowhere'])('%s', (path) => {
  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 320],
    ['dark', 320],
  ] as const)('is accessible and fits: %s, %i px', async (colorScheme, width) => {
    const { page, problems } = await open(path, { width, colorScheme })
    for (const summary of await page.locator('summary').all()) await summary.click()
    expect(await violations(page)).toEqual([])
    expect(await overflow(page)).toBe(0)
    const missing = path.endsWith('nowhere') ? [expect.stringContaining('404')] : []
    expect(problems).toEqual(missing)
    await page.close()
  })
})

it('is readable without JavaScript, and has a style', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(`${sandbox.url}/status`)
  expect(await page.title()).toMatch(/ – Edgewatch status$/)
  expect(await page.getByRole('heading', { level: 3 }).allTextContents()).toEqual([
    'API health',
    'Analysis endpoint',
    'Nightly backup',
  ])
  expect(await styleOf(page, '.list', 'borderTopWidth')).toBe('1px')
  await context.close()
})

it('leads through by keyboard: past the header, to a monitor, and to what its days were', async () => {
  const { page } = await open('/status')
  await page.keyboard.press('Tab')
  expect(await page.locator(':focus').textContent()).toBe('Skip to the content')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  expect(await page.locator(':focus').textContent()).toBe('API health')
  expect(await styleOf(page, ':focus', 'outlineStyle')).toBe('solid')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'API health' }).waitFor()
  const days = page.getByText('Day by day')
  await days.focus()
  await page.keyboard.press('Enter')
  expect(await page.locator('tbody').first().locator('tr').count()).toBe(90)
})

it('tells what a day was like to the pointer', async () => {
  const { page } = await open('/status')
  await page.locator('.bars i:nth-child(90)').first().hover()
  const told = await styleOf(page, '.bars i:nth-child(90)', 'content', '::after')
  // As wide as the row of bars: within the bar it belongs to, one letter would stand above the other.
  const rowWidth = await page.evaluate(`document.querySelector('.bars').clientWidth + 'px'`)
  expect(await styleOf(page, '.bars i:nth-child(90)', 'width', '::after')).toBe(rowWidth)
  expect(told).toMatch(/^"\d+ [A-Z][a-z]{2}: no downtime"$/)
})

it('has feeds that a browser can read as XML, and badges that it can show', async () => {
  const { page } = await open('/status')
  for (const [path, type, root] of [
    ['/status/feed.atom', 'application/atom+xml', 'feed'],
    ['/status/feed.rss', 'application/rss+xml', 'rss'],
    ['/badge/api-health.svg', 'image/svg+xml', 'svg'],
  ]) {
    const response = await sandbox.fetch(path!)
    expect(response.headers.get('Content-Type')).toContain(type)
    const text = JSON.stringify(await response.text())
    const name = await page.evaluate(
      `new DOMParser().parseFromString(${text}, 'application/xml').documentElement.nodeName`,
    )
    expect(name).toBe(root)
  }
})
