import type { Context } from 'hono'
import { Hono } from 'hono'
import { etag } from 'hono/etag'
import { publicMonitorIds } from '../config/public-monitors.ts'
import { SECOND_MS } from '../lib/clock.ts'
import { HttpError } from '../lib/http-error.ts'
import { validate } from '../lib/validation.ts'
import { badge, badgeQuery } from './badge.ts'
import { atomFeed, rssFeed } from './feed.ts'
import { statusDocument } from './json.ts'
import { monitorPage } from './monitor-page.tsx'
import { overviewPage } from './overview-page.tsx'
import type { PublicMonitor, PublicStatus, StatusConfig } from './page-model.ts'
import { dressOf } from './page-model.ts'
import type { Page } from './page-shell.tsx'
import { messagePage, STATUS_PATH } from './page-shell.tsx'
import type { StatusReader } from './reader.ts'
import { FRESH_MS } from './reader.ts'

/** What the routes of the status page need. */
export interface StatusRoutesSettings {
  readonly reader: Pick<StatusReader, 'read'>
  readonly config: StatusConfig
  /** Keeps the platform from ending the work before it is done. */
  readonly waitUntil: (work: Promise<unknown>) => void
}

/** A body with its headers, made once for all who ask. */
interface Rendered {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

// After an error a cache may serve its copy for 5 minutes; anything older would show a state that may no longer hold.
const CACHED = `public, max-age=${FRESH_MS / SECOND_MS}, stale-while-revalidate=30, stale-if-error=300`
const HTML = 'text/html; charset=UTF-8'
/** May be shown by other sites. */
const SHARED = { 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' }

/**
 * `/status`, `/status/:id`, `/status.json`, `/status/feed.atom`, `/status/feed.rss` and `/badge/:id.svg`, for everybody.
 * What isn't public is as unknown as what isn't there.
 */
export function statusRoutes({ reader, config, waitUntil }: StatusRoutesSettings): Hono {
  const routes = new Hono()
  const publicIds = new Set(publicMonitorIds(config.monitors))
  const dress = dressOf(config)
  const renderings = new WeakMap<PublicStatus, Map<string, Rendered>>()

  /** Answers with what `make` gives, made once for each reading of the status. */
  async function answer(
    c: Context,
    key: string,
    status: PublicStatus,
    make: () => Rendered | Promise<Rendered>,
  ): Promise<Response> {
    const known = renderings.get(status) ?? new Map<string, Rendered>()
    renderings.set(status, known)
    // Only what is done is kept: a promise of another request may not be awaited.
    const { body, headers } = known.get(key) ?? (await withTag(make))
    known.set(key, { body, headers })
    return c.body(body, 200, { ...headers, 'Cache-Control': CACHED })
  }

  async function message(c: Context, code: 404 | 503, heading: string, text: string): Promise<Response> {
    const { body, headers } = await html(messagePage(dress, heading, text), dress.logo)
    return c.body(body, code, {
      ...headers,
      'Cache-Control': 'no-store',
      ...(code === 503 && { 'Retry-After': '30' }),
    })
  }

  const unreachable = (c: Context) =>
    message(
      c,
      503,
      'State unknown',
      'The monitors can’t be reached at the moment. Please try again in a minute.',
    )

  /** For those who read no HTML. */
  async function read(): Promise<PublicStatus> {
    const status = await reader.read(waitUntil)
    if (status) return status
    throw new HttpError(503, 'status_unavailable', "the monitors can't be reached at the moment", {
      headers: { 'Retry-After': '30' },
    })
  }

  for (const path of [`${STATUS_PATH}/*`, `${STATUS_PATH}.json`, '/badge/*']) routes.use(path, etag())

  routes.get(STATUS_PATH, async (c) => {
    const status = await reader.read(waitUntil)
    if (!status) return unreachable(c)
    return answer(c, 'overview', status, () => html(overviewPage(status), status.logo))
  })

  routes.get(`${STATUS_PATH}.json`, async (c) => {
    const status = await read()
    return answer(c, 'json', status, () => ({
      body: JSON.stringify(statusDocument(status)),
      headers: { 'Content-Type': 'application/json', ...SHARED },
    }))
  })

  for (const [format, feed, type] of [
    ['atom', atomFeed, 'application/atom+xml'],
    ['rss', rssFeed, 'application/rss+xml'],
  ] as const) {
    routes.get(`${STATUS_PATH}/feed.${format}`, async (c) => {
      const status = await read()
      const origin = (config.service.url ?? new URL(c.req.url).origin).replace(/\/+$/, '')
      const make = () => ({
        body: feed(status, origin),
        headers: { 'Content-Type': `${type}; charset=utf-8`, ...SHARED },
      })
      if (config.service.url) return answer(c, format, status, make)
      // The links name the host that was asked, and a shared cache may answer for another host (the keys of Cloudflare's
      // cache for Workers have no host). It isn't kept here either, because anybody may send any number of host names.
      const { body, headers } = make()
      return c.body(body, 200, { ...headers, 'Cache-Control': `private, max-age=${FRESH_MS / SECOND_MS}` })
    })
  }

  routes.get(`${STATUS_PATH}/:id`, async (c) => {
    const id = c.req.param('id')
    const missing = () => message(c, 404, 'Not found', 'There is no such monitor.')
    if (!publicIds.has(id)) return missing()
    const status = await reader.read(waitUntil)
    if (!status) return unreachable(c)
    const monitor = monitorOf(status, id)
    return answer(c, `monitor/${id}`, status, () => html(monitorPage(status, monitor), status.logo))
  })

  routes.get('/badge/:badge', validate('query', badgeQuery), async (c) => {
    const name = c.req.param('badge')
    const id = name.replace(/\.svg$/, '')
    if (id === name || !publicIds.has(id)) {
      throw new HttpError(404, 'not_found', 'there is no such badge')
    }
    const { show } = c.req.valid('query')
    const status = await read()
    return answer(c, `badge/${id}/${show}`, status, () => ({
      body: badge(monitorOf(status, id), show, status.colours),
      headers: { 'Content-Type': 'image/svg+xml', ...SHARED },
    }))
  })

  return routes
}

/** The model has every public monitor of the configuration. */
const monitorOf = ({ monitors }: PublicStatus, id: string): PublicMonitor =>
  monitors.find((each) => each.id === id)!

async function withTag(make: () => Rendered | Promise<Rendered>): Promise<Rendered> {
  const { body, headers } = await make()
  return { body, headers: { ...headers, ETag: `"${(await sha256(body)).slice(0, 22)}"` } }
}

/** A page with its policy: nothing is loaded but its own style, data images, and the logo. */
async function html({ html: body, style }: Page, logo: string | undefined): Promise<Rendered> {
  const images = logo?.startsWith('https:') ? `data: ${new URL(logo).origin}` : 'data:'
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${await sha256(style)}'`,
    `img-src ${images}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return { body, headers: { 'Content-Type': HTML, 'Content-Security-Policy': policy.join('; ') } }
}

/** In base64. */
async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return btoa(String.fromCharCode(...new Uint8Array(digest)))
}
