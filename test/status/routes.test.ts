import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { renderError } from '../../src/lib/http-answers.ts'
import { packHistories } from '../../src/monitors/packed-history.ts'
import type { StatusConfig } from '../../src/status/page-model.ts'
import { StatusReader } from '../../src/status/reader.ts'
import { statusRoutes } from '../../src/status/routes.ts'
import { recordingLogger } from '../metrics/harness.ts'
import { badDay, NOW } from './facts.ts'
import { parseXml } from './xml.ts'

/** A status page over objects that can be broken, with a clock that the test turns. */
function createWorld(change: (config: StatusConfig) => StatusConfig = (config) => config) {
  const { config: written, facts } = badDay()
  const config = change(written)
  const world = { now: NOW, broken: false, calls: 0, asked: [] as (readonly string[])[] }
  const background: Promise<unknown>[] = []
  const log = recordingLogger()
  const call = async <T>(answer: T): Promise<T> => {
    world.calls++
    if (world.broken) throw new Error('secret-host refused')
    return answer
  }
  const reader = new StatusReader({
    config,
    uptime: () => ({
      report: () => call({ ...facts.report, judgedAtMs: NOW - 20_000 }),
      history: (ids) => {
        world.asked.push(ids)
        return call(packHistories(facts.history))
      },
    }),
    incidents: { list: () => call(facts.incidents) },
    clock: () => world.now,
    log,
  })
  const routes = statusRoutes({ reader, config, waitUntil: (work) => background.push(work) })
  routes.onError(renderError)
  return {
    world,
    log,
    background,
    get: (path: string, init: RequestInit = {}) => routes.request(`https://other.example${path}`, init),
  }
}

const PATHS = [
  '/status',
  '/status/m1',
  '/status.json',
  '/status/feed.atom',
  '/status/feed.rss',
  '/badge/m1.svg',
  '/badge/m1.svg?show=uptime',
]

let site: ReturnType<typeof createWorld>
beforeEach(() => {
  site = createWorld()
})
afterEach(() => Promise.all(site.background))

describe('each route', () => {
  it.each([
    ['/status', 'text/html; charset=UTF-8', '<h1>Partial outage</h1>'],
    ['/status/m1', 'text/html; charset=UTF-8', '<h1>API</h1>'],
    ['/status.json', 'application/json', '"state":"partial_outage"'],
    ['/status/feed.atom', 'application/atom+xml; charset=utf-8', '<feed'],
    ['/status/feed.rss', 'application/rss+xml; charset=utf-8', '<rss'],
    ['/badge/m1.svg', 'image/svg+xml', 'API: degraded'],
    ['/badge/m1.svg?show=uptime', 'image/svg+xml', 'API: 98.89 %'],
    ['/badge/m1.svg?show=latency', 'image/svg+xml', 'API: 1.55 s'],
    ['/badge/m5.svg?show=latency', 'image/svg+xml', 'Nightly backup: no data'],
  ])('%s is %s', async (path, type, content) => {
    const response = await site.get(path)
    expect(response.status).toBe(200)
    expect(response.headers.get('Content-Type')).toBe(type)
    expect(await response.text()).toContain(content)
  })

  it.each(PATHS)(
    '%s may be kept for 30 seconds, and has a tag by which it is asked for again',
    async (path) => {
      const response = await site.get(path)
      expect(response.headers.get('Cache-Control')).toMatch(/^public, max-age=30, stale-while-revalidate=\d+/)
      const tag = response.headers.get('ETag')!
      const again = await site.get(path, { headers: { 'If-None-Match': tag } })
      expect(again.status).toBe(304)
      expect(await again.text()).toBe('')
      expect((await site.get(path, { headers: { 'If-None-Match': '"other"' } })).status).toBe(200)
    },
  )

  it.each(PATHS)('%s answers HEAD with the same headers', async (path) => {
    const [head, get] = [await site.get(path, { method: 'HEAD' }), await site.get(path)]
    expect(await head.text()).toBe('')
    expect([...head.headers]).toEqual([...get.headers])
  })

  it('names absolute URLs with the configured one', async () => {
    const atom = await (await site.get('/status/feed.atom')).text()
    expect(atom).toContain('href="https://status.meridian.example/status/feed.atom"')
    const { get } = createWorld(({ service, ...config }) => ({
      ...config,
      service: { name: service.name, version: service.version },
    }))
    expect(await (await get('/status/feed.rss')).text()).toContain(
      '<link>https://other.example/status</link>',
    )
  })

  it.each(['/status/feed.atom', '/status/feed.rss'])(
    '%s is kept by no shared cache where its links are those of the host that was asked',
    async (path) => {
      const { get } = createWorld(({ service, ...config }) => ({
        ...config,
        service: { name: service.name, version: service.version },
      }))
      const response = await get(path)
      expect(response.headers.get('Cache-Control')).toBe('private, max-age=30')
      const tag = response.headers.get('ETag')!
      expect((await get(path, { headers: { 'If-None-Match': tag } })).status).toBe(304)
    },
  )

  it('names no host in what caches may share', async () => {
    for (const path of PATHS) {
      const text = await (await site.get(path)).text()
      expect(text, path).not.toContain('other.example')
    }
  })

  it('lets other sites show badges and read the JSON, and nothing else', async () => {
    for (const path of ['/badge/m1.svg', '/status.json']) {
      const { headers } = await site.get(path)
      expect(headers.get('Cross-Origin-Resource-Policy')).toBe('cross-origin')
      expect(headers.get('Access-Control-Allow-Origin')).toBe('*')
    }
    expect((await site.get('/status')).headers.get('Access-Control-Allow-Origin')).toBeNull()
  })
})

