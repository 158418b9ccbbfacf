import type { Browser, Page } from 'playwright-core'
import { launchChromium, problemsOf } from './chromium.ts'
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
    return new DashboardBrowser(sandbox, await launchChromium())
  }

  close(): Promise<void> {
    return this.#browser.close()
  }

  /** A page of its own browser session, and what went wrong in it. */
  async visit(options: Options = {}) {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
    const page = await context.newPage()
    return { context, page, problems: problemsOf(page) }
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

/** Has a page remember what charts write; to be called before it is opened. Gives what was written so far. */
export async function chartTexts(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(`
    const { prototype } = CanvasRenderingContext2D
    const { fillText } = prototype
    window.chartTexts = []
    prototype.fillText = function (text, ...rest) {
      window.chartTexts.push(text)
      return fillText.call(this, text, ...rest)
    }`)
  return () => page.evaluate('window.chartTexts')
}

/** Waits until something holds that only time brings about. */
export async function expectSoon(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  throw new Error('it never came to hold')
}
