import type { MonitorOf } from '../config/monitors.ts'

/** An HTTP check: a monitor of type `http`, or what is asked like one. */
export type HttpCheck = Pick<
  MonitorOf<'http'>,
  'url' | 'method' | 'headers' | 'body' | 'auth' | 'followRedirects' | 'timeout' | 'expect'
>

/** One request of a check. */
export interface HttpRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly body?: string
}

const REDIRECTS = [301, 302, 303, 307, 308]
/** They say something of the body, and go with it. */
const BODY_HEADERS = [
  'Content-Type',
  'Content-Encoding',
  'Content-Language',
  'Content-Location',
  'Content-Length',
]

/** The first request of a check. @throws TypeError for headers that can't be sent. */
export function firstRequest(check: HttpCheck, userAgent: string): HttpRequest {
  const headers = new Headers({ 'User-Agent': userAgent })
  const isJson = check.body !== undefined && typeof check.body !== 'string'
  if (isJson) headers.set('Content-Type', 'application/json')
  if (check.auth) {
    const { username, password } = check.auth
    const bytes = new TextEncoder().encode(`${username}:${password.reveal()}`)
    headers.set('Authorization', `Basic ${btoa(String.fromCharCode(...bytes))}`)
  }
  for (const [name, value] of Object.entries(check.headers)) headers.set(name, value.reveal())
  return {
    url: new URL(check.url),
    method: check.method,
    headers,
    ...(check.body !== undefined && { body: isJson ? JSON.stringify(check.body) : (check.body as string) }),
  }
}

/** The `User-Agent` of checks, for a version that people made up. */
export const userAgentOf = (version: string): string =>
  `Edgewatch/${version.replaceAll(/[^\w.+-]/g, '_')} (+monitor)`

/** Whether an answer leads elsewhere. */
export const isRedirect = ({ status, headers }: Pick<Response, 'status' | 'headers'>): boolean =>
  REDIRECTS.includes(status) && headers.has('Location')

/**
 * The request that a redirect asks for; undefined where it leads to no http or https address. Method and body as in
 * the Fetch standard (https://fetch.spec.whatwg.org/#http-redirect-fetch). What was configured to be sent is for the
 * origin that it was configured for: another one gets neither headers nor authentication.
 */
export function redirected(
  request: HttpRequest,
  answer: Pick<Response, 'status' | 'headers'>,
  userAgent: string,
): HttpRequest | undefined {
  const url = URL.parse(answer.headers.get('Location') ?? '', request.url)
  if (!url || !['http:', 'https:'].includes(url.protocol)) return undefined
  url.username = ''
  url.password = ''
  const { status } = answer
  const becomesGet =
    (status === 303 && !['GET', 'HEAD'].includes(request.method)) ||
    ([301, 302].includes(status) && request.method === 'POST')

  const isElsewhere = url.origin !== request.url.origin
  const type = request.headers.get('Content-Type')
  const headers = isElsewhere
    ? new Headers({ 'User-Agent': userAgent, ...(type && { 'Content-Type': type }) })
    : new Headers(request.headers)
  if (!becomesGet) return { ...request, url, headers }
  for (const name of BODY_HEADERS) headers.delete(name)
  return { url, method: 'GET', headers }
}
