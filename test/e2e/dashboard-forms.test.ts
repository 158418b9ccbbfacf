import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { overflow, violations } from './chromium.ts'
import { chartTexts, DashboardBrowser, expectSoon, PAGES, TOKEN } from './dashboard-browser.ts'
import { Sandbox } from './sandbox.ts'

let sandbox: Sandbox
let browser: DashboardBrowser

beforeAll(async () => {
  sandbox = await Sandbox.start()
  browser = await DashboardBrowser.start(sandbox)
})

afterAll(async () => {
  await browser?.close()
  await sandbox?.close()
})

describe('an incident', () => {
  it('is posted, mended where something is wrong, updated and resolved, without JavaScript', async () => {
    const { page } = await browser.signedIn({ javaScriptEnabled: false })
    await page.goto(`${sandbox.url}/admin/pages/incidents`)
    await page.click('text=Post an incident')
    const post = page.locator('#post-incident')
    await post.locator('[name=title]').fill(' ')
    await post.locator('[name=message]').fill('Searches take long.\nWe look into it.')
    await post.locator('[name=severity]').selectOption('critical')
    await post.getByLabel('API health').check()
    await post.locator('button').click()
    expect(await page.textContent('[role=alert]')).toContain('title: it is empty')
    expect(await page.textContent('#post-incident-title-mistake')).toContain('Title, for the public')
    expect(await post.locator('[name=message]').inputValue()).toBe('Searches take long.\nWe look into it.')
    expect(await post.locator('[name=severity]').inputValue()).toBe('critical')
    expect(await post.getByLabel('API health').isChecked()).toBe(true)

    await post.locator('[name=title]').fill('Slow search')
    await post.locator('button').click()
    expect(await page.textContent('.notice')).toContain('Posted')

    await page.click('#open >> text=Slow search')
    const update = page.locator('#update-incident')
    for (const [stage, message] of [
      ['identified', 'A full disk.'],
      ['resolved', 'It has room again.'],
    ] as const) {
      await update.locator('[name=stage]').selectOption(stage)
      await update.locator('[name=message]').fill(message)
      await update.locator('button').click()
      expect(await page.textContent('#incident')).toContain(message)
    }
    expect(await page.textContent('#past')).toContain('Slow search')
    expect(await sandbox.admin('/admin/incidents')).toMatchObject({
      open: [],
      past: [{ title: 'Slow search', stage: 'resolved', severity: 'critical', monitors: ['api-health'] }],
    })
  })

  it('is attached to monitors', async () => {
    const { page, problems } = await browser.signedIn()
    await page.goto(`${sandbox.url}/admin/pages/incidents`)
    await page.click('#past >> text=Slow search')
    await page.click('text=Change its title or its monitors')
    await page.locator('#amend-incident').getByLabel('Analysis endpoint').check()
    await page.click('#amend-incident button')
    expect(await page.textContent('.notice')).toContain('Changed')
    expect(await page.textContent('#incident')).toContain('Monitors: API health, Analysis endpoint')
    expect(await violations(page)).toEqual([])
    expect(problems).toEqual([])
  })
})

describe('a form that is sent when the session has ended', () => {
  it.each([true, false])('comes back after signing in, JavaScript: %s', async (javaScriptEnabled) => {
    const { context, page } = await browser.signedIn({ javaScriptEnabled })
    await page.goto(`${sandbox.url}/admin/pages/incidents`)
    await page.click('text=Post an incident')
    const post = page.locator('#post-incident')
    await post.locator('[name=title]').fill('Late')
    await post.locator('[name=message]').fill('Two\nlines')
    await context.clearCookies()
    await post.locator('button').click()
    expect(await page.textContent('main')).toContain('Sign in to get back what you entered.')
    if (javaScriptEnabled) expect(await violations(page)).toEqual([])
    await page.fill('#token', TOKEN)
    await page.click('button')
    expect(await page.textContent('[role=alert]')).toContain('your session had ended')
    expect(await post.locator('[name=message]').inputValue()).toBe('Two\nlines')
    expect(await sandbox.admin('/admin/incidents')).toMatchObject({ open: [] })
    await post.locator('button').click()
    expect(await page.textContent('.notice')).toContain('Posted')
    await page.click('#open >> text=Late')
    await page.click('text=Withdraw')
    await page.click('#withdraw-incident button')
    expect(await page.textContent('.notice')).toContain('withdrawn')
    expect(await sandbox.admin('/admin/incidents')).toMatchObject({ open: [] })
  })
})

