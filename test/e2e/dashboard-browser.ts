import axe from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { onPath } from '../../sandbox/child-server.ts'
import type { Sandbox } from './sandbox.ts'

export const TOKEN = 'sandbox-admin-token'

/** The pages, and what each is headed by. */
export const PAGES = [
  ['/admin', 'Overview'],
  ['/admin/pages/requests', 'Requests'],
  ['/admin/pages/alerts', 'Alerts'],
  ['/admin/pages/incidents', 'Incidents'],
  ['/admin/pages/monitors', 'Monitors'],
  ['/admin/pages/dependencies', 'Dependencies'],
  ['/admin/pages/cache', 'Cache'],
  ['/admin/pages/business', 'Business'],
  ['/admin/pages/pushed', 'Pushed groups'],
  ['/admin/pages/settings', 'Settings'],
  ['/admin/pages/links', 'Links'],
] as const

type Options = Parameters<Browser['newContext']>[0]

/** A browser in front of a sandbox's dashboard. */
export class DashboardBrowser {
  readonly #sandbox: Sandbox
  readonly #browser: Browser

  private constructor(sandbox: Sandbox, browser: Browser) {
    this.#sandbox = sandbox
    this.#browser = browser
  }

  static async start(sandbox: Sandbox): Promise<DashboardBrowser> {
    const executablePath = onPath('chromium') ?? onPath('google-chrome')
    if (!executablePath) throw new Error('no Chromium on PATH')
    const browser = await chromium.launch({
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
      ],
    })
    return new DashboardBrowser(sandbox, browser)
  }

  close(): Promise<void> {
    return this.#browser.close()
  }

  /** A page of its own browser session, and what went wrong in it. */
  async visit(options: Options = {}) {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
    const page = await context.newPage()
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text())
    })
    return { context, page, problems }
  }

  async signIn(page: Page, path = '/admin', token = TOKEN): Promise<void> {
    await page.goto(this.#sandbox.url + path)
    await page.fill('#token', token)
    await page.click('button')
  }

  async signedIn(options: Options = {}) {
    const visited = await this.visit(options)
    await this.signIn(visited.page)
    await visited.page.waitForSelector('#freshness')
    return visited
  }
}

/** Waits until something holds that only time brings about. */
export async function expectSoon(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  throw new Error('it never came to hold')
}

/** By how many pixels the page is wider than the window. */
export const overflow = (page: Page) =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')

/** What axe finds; it is run from outside, so the page's own policy does not keep it out. */
export async function violations(context: BrowserContext, page: Page): Promise<string[]> {
  const session = await context.newCDPSession(page)
  await session.send('Runtime.evaluate', { expression: axe.source })
  const found = await session.send('Runtime.evaluate', {
    expression: `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(' | ')))`,
    awaitPromise: true,
    returnByValue: true,
  })
  return found.result.value as string[]
}
