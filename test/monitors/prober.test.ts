import { connect } from 'cloudflare:sockets'
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, inject, it, vi } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import type { ConfigInput } from '../../src/config/schema.ts'
import type { ErrorReporter } from '../../src/logging/model.ts'
import { askColo } from '../../src/monitors/colo.ts'
import { controlAnswers } from '../../src/monitors/network.ts'
import type { RegionProberSettings } from '../../src/monitors/prober.ts'
import { RegionProberObject } from '../../src/monitors/prober.ts'
import type { RegionProberNamespace } from '../../src/monitors/regions.ts'
import { proberStub } from '../../src/monitors/regions.ts'
import { recordingLogger } from '../metrics/harness.ts'
import { startOwnServers } from '../own-servers.ts'

const shared = inject('vars')
type Prober = RegionProberObject<unknown>

interface World {
  readonly monitors: ConfigInput['monitors']
  readonly settings?: Partial<RegionProberSettings>
}

const log = recordingLogger()
const reported: unknown[] = []
const errors: ErrorReporter = { report: (error) => reported.push(error), checkIn: () => undefined }

async function withProber({ monitors, settings }: World, work: (prober: Prober) => Promise<void>) {
  const { config } = loadConfig({ monitors }, {})
  const stub = env.REGION_PROBER.get(env.REGION_PROBER.newUniqueId())
  await runInDurableObject(stub, async (_, state) => {
    class TestProber extends RegionProberObject<unknown> {
      protected settings(): RegionProberSettings {
        return {
          monitors: config.monitors,
          controlUrl: shared.CONTROL_URL!,
          traceUrl: shared.TRACE_URL!,
          userAgent: 'Edgewatch/1',
          fetch: (url, init) => fetch(url, init),
          connect,
          clock: Date.now,
          log,
          errors,
          flush: async () => {},
          ...settings,
        }
      }
    }
    await work(new TestProber(state, env))
  })
}

const web = (name: string, path: string, more = {}) => ({ name, url: `${shared.API_URL}${path}`, ...more })
const ask = (...monitors: string[]) => ({
  region: 'eu-west' as const,
  monitors,
})
const outcomes = (results: readonly { monitor: string; outcome: string }[]) =>
  results.map(({ monitor, outcome }) => `${monitor} ${outcome}`)

