import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { overflow, violations } from './chromium.ts'
import { chartTexts, DashboardBrowser, expectSoon, PAGES, TOKEN } from './dashboard-browser.ts'
import { Sandbox } from './sandbox.ts'

let sandbox: Sandbox
let browser: DashboardBrowser

beforeAll(async () => {
  sandbox = await Sandbox.start()
  browser = await DashboardBrowser.start(sandbox)
  // Something to see: requests, an alert that fires, and what was sent of it.
  for (const path of ['/', '/health', '/metrics', '/admin/metrics', '/nowhere']) {
    for (let times = 0; times < 3; times++) {
      await (await sandbox.fetch(path, { headers: { Authorization: `Bearer ${TOKEN}` } })).arrayBuffer()
    }
  }
  await sandbox.breakServer('mongodb', 'down')
  await expectSoon(async () => {
    await sandbox.tick()
    return (await sandbox.pages()).some(({ action }) => action === 'trigger')
  })
})

afterAll(async () => {
  await browser?.close()
  await sandbox?.close()
})

describe('signing in', () => {
  it('refuses a wrong token, and leads to what was asked for with the right one', async () => {
    const { page } = await browser.visit()
    await browser.signIn(page, '/admin/pages/requests?range=24h', 'wrong')
    expect(await page.textContent('[role=alert]')).toContain('not a valid admin token')
    await page.fill('#token', TOKEN)
    await page.click('button')
    await page.waitForSelector('#freshness')
    expect(page.url()).toBe(`${sandbox.url}/admin/pages/requests?range=24h`)
  })

  it('keeps the fragment of a deep link, or without scripts the alert that its query names', async () => {
    const { page, problems } = await browser.visit()
    await browser.signIn(page, '/admin/pages/alerts#silences', 'wrong')
    await page.fill('#token', TOKEN)
    await page.click('button')
    await page.waitForSelector('#freshness')
    expect(page.url()).toBe(`${sandbox.url}/admin/pages/alerts#silences`)
    expect(problems.filter((each) => !each.includes('401'))).toEqual([])
    const plain = await browser.visit({ javaScriptEnabled: false })
    await browser.signIn(plain.page, '/admin/pages/alerts?alert=mongodb-down')
    await plain.page.waitForSelector('#freshness')
    expect(await plain.page.textContent('#active')).toMatch(/mongodb-down/)
  })

  it('lasts until signing out', async () => {
    const { context, page } = await browser.signedIn()
    const [cookie] = await context.cookies()
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' })
    await page.click('text=Sign out')
    await page.waitForSelector('#token')
    await page.goto(`${sandbox.url}/admin`)
    expect(page.url()).toBe(`${sandbox.url}/admin/login`)
  })
})

describe('every page', () => {
  it.each(['light', 'dark'] as const)(
    'is accessible and fits, wide and narrow, in %s',
    async (colorScheme) => {
      for (const width of [1280, 360]) {
        const { context, page, problems } = await browser.signedIn({
          colorScheme,
          viewport: { width, height: 800 },
        })
        for (const [path, title] of PAGES) {
          await page.goto(sandbox.url + path)
          expect(await page.textContent('h1')).toBe(title)
          // What is folded away must be accessible, too.
          await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
          expect([path, await overflow(page)]).toEqual([path, 0])
          expect([path, await violations(page)]).toEqual([path, []])
        }
        expect(problems).toEqual([])
        await context.close()
      }
    },
  )

  it('says the same without JavaScript', async () => {
    const { page } = await browser.signedIn({ javaScriptEnabled: false })
    for (const [path, title] of PAGES) {
      await page.goto(sandbox.url + path)
      expect(await page.textContent('h1')).toBe(title)
    }
    await page.goto(`${sandbox.url}/admin/pages/requests`)
    const rows = page.locator('#chart-rate details tbody tr')
    expect(await rows.count()).toBe(60)
    expect(await rows.first().isVisible()).toBe(true)
    expect(await page.locator('#routes').textContent()).toContain('/metrics')
  })
})

describe('the icon', () => {
  it.each([
    ['/favicon.ico', 'image/vnd.microsoft.icon'],
    ['/assets/icon.svg', 'image/svg+xml'],
  ])('is at %s', async (path, type) => {
    const answer = await sandbox.fetch(path)
    expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, type])
  })
})

