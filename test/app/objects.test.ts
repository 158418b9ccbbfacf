import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { AlertLedgerObject } from '../../src/alerts/ledger.ts'
import type { LedgerSettings } from '../../src/alerts/settings.ts'
import { EventQueueObject } from '../../src/business/queue.ts'
import type { EventQueueSettings } from '../../src/business/settings.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { ConfigInput } from '../../src/config/schema.ts'
import type { AlertLedger, RegionProber, UptimeMonitor } from '../../src/index.ts'
import { MINUTE_MS } from '../../src/lib/clock.ts'
import { currentContext } from '../../src/logging/context.ts'
import type { ErrorReporter } from '../../src/logging/model.ts'
import { BATCH_VERSION } from '../../src/metrics/batch.ts'
import type { MetricsStoreSettings } from '../../src/metrics/store.ts'
import { RegionProberObject } from '../../src/monitors/prober.ts'
import type { UptimeSettings } from '../../src/monitors/settings.ts'
import { UptimeMonitorObject } from '../../src/monitors/uptime.ts'
import type { PushStoreSettings } from '../../src/push/store.ts'
import { servicesOf } from '../../src/services.ts'
import { eventAtSentry, exposition, inbox, request, sampleOf, variables } from './composed.ts'

// The Durable Objects as they are deployed.

/** Works with the settings of a deployed object, within that object; `configured` replaces its configuration. */
function withSettings<Settings, T>(
  namespace: DurableObjectNamespace<never>,
  work: (settings: Settings) => T | Promise<T>,
  configured?: ConfigInput,
): Promise<T> {
  const stub = namespace.getByName(crypto.randomUUID())
  return runInDurableObject(stub, async (object: unknown) => {
    const instance = object as { env: Env; settings(): Settings }
    const services = servicesOf(instance.env)
    const { config } = services
    if (configured) Object.assign(services, { config: { ...config, ...loadConfig(configured, {}).config } })
    try {
      return await work(instance.settings())
    } finally {
      Object.assign(services, { config })
    }
  })
}

describe('the errors of an object', () => {
  it.each(['ALERT_LEDGER', 'UPTIME_MONITOR', 'REGION_PROBER', 'EVENT_QUEUE'] as const)(
    'of %s reach Sentry, under the limit of the location, and are counted',
    async (binding) => {
      const series = 'edgewatch_errors_total{outcome="sent"}'
      const before = sampleOf(await exposition(), series) ?? 0
      const limit = vi.spyOn(env.ERROR_LIMIT, 'limit').mockResolvedValue({ success: true })
      const message = `${binding} is on fire`
      type Settings = {
        errors: ErrorReporter
        recorder?: { flush(): Promise<void> }
        flush?(): Promise<void>
      }
      await withSettings<Settings, void>(env[binding] as never, async ({ errors, recorder, flush }) => {
        errors.report(new Error(message))
        await eventAtSentry(message)
        await vi.waitFor(async () => {
          await (flush?.() ?? recorder?.flush())
          expect(sampleOf(await exposition(), series)).toBe(before + 1)
        })
      })
      expect(limit).toHaveBeenCalledOnce()
    },
    40_000,
  )
})