describe('what is not there', () => {
  it('is the same as what is not public', async () => {
    const { get, world } = createWorld((config) => ({
      ...config,
      monitors: config.monitors.map((each) => (each.id === 'm4' ? { ...each, public: false } : each)),
    }))
    for (const path of [(id: string) => `/status/${id}`, (id: string) => `/badge/${id}.svg`]) {
      const [hidden, missing] = [await get(path('m4')), await get(path('nowhere'))]
      expect([hidden.status, missing.status]).toEqual([404, 404])
      expect(await hidden.text()).toBe(await missing.text())
      expect([...hidden.headers]).toEqual([...missing.headers])
    }
    expect(world.calls).toBe(0)
    await get('/status')
    expect(world.asked.flat()).not.toContain('m4')
  })

  it('is said on a page', async () => {
    const response = await site.get('/status/nowhere')
    expect(response.headers.get('Content-Type')).toMatch('text/html')
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(await response.text()).toContain('There is no such monitor.')
  })

  it('is a badge without .svg', async () => {
    expect((await site.get('/badge/m1')).status).toBe(404)
  })

  it('is a badge of something else, which names the field', async () => {
    const response = await site.get('/badge/m1.svg?show=everything')
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { details: [{ field: 'show' }] } })
  })
})

describe('a view', () => {
  const views = async (get: typeof site.get) => {
    for (const path of PATHS) expect((await get(path)).status).toBe(200)
  }

  it('asks the objects once in 30 seconds, whatever is viewed', async () => {
    await views(site.get)
    site.world.now += 29_000
    await views(site.get)
    expect(site.world.calls).toBe(3)
  })

  it('shows what it has while it reads anew in the background, once', async () => {
    const first = (await site.get('/status')).headers.get('ETag')
    site.world.now += 31_000
    const [second, third] = await Promise.all([site.get('/status'), site.get('/status')])
    expect([second.headers.get('ETag'), third.headers.get('ETag')]).toEqual([first, first])
    expect(site.background).toHaveLength(1)
    await Promise.all(site.background)
    expect(site.world.calls).toBe(6)
    site.world.now += 29_000
    await site.get('/status')
    expect(site.world.calls).toBe(6)
  })

  it('waits for a new reading where the last one is old', async () => {
    await site.get('/status')
    site.world.now += 120_000
    expect(await (await site.get('/status')).text()).toContain('Payments fail')
    expect(site.background).toHaveLength(0)
    expect(site.world.calls).toBe(6)
  })

  it('reads anew where the clock went back', async () => {
    await site.get('/status')
    const { calls } = site.world
    site.world.now -= 3_600_000
    await site.get('/status')
    expect(site.world.calls).toBeGreaterThan(calls)
  })

  it('costs no reading for parameters that mean nothing', async () => {
    await site.get('/status')
    for (const path of ['/status?a=1', '/status.json?b', '/badge/m1.svg?show=state&c=2']) {
      expect((await site.get(path)).status).toBe(200)
    }
    expect(site.world.calls).toBe(3)
  })
})

