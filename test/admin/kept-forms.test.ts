import { describe, expect, it } from 'vitest'
import { cookieOf, PAGE, SESSION_MS } from './dashboard.ts'
import { dashboard, part } from './open-pages.ts'
import { FakeSources } from './sources.ts'

const FROM_PAGE = { ...PAGE, 'Sec-Fetch-Site': 'same-origin' }
const POST_INCIDENT = '/admin/pages/incidents/post'
const ENTERED: [string, string][] = [
  ['form', 'post-incident'],
  ['title', 'Slow <search>'],
  ['message', 'Searches take long.\nWe "look" & wait.'],
  ['severity', 'critical'],
  ['stage', 'identified'],
  ['monitors', 'api-health'],
  ['monitors', 'nightly-backup'],
  ['by', 'kim'],
]

const unescaped = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&amp;', '&')

/** The hidden fields of the sign-in page, as a browser sends them. */
const hiddenFields = (html: string): Record<string, string> =>
  Object.fromEntries(
    [...html.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)].map(
      ([, name = '', value = '']) => [name, unescaped(value)],
    ),
  )

/** Somebody who fills in a form, and sends it when the session has ended. */
async function lateSender(csrf = 'of-the-ended-session') {
  const sources = new FakeSources()
  sources.variables = { ...sources.variables, BACKUP_JOB: 'backup' } // for a second monitor
  const { service } = await dashboard(sources)
  const send = (headers: Record<string, string> = FROM_PAGE, fields = ENTERED, path = POST_INCIDENT) =>
    service.request(path, { method: 'POST', headers, body: new URLSearchParams([['csrf', csrf], ...fields]) })
  return { service, sources, send }
}

describe('a form that is sent when the session has ended', () => {
  it('comes back filled in after signing in, and is carried out only when it is sent again', async () => {
    const { service, sources, send } = await lateSender()
    const refused = await send()
    expect(refused.status).toBe(401)
    const page = await refused.text()
    expect(page).toContain('Sign in to get back what you entered.')
    expect(page).not.toContain('of-the-ended-session')
    expect(refused.headers.get('Set-Cookie')).toBeNull()

    const wrong = await service.signIn('wrong', hiddenFields(page))
    expect(wrong.status).toBe(401)
    const signedIn = await service.signIn('token', hiddenFields(await wrong.text()))
    expect(signedIn.status).toBe(200)
    const html = await signedIn.text()
    expect(sources.acts).toEqual([])
    expect(html).toContain('your session had ended. Check what you entered and send it again.')
    expect(html).not.toContain('value="token"')
    const form = html.split('id="post-incident"')[1]!.split('</form>')[0]!
    expect(html).toMatch(/<details open=""><summary>Post an incident/)
    expect(form).toContain('value="Slow &lt;search&gt;"')
    expect(unescaped(form)).toContain('Searches take long.\nWe "look" & wait.</textarea>')
    expect(form).toContain('<option value="critical" selected="">')
    expect(form.match(/checked=""/g)).toHaveLength(2)

    const csrf = hiddenFields(form).csrf ?? ''
    const headers = { ...FROM_PAGE, Cookie: cookieOf(signedIn) }
    const body = new URLSearchParams([['csrf', csrf], ...ENTERED])
    const again = await service.request(POST_INCIDENT, { method: 'POST', headers, body })
    expect(again.headers.get('Location')).toBe('/admin/pages/incidents?notice=posted')
    expect(sources.acts).toMatchObject([{ post: { title: 'Slow <search>', by: 'kim' } }])
  })

  it('comes back at once where a newer session has begun', async () => {
    const { service, sources, send } = await lateSender()
    const cookie = await service.cookie('token')
    const refused = await send({ ...FROM_PAGE, Cookie: cookie })
    expect(refused.status).toBe(403)
    const html = await refused.text()
    expect(part(html, 'open')).toContain('Not done: the form was made before you last signed in.')
    expect(html).toContain('value="Slow &lt;search&gt;"')
    expect(sources.acts).toEqual([])
  })

  it('comes back when the session expires by itself', async () => {
    const { service, send } = await lateSender()
    const cookie = await service.cookie('token')
    service.now += SESSION_MS
    expect((await send({ ...FROM_PAGE, Cookie: cookie })).status).toBe(401)
  })

  it('is not kept where another site sent it, or nobody knows who', async () => {
    const { send } = await lateSender()
    for (const site of ['cross-site', 'same-site', 'none']) {
      const refused = await send({ ...PAGE, 'Sec-Fetch-Site': site })
      expect(await refused.text()).not.toContain('Slow')
    }
    expect(await (await send(PAGE)).text()).not.toContain('Slow')
  })

  it('is not taken over from a sign-in that another site sent', async () => {
    const { service } = await lateSender()
    const fields = { token: '', action: POST_INCIDENT, kept: 'form=post-incident&title=Planted' }
    const signInFrom = (site: string | undefined) =>
      service.request('/admin/login', {
        method: 'POST',
        headers: { ...PAGE, ...(site !== undefined && { 'Sec-Fetch-Site': site }) },
        body: new URLSearchParams(fields),
      })
    for (const site of ['cross-site', 'same-site', 'none', undefined]) {
      const page = await signInFrom(site)
      expect([page.status, (await page.text()).includes('Planted')]).toEqual([400, false])
    }
    expect(await (await signInFrom('same-origin')).text()).toContain('Planted')
  })

  it('is not kept for programs, nor where it is larger than any of ours', async () => {
    const { send } = await lateSender()
    const json = await send({ 'Sec-Fetch-Site': 'same-origin', Accept: 'application/json' })
    expect([json.status, json.headers.get('Content-Type')]).toEqual([401, 'application/json'])
    const bearer = await send({ ...FROM_PAGE, Authorization: 'Bearer wrong' })
    expect(await bearer.text()).not.toContain('Slow')
    const large = await send(FROM_PAGE, [...ENTERED, ['message', 'x'.repeat(70_000)]])
    expect(await large.text()).not.toContain('Slow')
  })

  it.each([
    '/admin/pages/incidents/post/../../../../evil',
    'https://evil.test/admin/pages/incidents/post',
    '/admin/pages/constructor/post',
    '',
  ])('leads to the dashboard where it is no form of a page: %j', async (action) => {
    const { service, sources } = await lateSender()
    const answer = await service.signIn('token', { action, kept: 'title=x' })
    expect([answer.status, answer.headers.get('Location')]).toEqual([303, '/admin'])
    expect(sources.acts).toEqual([])
  })

  it('needs a valid token to come back', async () => {
    const { service } = await lateSender()
    const answer = await service.signIn('wrong', {
      action: POST_INCIDENT,
      kept: 'title=x&form=post-incident',
    })
    expect(await answer.text()).not.toContain('id="post-incident"')
  })
})
