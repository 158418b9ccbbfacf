import { evictDurableObject } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { UptimeMonitor } from '../../src/index.ts'
import { MINUTE_MS } from '../../src/lib/clock.ts'
import { InternalProber } from '../../src/monitors/internal-prober.ts'
import type { UptimeMonitorClient } from '../../src/monitors/ports.ts'
import type { UptimeSettings } from '../../src/monitors/settings.ts'
import { uptimeMonitor } from '../../src/services.ts'

// The objects as they are deployed, with the configuration that comes with the project, against the sandbox's target.

afterEach(() => void vi.restoreAllMocks())

const uptime = (name: string) => env.UPTIME_MONITOR.getByName(name) as unknown as UptimeMonitorClient

describe('the monitors of the documents', () => {
  it('are checked from their regions, and not again by a run of the same minute after an eviction', async () => {
    const name = crypto.randomUUID()
    const now = Date.now()
    expect(await uptime(name).tick(now)).toEqual({ outcome: 'ok', checks: 4 })
    const before = await uptime(name).report()
    expect(before.monitors).toMatchObject([
      {
        id: 'api-health',
        state: 'up',
        regions: [
          { region: 'us-east', state: 'up', last: { outcome: 'up' } },
          { region: 'eu-west', state: 'up', last: { outcome: 'up' } },
        ],
      },
      { id: 'analysis-endpoint', state: 'up' },
    ])

    await evictDurableObject(env.UPTIME_MONITOR.getByName(name))
    expect(await uptime(name).report()).toEqual(before)
    expect(await uptime(name).tick(now)).toEqual({ outcome: 'ok', checks: 0 })
    const later = await uptime(name).checks('api-health', now - MINUTE_MS, now + MINUTE_MS)
    expect(later).toHaveLength(2)
    expect(
      await uptime(name).measure([{ monitor: 'api-health', of: 'latency', overMs: MINUTE_MS }]),
    ).toMatchObject([{ latencyMs: { p50: expect.any(Number) } }])
  })

  it('are shown to the admin', async () => {
    await uptimeMonitor(env).tick(Date.now())
    const response = await exports.default.fetch('https://edgewatch.test/admin/monitors', {
      headers: { Authorization: `Bearer ${(env as unknown as { ADMIN_TOKEN: string }).ADMIN_TOKEN}` },
    })
    expect(await response.json()).toMatchObject({
      monitors: [
        { name: 'API health', state: 'up' },
        { name: 'Analysis endpoint', state: 'up' },
      ],
    })
  })
})

describe('a monitor of our own routes', () => {
  it('may ask for one that asks for the monitors: nothing waits for itself', async () => {
    const name = 'singleton' // the one that the routes ask
    const settings = UptimeMonitor.prototype as unknown as { settings(): UptimeSettings }
    const original = settings.settings
    const { monitors } = loadConfig(
      { monitors: [{ name: 'Admin', type: 'service', path: '/admin/monitors' }] },
      {},
    ).config
    vi.spyOn(settings, 'settings').mockImplementation(function (this: UptimeMonitor) {
      const real = original.call(this)
      const internal = new InternalProber({
        ...real,
        monitors,
        fetch: (url, init) => {
          const token = (env as unknown as { ADMIN_TOKEN: string }).ADMIN_TOKEN
          return exports.default.fetch(url, { ...init, headers: { Authorization: `Bearer ${token}` } })
        },
        serviceUrl: 'https://edgewatch.test',
        userAgent: 'test',
        dependencies: () => Promise.reject(new Error('not asked for')),
      })
      return { ...real, monitors, prober: () => internal, onJudged: async () => {} }
    })
    await evictDurableObject(env.UPTIME_MONITOR.getByName(name)).catch(() => {})
    expect(await uptime(name).tick(Date.now() + MINUTE_MS)).toEqual({ outcome: 'ok', checks: 1 })
    expect((await uptime(name).report()).monitors).toMatchObject([{ id: 'admin', state: 'up' }])
  })
})