describe('a region prober', () => {
  it('checks what it is asked to, of every type', async () => {
    const { hostname: host, port } = new URL(shared.API_URL!)
    const monitors = [
      web('Up', '/health'),
      web('Broken', '/status/500'),
      { name: 'Port', type: 'tcp' as const, host, port: Number(port) },
      { name: 'Name', type: 'dns' as const, host: 'app.example', resolver: `${shared.API_URL}/dns-query` },
      { name: 'Job', type: 'heartbeat' as const, every: 60 },
      web('Not asked for', '/health'),
    ]
    const settings = { traceUrl: `${shared.API_URL}/status/404` }
    await withProber({ monitors, settings }, async (prober) => {
      const results = await prober.run(ask('up', 'broken', 'port', 'name', 'job', 'nobody'))
      expect(outcomes(results).sort()).toEqual(['broken failed', 'name up', 'port up', 'up up'])
      expect(results.map(({ atMs }) => atMs)).toEqual(results.map(({ atMs }) => atMs).sort((a, b) => a - b))
      expect(results.find(({ monitor }) => monitor === 'up')).toEqual({
        monitor: 'up',
        region: 'eu-west',
        atMs: expect.any(Number),
        outcome: 'up',
        latencyMs: expect.any(Number),
      })
    })
  })

  it('is deployed with a name and a place, and knows the configured monitors', async () => {
    const stub = proberStub(env.REGION_PROBER, 'asia-northeast', 1)
    const results = await stub.run(ask('api-health', 'analysis-endpoint'))
    expect(outcomes(results).sort()).toEqual(['analysis-endpoint up', 'api-health up'])
    await vi.waitFor(async () => expect(await stub.run(ask('api-health'))).toMatchObject([{ colo: 'SBX' }]))
  })

  it('tells the data center it runs in, once that is known, and lets no check wait for it', async () => {
    const gate = `trace-${crypto.randomUUID()}`
    let traces = 0
    const settings: World['settings'] = {
      traceUrl: 'https://trace.example/',
      fetch: async (url, init) => {
        if (url !== 'https://trace.example/') return fetch(url, init)
        traces += 1
        await fetch(`${shared.API_URL}/gates/${gate}`)
        return fetch(shared.TRACE_URL!, init)
      },
    }
    await withProber({ monitors: [web('Up', '/health')], settings }, async (prober) => {
      const colo = async () => (await prober.run(ask('up')))[0]?.colo
      expect(await colo()).toBeUndefined()
      expect(await colo()).toBeUndefined()
      await fetch(`${shared.API_URL}/gates/${gate}/open`, { method: 'POST' })
      await vi.waitFor(async () => expect(await colo()).toBe('SBX'))
      expect(traces).toBe(1)
    })
  })

  it.each(['/status/404', '/text', '/cloudflare/530'])(
    'does not know where it runs where %s tells, and checks all the same',
    async (path) => {
      expect(await askColo(`${shared.API_URL}${path}`, (url, init) => fetch(url, init))).toBeUndefined()
      const settings = { traceUrl: `${shared.API_URL}${path}` }
      await withProber({ monitors: [web('Up', '/health')], settings }, async (prober) => {
        for (let run = 0; run < 3; run++) {
          const [result] = await prober.run(ask('up'))
          expect(result).toMatchObject({ outcome: 'up' })
          expect(result).not.toHaveProperty('colo')
        }
      })
    },
  )

  it('opens five connections at most, over all calls, and counts no queue as latency', async () => {
    const gate = `gate-${crypto.randomUUID()}`
    const names = Array.from({ length: 12 }, (_, index) => `m${index}`)
    const monitors = names.map((name) => web(name, `/gates/${gate}`, { timeout: 60 }))
    // The clock stands still but for the moment in which the first five are let through.
    let now = 1_000_000
    await withProber({ monitors, settings: { clock: () => now } }, async (prober) => {
      const calls = [prober.run(ask(...names.slice(0, 6))), prober.run(ask(...names.slice(6)))]
      await fetch(`${shared.API_URL}/gates/${gate}/counts?atLeast=5`)
      now += 90_000
      await fetch(`${shared.API_URL}/gates/${gate}/open`, { method: 'POST' })
      const results = (await Promise.all(calls)).flat()
      expect(results.map(({ outcome }) => outcome)).toEqual(names.map(() => 'up'))
      expect(results.map(({ latencyMs }) => latencyMs).sort()).toEqual([
        ...Array<number>(7).fill(0),
        ...Array<number>(5).fill(90_000),
      ])
      expect(await (await fetch(`${shared.API_URL}/gates/${gate}/counts`)).json()).toMatchObject({ most: 5 })
    })
  })

  it('lets no check time out in a queue, however many before it hang', async () => {
    const hanging = Array.from({ length: 5 }, (_, index) => `h${index}`)
    const monitors = [
      ...hanging.map((name) => web(name, '/gates/never', { timeout: 0.4 })),
      web('Good', '/health', { timeout: 0.3 }),
    ]
    await withProber({ monitors }, async (prober) => {
      const results = await prober.run(ask(...hanging, 'good'))
      expect(outcomes(results)).toEqual([...hanging.map((name) => `${name} failed`), 'good up'])
    })
  })

  it('is made near its location', () => {
    const made: unknown[] = []
    const namespace: RegionProberNamespace = {
      getByName: (name, options) => {
        made.push([name, options])
        return { run: async () => [] }
      },
    }
    proberStub(namespace, 'us-east', 0)
    proberStub(namespace, 'oceania', 3)
    expect(made).toEqual([
      ['us-east-0', { locationHint: 'enam' }],
      ['oceania-3', { locationHint: 'oc' }],
    ])
  })

  it('finds what gives no answer failed while there is a network, else unknown', async () => {
    const { vars, breakServer, mendServer } = await startOwnServers()
    await breakServer('target', { mode: 'down' })
    const { hostname: host, port } = new URL(vars.API_URL!)
    const monitors = [
      { name: 'Web', url: `${vars.API_URL}/health` },
      { name: 'Port', type: 'tcp' as const, host, port: Number(port) },
    ]
    let now = Date.now()
    const settings = { controlUrl: vars.CONTROL_URL!, clock: () => now }
    await withProber({ monitors, settings }, async (prober) => {
      const run = async () => outcomes(await prober.run(ask('web', 'port'))).sort()
      const failed = ['port failed', 'web failed']
      expect(await run()).toEqual(failed)

      // Asked anew after 5 s: any status is an answer, none is not.
      now += 5_000
      await breakServer('control', { mode: 'error', status: 503 })
      expect(await run()).toEqual(failed)
      now += 5_000
      await breakServer('control', { mode: 'down' })
      const results = await prober.run(ask('web', 'port'))
      expect(outcomes(results).sort()).toEqual(['port unknown', 'web unknown'])
      for (const { reason, latencyMs } of results) {
        expect([reason, latencyMs]).toEqual(['no network in this region', undefined])
      }

      // A miss is kept for 30 s.
      await mendServer('control')
      now += 29_999
      expect(await run()).toEqual(['port unknown', 'web unknown'])
      now += 1
      expect(await run()).toEqual(failed)

      // Nor is it kept for longer by a clock that goes back.
      now += 5_000
      await breakServer('control', { mode: 'down' })
      expect(await run()).toEqual(['port unknown', 'web unknown'])
      await mendServer('control')
      now -= 60 * 60_000
      expect(await run()).toEqual(failed)
    })
  })

  it('takes any answer for the sign of a network, so that a wrong control URL hides no outage', async () => {
    const { vars, breakServer } = await startOwnServers()
    await breakServer('target', { mode: 'down' })
    const monitors = [{ name: 'Down', url: `${vars.API_URL}/health` }, web('Broken', '/status/500')]
    let now = Date.now()
    const settings = { controlUrl: `${vars.API_URL}/control`, clock: () => now }
    await withProber({ monitors, settings }, async (prober) => {
      expect(outcomes(await prober.run(ask('down')))).toEqual(['down unknown'])
      await prober.run(ask('broken'))
      expect(outcomes(await prober.run(ask('down')))).toEqual(['down failed'])
      now += 5_000
      expect(outcomes(await prober.run(ask('down')))).toEqual(['down unknown'])
    })
  })

  it('takes an answer for it that comes while the control URL is asked, too', async () => {
    const controlUrl = 'https://control.example/'
    const asked = Promise.withResolvers<void>()
    const control = Promise.withResolvers<Response>()
    const settings: World['settings'] = {
      controlUrl,
      fetch: (url, init) => {
        if (url === 'https://down.example/') throw new Error('refused')
        if (url !== controlUrl) return fetch(url, init)
        asked.resolve()
        return control.promise
      },
    }
    const monitors = [{ name: 'Down', url: 'https://down.example/' }, web('Up', '/health')]
    await withProber({ monitors, settings }, async (prober) => {
      const down = prober.run(ask('down'))
      await asked.promise
      await prober.run(ask('up'))
      control.reject(new Error('refused'))
      expect(outcomes(await down)).toEqual(['down failed'])
    })
  })

  it("takes Cloudflare's own errors for no answer, from a monitor and from the control URL", async () => {
    const monitors = [web('Down', '/cloudflare/523'), web('Unresolved', '/cloudflare/530?code=1016')]
    const settings = { controlUrl: `${shared.API_URL}/cloudflare/522` }
    await withProber({ monitors, settings }, async (prober) => {
      const results = await prober.run(ask('down', 'unresolved'))
      expect(results.map(({ outcome, reason }) => [outcome, reason])).toEqual([
        ['unknown', 'no network in this region'],
        ['unknown', 'no network in this region'],
      ])
    })
    // With a network, a host that Cloudflare can't reach is down, behind Cloudflare or not.
    await withProber(
      { monitors, settings: { ...settings, controlUrl: shared.CONTROL_URL! } },
      async (prober) => {
        const results = await prober.run(ask('down', 'unresolved'))
        expect(outcomes(results).sort()).toEqual(['down failed', 'unresolved failed'])
      },
    )
    const answers = (path: string) =>
      controlAnswers(`${shared.API_URL}${path}`, (url, init) => fetch(url, init))
    expect(await answers('/cloudflare/530?code=1016')).toBe(false)
    expect(await answers('/status/503')).toBe(true)
  })

  it('does not ask for the network where there was an answer, however bad', async () => {
    const controlUrl = `${shared.API_URL}/gates/control`
    await withProber(
      { monitors: [web('Broken', '/status/500')], settings: { controlUrl } },
      async (prober) => {
        expect(outcomes(await prober.run(ask('broken')))).toEqual(['broken failed'])
        expect(await (await fetch(`${shared.API_URL}/gates/control/counts`)).json()).toMatchObject({
          most: 0,
        })
      },
    )
  })

  it('knows nothing of a port of one of the addresses of Cloudflare, to which it may not connect', async () => {
    const monitors = [{ name: 'Port', type: 'tcp' as const, host: 'proxied.example', port: 443 }]
    const settings: World['settings'] = {
      fetch: (url, init) => fetch(`${shared.API_URL}/dns-query${new URL(url).search}`, init),
    }
    await withProber({ monitors, settings }, async (prober) => {
      expect(outcomes(await prober.run(ask('port')))).toEqual(['port unknown'])
    })
  })

  it('is unknown where our own code fails, which is reported, and the others are checked', async () => {
    const bug = new TypeError('a bug')
    const settings = {
      connect: () => {
        throw bug
      },
    }
    const monitors = [
      web('Up', '/health'),
      { name: 'Port', type: 'tcp' as const, host: 'mail.example', port: 587 },
    ]
    reported.length = 0
    await withProber({ monitors, settings }, async (prober) => {
      const results = await prober.run(ask('port', 'up'))
      expect(outcomes(results).sort()).toEqual(['port unknown', 'up up'])
      expect(results.find(({ monitor }) => monitor === 'port')?.reason).toBe('the check itself failed')
    })
    expect(reported).toEqual([bug])
    expect(log.lines).toContainEqual({
      level: 'error',
      event: 'check_failed',
      fields: { monitor: 'port', error: bug },
    })
  })
})