describe('the charts', () => {
  it('are drawn, show values under the pointer, and follow the range in the address', async () => {
    const { page, problems } = await browser.signedIn()
    await page.goto(`${sandbox.url}/admin/pages/requests`)
    const plot = page.locator('#chart-rate .plot canvas')
    await plot.waitFor()
    await expectSoon(async () => /\d\/s/.test((await page.textContent('#chart-rate .u-legend')) ?? ''))
    const box = await page.locator('#chart-rate .u-over').boundingBox()
    await page.mouse.move((box?.x ?? 0) + 2, (box?.y ?? 0) + 20)
    const first = await page.locator('#chart-rate details tbody tr').last().locator('th').textContent()
    expect(await page.textContent('#chart-rate .u-legend')).toContain(first ?? 'nothing')
    await page.click('text=7 days')
    await page.locator('#chart-rate .plot canvas').waitFor()
    expect(page.url()).toContain('range=7d')
    expect(await page.locator('#chart-rate details tbody tr').count()).toBe(84)
    expect(problems).toEqual([])
  })

  it('end at 100 % where they show shares', async () => {
    const { page } = await browser.signedIn()
    const texts = await chartTexts(page)
    await page.goto(`${sandbox.url}/admin/pages/monitors?monitor=api-health`)
    await page.locator('#chart-uptime .plot canvas').waitFor()
    await expectSoon(async () => (await texts()).some((text) => text.endsWith(' %')))
    const shares = (await texts()).filter((text) => text.endsWith(' %')).map((text) => parseFloat(text))
    expect(Math.max(...shares)).toBe(100)
  })

  it('tell where there is nothing to draw', async () => {
    const { page } = await browser.signedIn()
    await page.goto(`${sandbox.url}/admin/pages/requests?route=%2Fno-such-route`)
    expect(await page.textContent('#charts')).toContain('No requests in this time')
  })
})

describe('a page that stays open', () => {
  it('reads itself anew, keeps what is open, and says how old it is', async () => {
    const { page } = await browser.signedIn()
    await page.goto(`${sandbox.url}/admin`)
    await page.locator('#chart-rate summary').click()
    await page.locator('h1').click()
    const before = await page.getAttribute('#freshness time', 'datetime')
    await expectSoon(async () => (await page.getAttribute('#freshness time', 'datetime')) !== before)
    expect(await page.locator('#chart-rate details').getAttribute('open')).not.toBeNull()
    expect(await page.textContent('#age')).toMatch(/\d+ s ago/)
    expect(await page.locator('#chart-rate .plot canvas').count()).toBe(1)
  })

  it('leads to signing in, and back, once the session has ended', async () => {
    const { context, page } = await browser.signedIn()
    await page.goto(`${sandbox.url}/admin/pages/alerts`)
    await context.clearCookies()
    await page.locator('#freshness >> text=Sign in').click({ timeout: 60_000 })
    await page.fill('#token', TOKEN)
    await page.click('button')
    await page.waitForSelector('#freshness')
    expect(page.url()).toBe(`${sandbox.url}/admin/pages/alerts`)
  })

  it('says so when it can no longer be read', async () => {
    const { context, page } = await browser.signedIn()
    await page.locator('#age', { hasText: 'ago' }).waitFor() // the script has come
    await context.setOffline(true)
    await page.locator('#freshness.stale').waitFor({ timeout: 60_000 })
    expect(await page.textContent('#freshness')).toContain('can’t be reached')
    expect(await page.textContent('#requests')).toContain('Requests, last hour')
  })
})

describe('an alert', () => {
  it('is silenced and acknowledged from its page', async () => {
    const { page, problems } = await browser.signedIn()
    await page.goto(`${sandbox.url}/admin/pages/alerts`)
    expect(await page.textContent('#active')).toMatch(/MongoDB is down[\s\S]*Told: pagerduty/)
    expect(await page.textContent('#deliveries')).toContain('delivered')

    await page.click('text=Incidents >> nth=-1')
    await page.click('#open >> text=Mongodb down')
    expect(await page.textContent('#incident .timeline')).toMatch(
      /Opened[\s\S]*pagerduty was told that it fires/,
    )
    await page.goto(`${sandbox.url}/admin/pages/alerts`)

    await page.click('text=Acknowledge mongodb-down')
    await page.locator('#mongodb-down form[action$=acknowledge] [name=by]').fill('Kim')
    await page.locator('#mongodb-down form[action$=acknowledge] [name=note]').fill('on it')
    await page.locator('#mongodb-down form[action$=acknowledge] button').click()
    await page.waitForSelector('.notice')
    expect(await page.textContent('#active')).toMatch(/Acknowledged by Kim[\s\S]*: on it/)

    await page.click('text=Silence mongodb-down')
    const form = page.locator('#mongodb-down form[action$=silence]')
    await form.locator('[name=for]').selectOption('4h')
    await form.locator('[name=reason]').fill('we know')
    await form.locator('button').click()
    await page.waitForSelector('.notice')
    expect(await page.textContent('#silences')).toContain('we know')
    await page.setViewportSize({ width: 375, height: 800 })
    expect(await overflow(page)).toBe(0)
    expect(await sandbox.admin('/admin/silences')).toMatchObject({
      silences: [{ alert: 'mongodb-down', reason: 'we know' }],
    })

    await page.click('text=End the silence of mongodb-down')
    await page.waitForSelector('.notice')
    expect(await page.textContent('#silences')).toContain('Nothing is silenced')
    expect(problems).toEqual([])
  })
})
