import { describe, expect, it } from 'vitest'
import { firstRequest, redirected, userAgentOf } from '../../src/monitors/http-request.ts'
import { httpMonitor } from './configured.ts'

const AGENT = 'Edgewatch/1 (+monitor)'
const first = (written: Parameters<typeof httpMonitor>[0]) => firstRequest(httpMonitor(written), AGENT)
const to = (location: string, status = 302) => ({ status, headers: new Headers({ Location: location }) })
const headersOf = (request: { readonly headers: Headers } | undefined) => Object.fromEntries(request!.headers)

describe('the first request of a check', () => {
  it('sends text as it is and anything else as JSON', () => {
    const json = first({ method: 'POST', body: { text: 'Test' } })
    expect([json.method, json.body]).toEqual(['POST', '{"text":"Test"}'])
    expect(headersOf(json)).toEqual({ 'content-type': 'application/json', 'user-agent': AGENT })
    const text = first({ method: 'PUT', body: 'a=b', headers: { 'Content-Type': 'text/x-form' } })
    expect([text.body, text.headers.get('Content-Type')]).toEqual(['a=b', 'text/x-form'])
    const special = first({ method: 'POST', body: {}, headers: { 'content-type': 'application/ld+json' } })
    expect(special.headers.get('Content-Type')).toBe('application/ld+json')
    expect(first({}).body).toBeUndefined()
  })

  it('authenticates (RFC 7617), in UTF-8', () => {
    const { headers } = first({ auth: { username: 'test', password: '123£' } })
    expect(headers.get('Authorization')).toBe('Basic dGVzdDoxMjPCow==')
  })

  it('says who asks', () => {
    expect(userAgentOf('1.2.0')).toBe('Edgewatch/1.2.0 (+monitor)')
    expect(userAgentOf('1 (β)\n')).toBe('Edgewatch/1_____ (+monitor)')
  })
})

describe('a redirect', () => {
  const post = first({
    url: 'https://a.example/start?x=1',
    method: 'POST',
    body: { a: 1 },
    headers: { Authorization: 'Bearer secret-token', 'X-Key': 'secret-key' },
  })

  it.each([
    [301, 'GET'],
    [302, 'GET'],
    [303, 'GET'],
    [307, 'POST'],
    [308, 'POST'],
  ])('of a POST with %i is followed with %s', (status, method) => {
    const next = redirected(post, to('/next', status), AGENT)
    expect(next).toMatchObject({ method, url: new URL('https://a.example/next') })
    expect(next?.body).toBe(method === 'POST' ? '{"a":1}' : undefined)
    expect(next?.headers.has('Content-Type')).toBe(method === 'POST')
    expect(next?.headers.get('X-Key')).toBe('secret-key')
  })

  it('of another method changes it with 303 only, and of HEAD never', () => {
    const put = { ...post, method: 'PUT' }
    expect(redirected(put, to('/', 302), AGENT)).toMatchObject({ method: 'PUT', body: '{"a":1}' })
    expect(redirected(put, to('/', 303), AGENT)?.method).toBe('GET')
    expect(redirected(first({ method: 'HEAD' }), to('/', 303), AGENT)?.method).toBe('HEAD')
  })

  it.each(['https://b.example/', 'http://a.example/', 'https://a.example:8443/', '//b.example/'])(
    'to another origin, %s, takes nothing along that was configured',
    (location) => {
      const next = redirected(post, to(location, 307), AGENT)
      expect(headersOf(next)).toEqual({ 'content-type': 'application/json', 'user-agent': AGENT })
      const back = redirected(next!, to('https://a.example/'), AGENT)
      expect(headersOf(back)).toEqual({ 'user-agent': AGENT })
    },
  )

  it('leads to http and https only, and with no credentials from elsewhere', () => {
    for (const location of ['ftp://a.example/', 'javascript:alert(1)', 'http://', 'data:,x']) {
      expect(redirected(post, to(location), AGENT)).toBeUndefined()
    }
    expect(redirected(post, to('https://u:p@a.example/'), AGENT)?.url.href).toBe('https://a.example/')
  })
})