describe('an internal incident', () => {
  it('is published, and the public sees that and nothing else of it', async () => {
    await sandbox.breakServer('mongodb', 'down')
    // A report of the dependencies holds for some seconds: the first run may still find MongoDB up.
    await expectSoon(async () => {
      await sandbox.tick()
      return JSON.stringify(await sandbox.admin('/admin/incidents')).includes('MongoDB down')
    })
    const { page, problems } = await browser.signedIn()
    await page.goto(`${sandbox.url}/admin/pages/incidents`)
    await page.click('#open >> text=MongoDB down')
    await page.locator('#update-incident [name=message]').fill('The primary has no disk left.')
    await page.click('text=Post internally')
    expect(await page.textContent('.notice')).toContain('the status page does not show it')
    await page.click('text=Publish on the status page')
    const publish = page.locator('#publish-incident')
    expect(await publish.locator('[name=message]').inputValue()).toBe('The primary has no disk left.')
    await publish.locator('[name=title]').fill('Checkout fails')
    await publish.locator('[name=message]').fill('Some orders fail.')
    await publish.locator('button').click()
    expect(await page.textContent('.notice')).toContain('Published')
    expect(await violations(page)).toEqual([])
    await expectSoon(async () => (await (await sandbox.fetch('/status')).text()).includes('Checkout fails'))
    const status = await (await sandbox.fetch('/status')).text()
    expect(status).toContain('Some orders fail.')
    expect(status).not.toMatch(/MongoDB|disk left/)
    await page.click('#incident >> text=MongoDB down')
    expect(await page.textContent('#incident')).toContain('Published as Checkout fails')
    expect(problems).toEqual([])
    await sandbox.mendServer('mongodb')
  })
})

describe('maintenance', () => {
  it('is announced and withdrawn', async () => {
    const { page } = await browser.signedIn()
    await page.goto(`${sandbox.url}/admin/pages/monitors`)
    await page.click('text=Announce maintenance')
    const form = page.locator('#announce-maintenance')
    await form.locator('[name=title]').fill('Database upgrade')
    const from = await form.locator('[name=from]').inputValue()
    await form.locator('[name=to]').fill(from)
    await form.locator('button').click()
    expect(await page.textContent('#announce-maintenance-to-mistake')).toContain(
      'To (UTC): a time after from',
    )
    await form.locator('[name=to]').fill(from.replace(/^\d+/, (year) => String(Number(year) + 1)))
    await form.locator('button').click()
    expect(await page.textContent('#maintenance')).toMatch(/Database upgrade[\s\S]*under way[\s\S]*all/)
    await page.click('text=Withdraw Database upgrade')
    expect(await page.textContent('#maintenance')).toContain('No maintenance')
  })
})

describe('the numbers of the business', () => {
  it('are asked for and drawn', async () => {
    const { page, problems } = await browser.signedIn()
    const texts = await chartTexts(page)
    await page.goto(`${sandbox.url}/admin/pages/business`)
    await page.click('text=Ask MongoDB now')
    expect(await page.textContent('.notice')).toContain('as MongoDB has them now')
    for (const id of ['users', 'tiers', 'customers', 'frameworks', 'coverage']) {
      await page.locator(`#chart-${id} .plot canvas`).waitFor()
    }
    const revenue = (await page.locator('#chart-tiers tbody td').first().textContent()) ?? ''
    expect(revenue).toMatch(/^\$[\d,]+$/)
    await expectSoon(async () => (await texts()).includes(revenue))
    expect(problems).toEqual([])
  })
})

describe('what somebody has typed', () => {
  it('stays when the page reads itself anew', async () => {
    const { page } = await browser.signedIn()
    await page.goto(`${sandbox.url}/admin/pages/alerts`)
    await page.click('text=Silence an alert')
    await page.locator('#silence-any [name=reason]').fill('upgrade of the')
    await page.locator('h1').click()
    const before = await page.getAttribute('#freshness time', 'datetime')
    await expectSoon(async () => (await page.getAttribute('#freshness time', 'datetime')) !== before)
    expect(await page.locator('#silence-any [name=reason]').inputValue()).toBe('upgrade of the')
  })
})

describe('text that others wrote', () => {
  it('runs nothing and loads nothing, wherever it is shown', async () => {
    const evil = `</textarea></title>"'><img src=/evil onerror="window.evil=1"><script>window.evil=1</script>`
    const json = (body: object) => ({ method: 'POST', body: JSON.stringify(body) })
    const { id } = (await sandbox.admin(
      '/admin/incidents',
      json({ title: evil, message: evil, by: evil.slice(0, 99) }),
    )) as { id: string }
    const soon = new Date(Date.now() + 3_600_000).toISOString()
    await sandbox.admin('/admin/maintenance', json({ title: evil, from: soon, for: '1h' }))
    await sandbox.admin('/admin/silences', json({ alert: 'mongodb-down', for: '1h', reason: evil, by: 'x' }))
    const pushed = await sandbox.fetch(`/metrics/job/${encodeURIComponent(evil.replaceAll('/', '|'))}`, {
      method: 'POST',
      headers: { Authorization: 'Bearer sandbox-ingest-token' },
      body: 'evil 1\n',
    })
    expect(pushed.status).toBe(200)

    const { page, problems } = await browser.signedIn()
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    const paths = [...PAGES.map(([path]) => path), `/admin/pages/incidents?incident=${id}`, '/status']
    for (const path of [
      ...paths,
      `/admin/pages/requests?route=${encodeURIComponent(evil)}&range=__proto__`,
    ]) {
      await page.goto(sandbox.url + path)
      expect(await page.evaluate('window.evil')).toBeUndefined()
      expect(await overflow(page)).toBe(0)
    }
    expect(asked.filter((url) => url.includes('/evil'))).toEqual([])
    expect(problems).toEqual([])
  })
})
