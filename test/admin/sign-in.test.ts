import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { returnPath } from '../../src/admin/return-path.ts'
import { cookieOf, Dashboard, PAGE, SESSION_MS } from './dashboard.ts'

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

describe('signing in', () => {
  it('begins a session with any of the tokens', async () => {
    const dashboard = new Dashboard(['old', 'new'])
    for (const token of ['old', 'new']) {
      const answer = await dashboard.signIn(token)
      expect(answer.status).toBe(303)
      expect(answer.headers.get('Location')).toBe('/admin')
      const home = await dashboard.request('/admin', { headers: { ...PAGE, Cookie: cookieOf(answer) } })
      expect(await home.text()).toBe('home')
      expect(home.headers.get('Cache-Control')).toBe('no-store')
    }
  })

  it('keeps the session where no script and no other site gets at it', async () => {
    const dashboard = new Dashboard(['token'])
    const cookie = (await dashboard.signIn('token')).headers.get('Set-Cookie')
    expect(cookie).toMatch(/^__Host-edgewatch_session=/)
    for (const attribute of [
      'Path=/',
      'HttpOnly',
      'Secure',
      'SameSite=Strict',
      `Max-Age=${SESSION_MS / 1000}`,
    ]) {
      expect(cookie?.split('; ')).toContain(attribute)
    }
    expect(cookie).not.toMatch(/Domain/i)
  })

  it('does without Secure on plain http of this machine only', async () => {
    const dashboard = new Dashboard(['token'])
    const form = { method: 'POST', body: new URLSearchParams({ token: 'token' }) }
    for (const host of ['localhost:8787', '127.0.0.1:8787', '[::1]:8787']) {
      const answer = await dashboard.request(`http://${host}/admin/login`, form)
      expect(answer.headers.get('Set-Cookie')).not.toMatch(/Secure/)
      const headers = { Cookie: cookieOf(answer) }
      expect((await dashboard.request(`http://${host}/admin/sample`, { headers })).status).toBe(200)
    }
    for (const host of ['shop.test', 'localhost.shop.test', '127.0.0.1.shop.test']) {
      const answer = await dashboard.request(`http://${host}/admin/login`, form)
      expect(answer.headers.get('Set-Cookie')).toMatch(/Secure/)
      const page = await dashboard.request(`http://${host}/admin/login?to=/admin/x`)
      expect(page.status).toBe(307)
      expect(page.headers.get('Location')).toBe(`https://${host}/admin/login?to=/admin/x`)
    }
  })

  it('says what is wrong with a token, and never repeats it', async () => {
    const dashboard = new Dashboard(['token'])
    for (const [token, status] of [
      ['no-such-token', 401],
      ['', 400],
    ] as const) {
      const answer = await dashboard.signIn(token)
      expect(answer.status).toBe(status)
      expect(answer.headers.get('Set-Cookie')).toBeNull()
      const html = await answer.text()
      expect(html).toContain('role="alert"')
      expect(html).not.toContain('no-such-token')
    }
  })

  it.each([
    ['multipart/form-data; boundary=x', 'no form'],
    ['multipart/form-data', '--x--'],
    ['application/json', '{"token":"first-token"}'],
    ['application/x-www-form-urlencoded', '%E0%A4%A=%'],
  ])('asks for a token where the form can not be read: %s', async (type, body) => {
    const dashboard = new Dashboard(['first-token'])
    const answer = await dashboard.request('/admin/login', {
      method: 'POST',
      headers: { 'Content-Type': type },
      body,
    })
    expect(answer.status).toBe(400)
    expect(answer.headers.get('Set-Cookie')).toBeNull()
  })

  it('limits wrong tokens as the API does, and together with it', async () => {
    const dashboard = new Dashboard(['token'])
    const from = { 'CF-Connecting-IP': '192.0.2.7' }
    const statuses: number[] = []
    for (let tries = 0; tries < 6; tries++) statuses.push((await dashboard.signIn('wrong', {}, from)).status)
    for (let tries = 0; tries < 5; tries++) {
      const answer = await dashboard.request('/admin/sample', { headers: { ...bearer('wrong'), ...from } })
      statuses.push(answer.status)
    }
    expect(statuses).toEqual([...Array(10).fill(401), 429])
    const right = await dashboard.signIn('token', {}, from)
    expect(right.status).toBe(429)
    expect(right.headers.get('Retry-After')).toBe('60')
    expect((await dashboard.signIn('token')).status).toBe(303)
  })

  it('says so where no token is configured', async () => {
    const dashboard = new Dashboard([])
    const page = await dashboard.request('/admin/login', { headers: PAGE })
    expect(page.status).toBe(503)
    expect(await page.text()).toContain('ADMIN_TOKEN')
    expect((await dashboard.signIn('')).status).toBe(503)
    expect((await dashboard.request('/admin/sample')).status).toBe(503)
    expect((await dashboard.request('/admin', { headers: PAGE })).headers.get('Location')).toBe(
      '/admin/login',
    )
  })

  it('shows nobody the form who has signed in', async () => {
    const dashboard = new Dashboard(['token'])
    const headers = { ...PAGE, Cookie: await dashboard.cookie('token') }
    const answer = await dashboard.request('/admin/login?to=/admin/pages/requests', { headers })
    expect(answer.headers.get('Location')).toBe('/admin/pages/requests')
  })
})

