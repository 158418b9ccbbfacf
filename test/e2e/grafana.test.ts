import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { Prometheus } from './prometheus.ts'
import { Sandbox } from './sandbox.ts'

interface Panel {
  readonly type: string
  readonly title: string
  readonly panels?: readonly Panel[]
  readonly targets?: readonly { readonly expr: string }[]
}

const read = (name: string) => readFileSync(new URL(`../../grafana/${name}`, import.meta.url), 'utf8')
const dashboard = JSON.parse(read('dashboard.json')) as { readonly panels: readonly Panel[] }
const alerts = parse(read('alerts.yaml')) as {
  readonly groups: readonly {
    readonly rules: readonly { title: string; data: readonly { model: { expr?: string } }[] }[]
  }[]
}

/** What Grafana fills in. The windows are short, for the sandbox has not run for long. */
const VARIABLES = { $__rate_interval: '30s', $__range: '1m', $job: '.*', $route: '.*', $slo: '0.999' }
const filledIn = (expr: string): string =>
  Object.entries(VARIABLES).reduce((text, [name, value]) => text.replaceAll(name, value), expr)

const panels = dashboard.panels.flatMap((panel) => (panel.type === 'row' ? (panel.panels ?? []) : [panel]))

const ANALYSIS = { type: 'analysis_completed', framework: 'CSRD', user_tier: 'growth', metrics_extracted: 12 }

const GAUGE = { name: 'queue.length', gauge: { dataPoints: [{ asInt: '7' }] } }
const OTLP = { resourceMetrics: [{ scopeMetrics: [{ metrics: [GAUGE] }] }] }

/** What an application sends. */
async function ingest(route: string, body: string, contentType: string): Promise<void> {
  const headers = { Authorization: 'Bearer sandbox-ingest-token', 'Content-Type': contentType }
  const response = await sandbox.fetch(route, { method: 'POST', headers, body })
  if (!response.ok) throw new Error(`${route}: ${response.status} ${await response.text()}`)
}

let sandbox: Sandbox
let prometheus: Prometheus

beforeAll(async () => {
  sandbox = await Sandbox.start()
  prometheus = await Prometheus.start(new URL(sandbox.url).host)
  await sandbox.tick()
  await sandbox.admin('/admin/metrics') // reads through the cache
  await sandbox.fetch('/health')
  await sandbox.admin('/admin/business/refresh', { method: 'POST' })
  await ingest('/events', JSON.stringify({ events: [ANALYSIS, ANALYSIS] }), 'application/json')
  await ingest('/metrics/job/backup', 'backup_size_bytes 42\n', 'text/plain')
  await ingest('/v1/metrics', JSON.stringify(OTLP), 'application/json')
})
afterAll(async () => {
  await prometheus?.close()
  await sandbox?.close()
})

describe('the Grafana dashboard', () => {
  it('has the four panels of the document, and some for each part', () => {
    const titles = panels.map(({ title }) => title)
    expect(titles).toEqual(
      expect.arrayContaining([
        'Request Rate',
        'Error Rate',
        'P95 Latency',
        'Cache Hit Rate',
        'Error Budget Left',
      ]),
    )
  })

  it.each(panels.map((panel) => [panel.title, panel] as const))(
    'shows something at %s',
    async (_title, panel) => {
      expect(panel.targets?.length).toBeGreaterThan(0)
      for (const { expr } of panel.targets ?? []) {
        await vi.waitFor(async () => expect(await prometheus.query(filledIn(expr))).not.toEqual([]), {
          timeout: 45_000,
          interval: 1_000,
        })
      }
    },
  )

  it('is not misled by a cache hit rate that divides series by series', async () => {
    const { targets = [] } = panels.find(({ title }) => title === 'Cache Hit Rate')!
    const ratio = async () => (await prometheus.query(filledIn(targets[0]!.expr)))[0]?.[1] ?? Number.NaN
    await vi.waitFor(
      async () => {
        await sandbox.admin('/admin/metrics')
        const now = await ratio()
        expect(now).toBeGreaterThan(0)
        expect(now).toBeLessThan(1)
      },
      { timeout: 60_000, interval: 1_000 },
    )
  })
})

describe('the alert rules', () => {
  const rules = alerts.groups.flatMap((group) => group.rules)

  it.each(rules.map((rule) => [rule.title, rule] as const))(
    '%s can be asked of Prometheus',
    async (_title, rule) => {
      const expressions = rule.data.flatMap(({ model }) => (model.expr ? [model.expr] : []))
      expect(expressions.length).toBeGreaterThan(0)
      for (const expr of expressions) await expect(prometheus.query(expr)).resolves.toBeInstanceOf(Array)
    },
  )
})
