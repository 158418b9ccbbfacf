import { afterEach, describe, expect, it, vi } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { MonitorMetrics, retiredSeries, seriesOfMonitors } from '../../src/monitors/metrics.ts'
import type { CheckResult, MonitorStatus, Region } from '../../src/monitors/model.ts'
import { regionsOf } from '../../src/monitors/plan.ts'
import { catalog, createWorld } from '../metrics/harness.ts'

afterEach(() => void vi.restoreAllMocks())

const configured = (count: number, locations: readonly ('asia' | 'eu-west')[] = ['asia', 'eu-west']) =>
  loadConfig(
    {
      monitors: Array.from({ length: count }, (_, index) => ({
        name: `m${index}`,
        url: 'https://shop.example/',
        locations: [...locations],
      })),
    },
    {},
  ).config.monitors

type Configured = ReturnType<typeof configured>

const statuses = (monitors: Configured): MonitorStatus[] =>
  monitors.map((monitor) => ({
    id: monitor.id,
    state: 'up',
    seen: 'up',
    regions: regionsOf(monitor).map((region) => ({ region, state: 'up' })),
  }))

const checks = (monitors: Configured): CheckResult[] =>
  monitors.flatMap((monitor) =>
    regionsOf(monitor).map((region: Region) => ({
      monitor: monitor.id,
      region,
      atMs: 0,
      outcome: 'up' as const,
      latencyMs: 40,
    })),
  )

describe('the series of monitors', () => {
  it('are all kept, however many monitors there are', async () => {
    const monitors = configured(1_000)
    const maxSeries = seriesOfMonitors(monitors)
    const { buffer, text } = createWorld({ maxSeries })
    const recorder = buffer({ maxSeries })
    const metrics = new MonitorMetrics(recorder, catalog)
    for (const { id } of monitors) metrics.recordUptime(id, 1)
    metrics.recordRun(statuses(monitors), checks(monitors), 0)
    await recorder.flush()
    const shown = await text()
    expect(shown).not.toContain('"other"')
    expect(shown).toContain('edgewatch_monitor_up{monitor="m999"} 1\n')
    expect(shown).toContain(
      'edgewatch_monitor_checks_total{monitor="m999",region="asia",outcome="failed"} 0\n',
    )
  })

  it('end with the monitor, or with its region, at the next deployment', async () => {
    const { world, buffer, text, evict } = createWorld()
    const recorder = buffer()
    const before = configured(2)
    const metrics = new MonitorMetrics(recorder, catalog)
    metrics.recordRun(statuses(before), checks(before), 0)
    recorder.increment(catalog.cacheOperations, { operation: 'get', status: 'hit' })
    await recorder.flush()
    expect(await text()).toContain('monitor="m1"')

    world.isRetired = retiredSeries(configured(1, ['asia']))
    await evict()
    const after = await text()
    expect(after).not.toContain('monitor="m1"')
    expect(after).not.toContain('eu-west')
    expect(after).toContain('edgewatch_monitor_up{monitor="m0"} 1\n')
    expect(after).toContain('edgewatch_monitor_region_up{monitor="m0",region="asia"} 1\n')
    expect(after).toContain('esg_cache_operations_total')
    await evict()
    expect(await text()).toBe(after)
  })
})