describe('a session', () => {
  const read = (dashboard: Dashboard, cookie: string) =>
    dashboard.request('/admin/sample', { headers: { Cookie: cookie } })

  it('ends by itself', async () => {
    const dashboard = new Dashboard(['token'])
    const cookie = await dashboard.cookie('token')
    dashboard.now += SESSION_MS - 1
    expect((await read(dashboard, cookie)).status).toBe(200)
    dashboard.now += 1
    expect((await read(dashboard, cookie)).status).toBe(401)
  })

  it('ends when the token it was begun with is no longer valid, and not when another one is changed', async () => {
    const dashboard = new Dashboard(['mine', 'other'])
    const cookie = await dashboard.cookie('mine')
    dashboard.deploy(['another', 'mine'])
    expect((await read(dashboard, cookie)).status).toBe(200)
    dashboard.deploy(['another', 'other'])
    expect((await read(dashboard, cookie)).status).toBe(401)
  })

  it('can be neither prolonged nor made up', async () => {
    const dashboard = new Dashboard(['token'])
    const cookie = await dashboard.cookie('token')
    const [, name = '', expiry = '', rest = ''] = /^(.*?=)(\d+)(.*)$/.exec(cookie) ?? []
    expect((await read(dashboard, name + expiry + rest)).status).toBe(200)
    for (const forged of [
      name + (Number(expiry) + 1) + rest,
      `${name + expiry}x${rest}`,
      name + expiry + rest.replace(/.(%3D)?$/, 'A'),
      name + expiry + rest.slice(0, rest.lastIndexOf('.')),
      `${name}${expiry}`,
      name,
      `${name}Infinity.x.${'A'.repeat(43)}%3D`,
    ]) {
      expect((await read(dashboard, forged)).status).toBe(401)
    }
    const [elsewhere] = [await new Dashboard(['another']).cookie('another')]
    expect((await read(dashboard, elsewhere)).status).toBe(401)
  })

  it('does not give the token away', async () => {
    const cookie = await new Dashboard(['a-token-of-some-length']).cookie('a-token-of-some-length')
    expect(decodeURIComponent(cookie)).not.toContain('a-token')
  })

  it('is forgotten by signing out, which takes a form of ours', async () => {
    const dashboard = new Dashboard(['token'])
    const cookie = await dashboard.cookie('token')
    const post = (csrf: string) =>
      dashboard.request('/admin/logout', {
        method: 'POST',
        headers: { Cookie: cookie },
        body: new URLSearchParams({ csrf }),
      })
    expect((await post('')).status).toBe(403)
    const out = await post(await dashboard.csrfToken(cookie))
    expect(out.headers.get('Location')).toBe('/admin/login')
    expect(out.headers.get('Set-Cookie')).toMatch(/^__Host-edgewatch_session=; Max-Age=0/)
  })
})

