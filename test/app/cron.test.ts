import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { AlertLedger, EventQueue, UptimeMonitor } from '../../src/index.ts'
import { HOUR_MS, MINUTE_MS } from '../../src/lib/clock.ts'
import { servicesOf } from '../../src/services.ts'
import { exposition, PATIENCE, runCron, sampleOf, watchLog } from './composed.ts'

/** The beginning of this hour. */
const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS
const services = servicesOf(env)

describe('one run of the deployed cron', () => {
  beforeEach(() => void vi.spyOn(EventQueue.prototype, 'refresh'))

  it('runs the alert rules and the monitors, whose series /metrics then shows', async () => {
    await runCron(Date.now())
    const { scheduler } = await services.ledger().status()
    expect(scheduler.lastRunAtMs).toBeGreaterThan(Date.now() - MINUTE_MS)
    const { monitors } = await services.uptime().report()
    expect(monitors).toMatchObject([{ id: 'api-health', state: 'up' }, { id: 'analysis-endpoint' }])
    const text = await exposition()
    for (const series of [
      'edgewatch_ticks_total{outcome="ok"}',
      'edgewatch_monitor_up{monitor="api-health"}',
      'edgewatch_monitor_checks_total{monitor="api-health",region="us-east",outcome="up"}',
      'edgewatch_monitor_checks_total{monitor="api-health",region="eu-west",outcome="up"}',
      `edgewatch_build_info{version="1.0.0",environment="development",deployment="${env.VERSION.id}"}`,
    ]) {
      expect(sampleOf(text, series), series).toBe(1)
    }
    // Series that start at 0 show their first increase.
    for (const series of [
      'edgewatch_metrics_flushes_failed_total',
      ...services.config.alerts.receivers.flatMap(({ name }) =>
        ['delivered', 'retried', 'dead'].map(
          (outcome) => `edgewatch_notifications_total{receiver="${name}",outcome="${outcome}"}`,
        ),
      ),
      'edgewatch_pushes_total{protocol="pushgateway",outcome="accepted"}',
      'edgewatch_pushes_total{protocol="otlp",outcome="partial"}',
    ]) {
      expect(sampleOf(text, series), series).toBe(0)
    }
  })

  it('says to each for when it was scheduled, and logs under one id', async () => {
    const ledger = vi.spyOn(AlertLedger.prototype, 'tick').mockResolvedValue({ outcome: 'ok' })
    const uptime = vi.spyOn(UptimeMonitor.prototype, 'tick').mockResolvedValue({ outcome: 'ok', checks: 0 })
    const lines = watchLog()
    await runCron(hour + 7 * MINUTE_MS)
    expect(ledger.mock.calls).toEqual([[hour + 7 * MINUTE_MS]])
    expect(uptime.mock.calls).toEqual([[hour + 7 * MINUTE_MS]])
    const [tick, monitors] = ['tick', 'monitors_run'].map((name) => lines.find(({ event }) => event === name))
    expect(tick).toMatchObject({ request_id: expect.stringMatching(/^[0-9a-f-]{36}$/) })
    expect(monitors).toMatchObject({ request_id: tick?.request_id })
  })

  it('does not let the monitors wait for the alert rules, nor the reverse', async () => {
    const begun: string[] = []
    let finish = () => {}
    const both = new Promise<void>((resolve) => {
      finish = resolve
    })
    const begin = async (name: string) => {
      begun.push(name)
      if (begun.length === 2) finish()
      await both
    }
    vi.spyOn(AlertLedger.prototype, 'tick').mockImplementation(async () => {
      await begin('ledger')
      return { outcome: 'ok' }
    })
    vi.spyOn(UptimeMonitor.prototype, 'tick').mockImplementation(async () => {
      await begin('uptime')
      return { outcome: 'ok', checks: 0 }
    })
    await runCron(hour + 7 * MINUTE_MS)
    expect(begun.sort()).toEqual(['ledger', 'uptime'])
  })

  it('queries the business numbers at the beginning of an hour', async () => {
    vi.spyOn(AlertLedger.prototype, 'tick').mockResolvedValue({ outcome: 'ok' })
    vi.spyOn(UptimeMonitor.prototype, 'tick').mockResolvedValue({ outcome: 'ok', checks: 0 })
    await runCron(hour + 1 * MINUTE_MS)
    expect(EventQueue.prototype.refresh).not.toHaveBeenCalled()
    await runCron(hour)
    await vi.waitFor(() => expect(EventQueue.prototype.refresh).toHaveBeenCalledOnce(), PATIENCE)
    // The answers come to the metrics store under the names that the configuration declares.
    await vi.waitFor(async () => {
      await services.business?.queue().refresh()
      expect(await exposition()).toMatch(/^edgewatch_subscription_revenue_usd\{tier="growth"\} \d/m)
    }, PATIENCE)
  }, 30_000)
})
