import { execFileSync } from 'node:child_process'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { Counter, Gauge, Histogram, Pushgateway, Registry, Summary } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Sandbox } from './sandbox.ts'

const TOKEN = 'sandbox-ingest-token'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await Sandbox.start()
})
afterAll(() => sandbox?.close())

const scrape = async () => (await sandbox.scrape()).text()

describe("prom-client's Pushgateway", () => {
  it('pushes, adds and deletes', async () => {
    const registry = new Registry()
    const registers = [registry]
    new Counter({ name: 'backup_runs_total', help: 'Runs.', labelNames: ['kind'], registers }).inc(
      { kind: 'full "x"' },
      3,
    )
    new Gauge({ name: 'backup_size_bytes', help: 'Size.', registers }).set(1.5e9)
    const took = new Histogram({
      name: 'backup_duration_seconds',
      help: 'Took.',
      buckets: [1, 10],
      registers,
    })
    for (const seconds of [0.5, 5, 50]) took.observe(seconds)
    const lag = new Summary({ name: 'backup_lag_seconds', help: 'Lag.', percentiles: [0.5], registers })
    lag.observe(2)

    const url = sandbox.url.replace('://', `://anybody:${TOKEN}@`)
    const gateway = new Pushgateway(url, { headers: { 'Content-Encoding': 'gzip' } }, registry)
    const group = { jobName: 'nightly backup', groupings: { host: 'db/1' } }
    await gateway.push(group)
    const labels = 'host="db/1",instance="",job="nightly backup"'
    const text = await scrape()
    for (const sample of [
      `backup_runs_total{host="db/1",instance="",job="nightly backup",kind="full \\"x\\""} 3`,
      `backup_size_bytes{${labels}} 1500000000`,
      `backup_duration_seconds_bucket{${labels},le="10.0"} 2`,
      `backup_duration_seconds_sum{${labels}} 55.5`,
      `backup_lag_seconds{${labels},quantile="0.5"} 2`,
      `backup_lag_seconds_count{${labels}} 1`,
    ]) {
      expect(text).toContain(`${sample}\n`)
    }

    registry.removeSingleMetric('backup_size_bytes')
    await gateway.pushAdd(group)
    expect(await scrape()).toContain('backup_size_bytes{')
    await gateway.push(group)
    expect(await scrape()).not.toContain('backup_size_bytes{')

    const said = execFileSync('promtool', ['check', 'metrics'], {
      input: await scrape(),
      encoding: 'utf8',
      stdio: 'pipe',
    })
    expect(said).toBe('')
    await gateway.delete(group)
    expect(await scrape()).not.toContain('nightly backup')
    await expect(new Pushgateway(sandbox.url, {}, registry).push(group)).rejects.toThrow('401')
  })
})

describe('the metrics of pushes', () => {
  it('begin at 0, so that the first one that is refused is an increase', async () => {
    await sandbox.tick()
    await vi.waitFor(
      async () =>
        expect(await scrape()).toContain(
          'edgewatch_pushes_total{protocol="otlp",outcome="too_many_series"} 0\n',
        ),
      { timeout: 20_000 },
    )
    expect(await scrape()).toContain('edgewatch_pushes_total{protocol="pushgateway",outcome="accepted"} ')
    expect(await scrape()).toMatch(/^edgewatch_pushed_groups \d+$/m)
  })
})

describe("OpenTelemetry's exporter", () => {
  it.each(['cumulative', 'delta'] as const)('exports %s points', async (temporality) => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'gzip')
    const reader = new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter({
        url: `${sandbox.url}/v1/metrics`,
        headers: { Authorization: `Bearer ${TOKEN}` },
        temporalityPreference:
          temporality === 'delta' ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
      }),
      exportIntervalMillis: 3_600_000,
    })
    const resource = resourceFromAttributes({
      'service.name': `shop-${temporality}`,
      'service.instance.id': 'one',
      'cloud.region': 'eu',
    })
    const provider = new MeterProvider({ resource, readers: [reader] })
    const meter = provider.getMeter('shop', '1.0')
    const orders = meter.createCounter('orders', { description: 'Orders.', unit: '{order}' })
    const open = meter.createUpDownCounter('carts.open')
    const took = meter.createHistogram('checkout.duration', {
      unit: 's',
      advice: { explicitBucketBoundaries: [1, 5] },
    })
    for (const amount of [1, 2, 3]) {
      orders.add(amount, { tier: 'growth' })
      open.add(amount === 2 ? -1 : 1)
      took.record(amount * 2)
      await provider.forceFlush()
    }
    const labels = `instance="one",job="shop-${temporality}",otel_scope_name="shop",otel_scope_version="1.0"`
    const text = await scrape()
    for (const sample of [
      `orders_total{${labels},tier="growth"} 6`,
      `carts_open{${labels}} 1`,
      `checkout_duration_seconds_bucket{${labels},le="1.0"} 0`,
      `checkout_duration_seconds_bucket{${labels},le="5.0"} 2`,
      `checkout_duration_seconds_sum{${labels}} 12`,
      `checkout_duration_seconds_count{${labels}} 3`,
    ]) {
      expect(text).toContain(`${sample}\n`)
    }
    expect(text).toContain(`target_info{cloud_region="eu",instance="one",job="shop-${temporality}"} 1\n`)
    await provider.shutdown()
  })

  it('is told what could not be taken', async () => {
    const answer = await sandbox.fetch('/v1/metrics', {
      method: 'POST',
      headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({
        resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'q', summary: { dataPoints: [{}] } }] }] }],
      }),
    })
    expect(await answer.json()).toMatchObject({ partialSuccess: { rejectedDataPoints: '1' } })
  })
})
