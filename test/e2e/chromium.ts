import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { onPath } from '../../sandbox/child-server.ts'

/** Starts the Chromium of this machine. */
export function launchChromium(): Promise<Browser> {
  const executablePath = onPath('chromium') ?? onPath('google-chrome')
  if (!executablePath) throw new Error('no Chromium on PATH')
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  })
}

/** Collects what the browser complains of, such as a script that failed or a policy that was violated. */
export function problemsOf(page: Page): string[] {
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  return problems
}

/** By how many pixels the page is wider than the window. */
export const overflow = (page: Page) =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')

/** What axe finds; it is run from outside, so the page's own policy does not keep it out. */
export async function violations(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page)
  await session.send('Runtime.evaluate', { expression: axe.source })
  const found = await session.send('Runtime.evaluate', {
    expression: `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(' | ')))`,
    awaitPromise: true,
    returnByValue: true,
  })
  return found.result.value as string[]
}
