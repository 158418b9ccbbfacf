import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import type { ConfigInput } from '../../src/config/schema.ts'
import type { DependencyReport } from '../../src/health/model.ts'
import { InternalProber } from '../../src/monitors/internal-prober.ts'

const REPORT: DependencyReport = {
  checkedAtMs: 1_000,
  mongodb: { state: 'up', details: { latencyMs: 12 } },
  redis: { state: 'down', message: 'timed out' },
}

function prober(monitors: NonNullable<ConfigInput['monitors']>, report: () => Promise<DependencyReport>) {
  const asked = { dependencies: 0, urls: [] as string[] }
  const reported: unknown[] = []
  const ignore = () => {}
  const internal = new InternalProber({
    monitors: loadConfig({ monitors }, {}).config.monitors,
    fetch: (url, init) => {
      asked.urls.push(url)
      return exports.default.fetch(url, init)
    },
    serviceUrl: 'https://edgewatch.example',
    userAgent: 'Edgewatch/1 (+monitor)',
    dependencies: () => {
      asked.dependencies += 1
      return report()
    },
    clock: () => 2_000,
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    errors: { report: (error) => void reported.push(error), checkIn: () => undefined },
  })
  const run = async (...ids: string[]) => {
    const results = await internal.run({ region: 'internal', monitors: ids })
    return results.map(({ monitor, outcome, reason }) => [monitor, outcome, reason])
  }
  return { run, asked, reported, internal }
}

const DEPENDENCIES = [
  { name: 'Database', type: 'mongodb' },
  { name: 'Slow database', type: 'mongodb', expect: { maxLatencyMs: 10 } },
  { name: 'Cache', type: 'redis' },
] as const

describe('the checks of our own dependencies', () => {
  it('are made of one report', async () => {
    const { run, asked } = prober([...DEPENDENCIES], async () => REPORT)
    expect(await run('database', 'slow-database', 'cache')).toEqual([
      ['database', 'up', undefined],
      ['slow-database', 'slow', 'expected at most 10 ms, took 12 ms'],
      ['cache', 'failed', 'timed out'],
    ])
    expect(asked.dependencies).toBe(1)
  })

  it('are unknown while no probe has decided', async () => {
    const { run } = prober([...DEPENDENCIES], async () => ({
      ...REPORT,
      mongodb: { state: 'unknown', message: 'not probed yet' },
    }))
    expect(await run('database')).toEqual([['database', 'unknown', 'not probed yet']])
  })

  it('are unknown where the report fails, or they are not configured', async () => {
    const failing = prober([...DEPENDENCIES], () => Promise.reject(new Error('the object was reset')))
    expect(await failing.run('database', 'cache')).toEqual([
      ['database', 'unknown', 'the check itself failed'],
      ['cache', 'unknown', 'the check itself failed'],
    ])
    expect(failing.reported).toHaveLength(2)
    const disabled = prober([...DEPENDENCIES], async () => ({ ...REPORT, redis: { state: 'disabled' } }))
    expect(await disabled.run('cache')).toEqual([['cache', 'unknown', 'redis is not configured']])
  })
})

describe('the checks of our own routes', () => {
  it('go through the binding, with the same expectations as of any other', async () => {
    const { run, asked } = prober(
      [
        {
          name: 'Alive',
          type: 'service',
          path: '/health/live',
          expect: { json: [{ path: '$.status', equals: 'alive' }] },
        },
        { name: 'Gone', type: 'service', path: '/nowhere' },
      ],
      async () => REPORT,
    )
    const results = await run('alive', 'gone')
    expect(results.filter(([id]) => id === 'alive')).toEqual([['alive', 'up', undefined]])
    expect(results.filter(([id]) => id === 'gone')).toEqual([
      ['gone', 'failed', 'expected status 2xx, got 404'],
    ])
    expect(new Set(asked.urls)).toEqual(
      new Set(['https://edgewatch.example/health/live', 'https://edgewatch.example/nowhere']),
    )
  })

  it('leave out what is checked elsewhere', async () => {
    const { run } = prober([{ name: 'Shop', url: 'https://shop.example/' }], async () => REPORT)
    expect(await run('shop', 'nothing')).toEqual([])
  })
})