describe('what a session may do', () => {
  const dashboard = new Dashboard(['token'])
  const post = (headers: Record<string, string>, body?: URLSearchParams) =>
    dashboard.request('/admin/sample', { method: 'POST', headers, ...(body && { body }) })

  it('reads', async () => {
    const headers = { Cookie: await dashboard.cookie('token') }
    expect((await dashboard.request('/admin/sample', { headers })).status).toBe(200)
  })

  it('changes nothing without its own CSRF token', async () => {
    const cookie = await dashboard.cookie('token')
    const csrf = await dashboard.csrfToken(cookie)
    const others = await dashboard.csrfToken(await dashboard.cookie('token'))
    expect(others).not.toBe(csrf)
    for (const wrong of ['', others, csrf.slice(1), csrf.toUpperCase()]) {
      const answer = await post({ Cookie: cookie, 'X-CSRF-Token': wrong })
      expect(answer.status).toBe(403)
      expect(await answer.json()).toMatchObject({ error: { code: 'csrf_token_missing' } })
      expect((await post({ Cookie: cookie }, new URLSearchParams({ csrf: wrong }))).status).toBe(403)
    }
    expect((await post({ Cookie: cookie })).status).toBe(403)
    expect((await post({ Cookie: cookie, 'X-CSRF-Token': csrf })).status).toBe(200)
    expect((await post({ Cookie: cookie }, new URLSearchParams({ csrf }))).status).toBe(200)
  })

  it('is nothing beside a wrong bearer token', async () => {
    const cookie = await dashboard.cookie('token')
    const headers = { ...bearer('wrong'), Cookie: cookie }
    expect((await dashboard.request('/admin/sample', { headers })).status).toBe(401)
  })

  it('asks programs for no CSRF token', async () => {
    expect((await post(bearer('token'))).status).toBe(200)
  })
})

describe('who has not signed in', () => {
  const dashboard = new Dashboard(['token'])

  it('is sent to the sign-in page by a page, and comes back', async () => {
    const asked = '/admin/pages/requests?range=24h&route=%2Fhealth'
    const answer = await dashboard.request(asked, { headers: PAGE })
    expect(answer.status).toBe(303)
    expect(answer.headers.get('Cache-Control')).toBe('no-store')
    expect(answer.headers.get('Vary')).toMatch('Accept')
    const location = answer.headers.get('Location') ?? ''
    const html = await (await dashboard.request(location, { headers: PAGE })).text()
    const to = /name="to" value="([^"]*)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? ''
    expect((await dashboard.signIn('token', { to })).headers.get('Location')).toBe(asked)
  })

  it.each([{}, { Accept: '*/*' }, { Accept: 'application/json' }])(
    'gets JSON as a program: %j',
    async (headers) => {
      const answer = await dashboard.request('/admin/sample', { headers })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('WWW-Authenticate')).toMatch('Bearer')
      expect(await answer.json()).toMatchObject({ error: { code: 'unauthorized' } })
    },
  )

  it('gets JSON for what would change something', async () => {
    expect((await dashboard.request('/admin/sample', { method: 'POST', headers: PAGE })).status).toBe(401)
  })
})

describe('where signing in leads', () => {
  it.each([
    ['/admin', '/admin'],
    ['/admin/pages/requests?range=7d', '/admin/pages/requests?range=7d'],
    ['/admin/alerts', '/admin/alerts'],
    ['/admin/pages/alerts#mongodb-down', '/admin/pages/alerts#mongodb-down'],
    ['https://evil.test/admin', '/admin'],
    ['//evil.test/admin', '/admin'],
    ['/\\evil.test/admin', '/admin'],
    ['/admin/../../evil', '/admin'],
    ['/admin@evil.test', '/admin'],
    ['/admin/login', '/admin'],
    ['/admin/logout', '/admin'],
    ['javascript:alert(1)', '/admin'],
    ['/test/error', '/admin'],
    [undefined, '/admin'],
  ])('%j leads to %j', (asked, expected) => {
    expect(returnPath(asked)).toBe(expected)
  })

  it('never leads elsewhere', () => {
    const pieces = fc.constantFrom(
      '/admin',
      '/',
      '//',
      '\\',
      '@',
      ':',
      '..',
      'evil.test',
      '?',
      '#',
      '%2f',
      '\t',
      '\n',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((parts) => parts.join('')),
        ),
        (asked) => {
          const url = new URL(returnPath(asked), 'https://shop.test/admin/login')
          expect(url.origin).toBe('https://shop.test')
          expect(url.pathname).toMatch(/^\/admin(\/|$)/)
          expect(url.href).toBe(`https://shop.test${returnPath(asked)}`)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