describe('while an object can not be reached', () => {
  it('what was read last is shown, and says when it has become too old', async () => {
    await site.get('/status')
    site.world.broken = true
    site.world.now += 2 * 60_000
    const soon = await site.get('/status')
    expect(soon.status).toBe(200)
    expect(await soon.text()).toContain('<h1>Partial outage</h1>')
    site.world.now += 10 * 60_000
    const later = await (await site.get('/status')).text()
    expect(later).toContain('<h1>State unknown</h1>')
    expect(later).toContain('Nothing was heard from the checks since')
    expect(later).toContain('21 Nov 2026, 12:04 UTC')
    expect(later).toContain('Payments fail')
    expect(site.log.lines).toContainEqual(expect.objectContaining({ event: 'status_read_failed' }))
  })

  it('and nothing was read before, every route says so and nothing else', async () => {
    site.world.broken = true
    for (const path of PATHS) {
      const response = await site.get(path)
      expect(response.status).toBe(503)
      expect(response.headers.get('Retry-After')).toBe('30')
      expect(response.headers.get('Cache-Control')).toBe('no-store')
      const text = await response.text()
      expect(text).toMatch(/be reached at the moment/)
      expect(text).not.toContain('secret-host')
    }
  })

  it('it is not asked by each view', async () => {
    site.world.broken = true
    await site.get('/status')
    const { calls } = site.world
    await site.get('/status')
    site.world.now += 4_000
    await site.get('/status.json')
    expect(site.world.calls).toBe(calls)
    site.world.now += 2_000
    site.world.broken = false
    expect((await site.get('/status')).status).toBe(200)
  })

  it('a call that was cut is made once more', async () => {
    const { config, facts } = badDay()
    let cut = 0
    const once = async <T>(answer: T): Promise<T> => {
      if (cut++ % 2 === 0) throw new Error('the object moved')
      return answer
    }
    const reader = new StatusReader({
      config,
      uptime: () => ({ report: async () => facts.report, history: () => once(packHistories(facts.history)) }),
      incidents: { list: async () => facts.incidents },
      clock: () => NOW,
      log: recordingLogger(),
    })
    expect(await reader.read(() => {})).toMatchObject({ state: 'partial_outage' })
  })

  it('a call that hangs ends', async () => {
    const { config, facts } = badDay()
    const reader = new StatusReader({
      config,
      uptime: () => ({ report: async () => facts.report, history: () => new Promise(() => {}) }),
      incidents: { list: async () => facts.incidents },
      clock: () => NOW,
      log: recordingLogger(),
      timeoutMs: 5,
    })
    expect(await reader.read(() => {})).toBeUndefined()
  })
})

describe('the policy of a page', () => {
  const policyOf = async (get: typeof site.get, path = '/status') => {
    const response = await get(path)
    return { policy: response.headers.get('Content-Security-Policy')!, html: await response.text() }
  }

  it('allows the one style by its hash, and nothing else', async () => {
    for (const path of ['/status', '/status/m0', '/status/nowhere']) {
      const { policy, html } = await policyOf(site.get, path)
      const styles = [...html.matchAll(/<style>(.*?)<\/style>/gs)].map(([, style]) => style!)
      expect(styles).toHaveLength(1)
      const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(styles[0]))
      const hash = btoa(String.fromCharCode(...new Uint8Array(digest)))
      expect(policy).toBe(
        `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      )
      expect(html).not.toMatch(/ style=|<script| on\w+=/)
    }
  })

  it('allows the origin of a logo', async () => {
    const withLogo = (logo: string) =>
      createWorld((config) => ({ ...config, status: { ...config.status, logo } })).get
    const { policy, html } = await policyOf(withLogo('https://cdn.example.com/a/logo.svg?v=1'))
    expect(policy).toContain('img-src data: https://cdn.example.com;')
    expect(html).toContain('<img src="https://cdn.example.com/a/logo.svg?v=1" alt=""')
    expect((await policyOf(withLogo('data:image/png;base64,AAAA'))).policy).toContain('img-src data:;')
  })
})

it('badges are pictures with a name', async () => {
  const svg = parseXml(await (await site.get('/badge/m2.svg')).text())
  expect(svg.attributes).toMatchObject({ role: 'img', 'aria-label': expect.stringMatching(/: down$/) })
  expect(Number(svg.attributes.width)).toBeLessThan(400)
})