describe('the work of an object', () => {
  it('carries an id, on its log lines and its errors', async () => {
    const ids: Record<string, string | undefined> = {}
    const keep =
      <T>(name: string, result: T) =>
      async () => {
        ids[name] = currentContext()?.requestId
        return result
      }
    vi.spyOn(AlertLedgerObject.prototype, 'tick').mockImplementation(
      keep('ledger.tick', { outcome: 'ok' } as const),
    )
    vi.spyOn(AlertLedgerObject.prototype, 'alarm').mockImplementation(keep('ledger.alarm', undefined))
    vi.spyOn(AlertLedgerObject.prototype, 'observeMonitors').mockImplementation(
      keep('ledger.observeMonitors', undefined),
    )
    vi.spyOn(UptimeMonitorObject.prototype, 'tick').mockImplementation(
      keep('uptime.tick', { outcome: 'ok', checks: 0 } as const),
    )
    vi.spyOn(RegionProberObject.prototype, 'run').mockImplementation(keep('prober.run', []))
    vi.spyOn(EventQueueObject.prototype, 'alarm').mockImplementation(keep('queue.alarm', undefined))

    const name = crypto.randomUUID()
    const alarm = async (stub: DurableObjectStub) => {
      await runInDurableObject(stub, (_, { storage }) => storage.setAlarm(Date.now() + 60 * MINUTE_MS))
      expect(await runDurableObjectAlarm(stub)).toBe(true)
    }
    await runInDurableObject(env.ALERT_LEDGER.getByName(name), async (ledger: AlertLedger) => {
      await ledger.tick(0)
      await ledger.observeMonitors([], 0)
    })
    await alarm(env.ALERT_LEDGER.getByName(name))
    await alarm(env.EVENT_QUEUE.getByName(name))
    await runInDurableObject(env.UPTIME_MONITOR.getByName(name), (uptime: UptimeMonitor) => uptime.tick(0))
    await runInDurableObject(env.REGION_PROBER.getByName(name), (prober: RegionProber) =>
      prober.run({ region: 'eu-west', monitors: [] }),
    )
    const id = expect.stringMatching(/^[0-9a-f-]{36}$/)
    expect(ids).toEqual({
      'ledger.tick': id,
      'ledger.alarm': id,
      'ledger.observeMonitors': id,
      'uptime.tick': id,
      'prober.run': id,
      'queue.alarm': id,
    })
  })
})

describe('the alert ledger', () => {
  it('asks those who know', async () => {
    await request('/metrics/job/ledger', {
      method: 'PUT',
      headers: { Authorization: `Bearer ${variables.INGEST_TOKEN}` },
      body: 'ledger_asks 17\n',
    })
    await servicesOf(env).uptime().tick(Date.now())
    await withSettings<LedgerSettings, void>(env.ALERT_LEDGER as never, async (settings) => {
      expect(settings.source).toEqual({ service: 'Edgewatch', environment: 'development' })
      const { series } = await settings.metrics.read({
        windows: [],
        series: [{ metric: 'ledger_asks', labels: {} }],
      })
      expect(series).toMatchObject([{ value: 17 }])
      expect((await settings.dependencies()).redis).toMatchObject({ state: 'up' })
      const question = { monitor: 'api-health', of: 'latency', overMs: MINUTE_MS } as const
      expect(await settings.monitors.measure([question])).toMatchObject([
        { latencyMs: { p50: expect.any(Number) } },
      ])
      expect(settings.monitors.configured.map(({ id }) => id)).toEqual(['api-health', 'analysis-endpoint'])
    })
  })

  it('links to the dashboard where the configuration has its address', async () => {
    await withSettings<LedgerSettings, void>(
      env.ALERT_LEDGER as never,
      ({ source }) => void expect(source.url).toBe('https://watch.example'),
      { service: { url: 'https://watch.example' } },
    )
  })

  it.each([
    ['pagerduty', '/pagerduty/v2/enqueue'],
    ['slack-alerts', '/slack/alerts'],
    ['slack-monitoring', '/slack/monitoring'],
    ['webhook', '/webhook'],
  ])('delivers through the receiver %s', async (receiver, path) => {
    const before = (await inbox()).length
    const stub = env.ALERT_LEDGER.getByName(crypto.randomUUID())
    const answer = await runInDurableObject(stub, (ledger: AlertLedger) => ledger.test(receiver))
    expect(answer).toMatchObject({ ok: true })
    expect((await inbox()).slice(before).map((message) => message.path)).toContain(path)
  })
})

