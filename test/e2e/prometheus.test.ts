import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Prometheus } from './prometheus.ts'
import { Sandbox } from './sandbox.ts'

let sandbox: Sandbox
let prometheus: Prometheus

beforeAll(async () => {
  sandbox = await Sandbox.start()
  prometheus = await Prometheus.start(new URL(sandbox.url).host)
})
afterAll(async () => {
  await prometheus?.close()
  await sandbox?.close()
})

describe('a real Prometheus', () => {
  it('counts as many requests as were sent', async () => {
    const sent = { '/': 300, '/health/live': 150, unmatched: 50 } // none that the sandbox itself asks for
    const requests = Object.entries(sent).flatMap(([route, times]) => Array<string>(times).fill(route))
    await inBatches(requests, 25, async (route) => {
      const path = route === 'unmatched' ? '/not-there' : route
      await (await sandbox.fetch(path, { headers: { Connection: 'close' } })).arrayBuffer()
    })

    await vi.waitFor(async () => expect(await requestsByRoute()).toMatchObject(sent), {
      timeout: 60_000,
      interval: 500,
    })
  })

  it('takes every scrape, as OpenMetrics', async () => {
    await vi.waitFor(async () => expect(await prometheus.query('up{job="edgewatch"}')).toEqual([[{}, 1]]), {
      timeout: 30_000,
    })
    expect(await prometheus.query('scrape_samples_scraped{job="edgewatch"} > 20')).toHaveLength(1)
    const response = await sandbox.scrape({
      Accept: 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5',
    })
    expect(response.headers.get('Content-Type')).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    )
    expect((await response.text()).endsWith('# EOF\n')).toBe(true)
  })

  it('scrapes with basic_auth as well', async () => {
    const basic = await Prometheus.start(new URL(sandbox.url).host, {
      basic_auth: { username: 'prometheus', password: 'sandbox-admin-token' },
    })
    try {
      await vi.waitFor(async () => expect(await basic.query('up{job="edgewatch"}')).toEqual([[{}, 1]]), {
        timeout: 30_000,
      })
    } finally {
      await basic.close()
    }
  })

  it('answers the queries of the documents', async () => {
    await sandbox.tick()
    const p95 = 'histogram_quantile(0.95, sum by (le) (edgewatch_api_request_duration_seconds_bucket))'
    await vi.waitFor(async () => expect(await prometheus.query(p95)).toEqual([[{}, expect.any(Number)]]), {
      timeout: 30_000,
    })
    await vi.waitFor(
      async () => expect(await prometheus.query('sum(edgewatch_dependency_up)')).toEqual([[{}, 2]]),
      {
        timeout: 30_000,
      },
    )
  })
})

describe('promtool', () => {
  it('has nothing to say about /metrics', async () => {
    const text = await (await sandbox.scrape()).text()
    expect(text).toContain('edgewatch_api_requests_total{')
    const said = execFileSync('promtool', ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
      stdio: 'pipe',
    })
    expect(said).toBe('')
  })
})

async function requestsByRoute(): Promise<Record<string, number>> {
  const samples = await prometheus.query('sum by (route) (edgewatch_api_requests_total)')
  return Object.fromEntries(samples.map(([{ route }, value]) => [route, value]))
}

async function inBatches<T>(items: T[], size: number, work: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += size) {
    await Promise.all(items.slice(start, start + size).map(work))
  }
}