describe('the uptime monitor', () => {
  it('tells the alert ledger what it judged', async () => {
    const told = vi.spyOn(AlertLedgerObject.prototype, 'observeMonitors')
    await servicesOf(env)
      .uptime()
      .tick(Date.now() + 10 * MINUTE_MS)
    expect(told.mock.calls).toEqual([
      [
        [
          expect.objectContaining({ id: 'api-health', state: 'up' }),
          expect.objectContaining({ id: 'analysis-endpoint' }), // on a busy machine it may be slow
        ],
        expect.any(Number),
      ],
    ])
  })

  it('asks the configured control URL whether there is a network', async () => {
    await withSettings<UptimeSettings, void>(env.UPTIME_MONITOR as never, async ({ controlAnswers }) => {
      const fetched = vi.spyOn(globalThis, 'fetch')
      expect(await controlAnswers()).toBe(true)
      expect(fetched.mock.calls.map(([url]) => String(url))).toEqual([variables.CONTROL_URL])
    })
  })

  it('checks its own service through a binding, and its dependencies by the health monitor', async () => {
    const monitors = [
      { name: 'Service', type: 'service', path: '/health/live' },
      { name: 'Redis', type: 'redis' },
    ] as const
    await withSettings<UptimeSettings, void>(
      env.UPTIME_MONITOR as never,
      async ({ prober }) => {
        const ids = ['service', 'redis']
        expect(await prober('internal', 0).run({ region: 'internal', monitors: ids })).toMatchObject([
          { monitor: 'service', outcome: 'up' },
          { monitor: 'redis', outcome: 'up' },
        ])
      },
      { monitors: [...monitors] },
    )
  })
})

describe('the metrics store', () => {
  const monitors = [{ name: 'Shop', url: 'https://shop.example', locations: ['eu-west' as const] }]

  it('adds up all shards, and drops the series of monitors that are gone', async () => {
    await withSettings<MetricsStoreSettings, void>(
      env.METRICS_STORE as never,
      ({ siblings, isRetired, maxSeries, catalog }) => {
        expect(siblings()).toHaveLength(2)
        const shape = { name: 'edgewatch_monitor_up', labels: ['monitor'] } as never
        expect(isRetired?.(shape, { values: ['shop'], numbers: [] })).toBe(false)
        expect(isRetired?.(shape, { values: ['gone'], numbers: [] })).toBe(true)
        expect(maxSeries).toBe(777)
        expect(catalog).toHaveProperty('edgewatch_customers')
      },
      { monitors, metrics: { shards: 3, maxSeries: 777 } },
    )
  })
})

describe('the push store', () => {
  it('has the configured limits', async () => {
    const push = { maxSeries: 20, maxSeriesPerGroup: 10, ttl: '1h' }
    await withSettings<PushStoreSettings, void>(
      env.PUSH_STORE as never,
      ({ limits, ttlMs, catalog }) => {
        expect(limits).toMatchObject({ maxSeries: 20, maxSeriesPerGroup: 10 })
        expect(ttlMs).toBe(60 * MINUTE_MS)
        expect(catalog).toHaveProperty('edgewatch_customers')
      },
      { push },
    )
  })
})

describe('the event queue', () => {
  it('hands over to one shard only, for a batch may come again', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.99)
    await withSettings<EventQueueSettings, void>(
      env.EVENT_QUEUE as never,
      async ({ send }) => {
        const asked = vi.spyOn(env.METRICS_STORE, 'getByName')
        await send({ version: BATCH_VERSION, source: 'queue', sequence: 1, metrics: [], minutes: [] })
        expect(asked.mock.calls.map(([name]) => name)).toEqual(['shard-0'])
      },
      { metrics: { shards: 8 } },
    )
  })

  it('writes to MongoDB where that is configured', async () => {
    await withSettings<EventQueueSettings, void>(
      env.EVENT_QUEUE as never,
      ({ database, gatherMs, config }) => {
        expect(database).toBeTypeOf('function')
        expect(gatherMs).toBe(servicesOf(env).config.metrics.flushSeconds * 1000)
        expect(config.events).toHaveProperty('analysis_completed')
      },
    )
  })
})
