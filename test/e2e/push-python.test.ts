import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLASHING_NAMES, exposition, mistaken } from '../push/expositions.ts'
import { Sandbox } from './sandbox.ts'

const TOKEN = 'sandbox-ingest-token'

let sandbox: Sandbox
let python: string

beforeAll(async () => {
  python = pythonWithClient()
  sandbox = await Sandbox.start()
})
afterAll(() => sandbox?.close())

/** An interpreter that has Prometheus's client; Debian's own may be hidden by another one on PATH. */
function pythonWithClient(): string {
  const found = ['python3', '/usr/bin/python3'].find(
    (each) => spawnSync(each, ['-c', 'import prometheus_client']).status === 0,
  )
  if (found) return found
  throw new Error('no python3 has prometheus_client: run `apt-get install python3-prometheus-client`')
}

/** Runs a script, and gives what it prints. Throws with what it says where it fails. */
const run = (
  script: string,
  { env = {}, input = '' }: { env?: Record<string, string>; input?: string } = {},
) =>
  execFileSync(python, ['-c', script], {
    env: { ...process.env, ...env },
    input,
    encoding: 'utf8',
    stdio: 'pipe',
    timeout: 30_000,
  })

/** The Python of a page of the documentation. */
function exampleIn(page: string): string {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
  const [, example] = /```python\n([\s\S]*?)```/.exec(text) ?? []
  if (example === undefined) throw new Error(`${page} has no example in Python`)
  return example
}

const scrape = async (accept = 'text/plain') => (await sandbox.scrape({ Accept: accept })).text()

describe("Prometheus's client for Python", () => {
  it('pushes as docs/push.md shows', async () => {
    run(exampleIn('push.md').replace('http://127.0.0.1:8787', sandbox.url))
    expect(await scrape()).toContain(
      '# HELP backup_rows Rows saved.\n# TYPE backup_rows gauge\nbackup_rows{host="db1",instance="",job="backup"} 1200.0\n',
    )
  })

  it('pushes as docs/prometheus.md shows', async () => {
    const example = exampleIn('prometheus.md').replace('https://watch.example.com', sandbox.url)
    run(`INGEST_TOKEN = ${JSON.stringify(TOKEN)}\n${example}`)
    expect(await scrape()).toContain('backup_rows{instance="",job="backup"} 1200.0\n')
  })

  it('replaces, adds to and deletes a group whose labels hold a slash', async () => {
    const script = `
import os
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, Summary
from prometheus_client import delete_from_gateway, push_to_gateway, pushadd_to_gateway
from prometheus_client.exposition import basic_auth_handler

def auth(url, method, timeout, headers, data):
    return basic_auth_handler(url, method, timeout, headers, data, 'edgewatch', '${TOKEN}')

group = dict(job='nightly/backup', grouping_key={'path': '/var/lib', 'zone': 'Zürich'}, handler=auth)
url = os.environ['URL']

registry = CollectorRegistry()
size = Gauge('py_size_bytes', 'Size.', registry=registry)
size.set(float('inf'))
Counter('py_runs', 'Runs.', ['kind'], registry=registry).labels('full "x"\\\\\\n').inc(3)
Histogram('py_took_seconds', 'Took.', buckets=[1, 10], registry=registry).observe(5)
Summary('py_lag_seconds', 'Lag.', registry=registry).observe(2)
Info('py_build', 'Build.', registry=registry).info({'version': '1.0'})

for step in os.environ['STEPS'].split():
    if step == 'push': push_to_gateway(url, registry=registry, **group)
    if step == 'add': pushadd_to_gateway(url, registry=registry, **group)
    if step == 'forget': registry.unregister(size)
    if step == 'delete': delete_from_gateway(url, **group)
`
    const steps = (names: string) => run(script, { env: { URL: sandbox.url, STEPS: names } })
    steps('push')
    const labels = 'instance="",job="nightly/backup",path="/var/lib",zone="Zürich"'
    const text = await scrape()
    for (const sample of [
      `py_size_bytes{${labels}} +Inf`,
      'py_runs_total{instance="",job="nightly/backup",kind="full \\"x\\"\\\\\\n",path="/var/lib",zone="Zürich"} 3.0',
      `py_took_seconds_bucket{${labels},le="10.0"} 1.0`,
      `py_took_seconds_count{${labels}} 1.0`,
      `py_lag_seconds_sum{${labels}} 2.0`,
      'py_build_info{instance="",job="nightly/backup",path="/var/lib",version="1.0",zone="Zürich"} 1.0',
    ]) {
      expect(text).toContain(`${sample}\n`)
    }
    steps('forget add')
    expect(await scrape()).toContain('py_size_bytes{')
    steps('forget push')
    expect(await scrape()).not.toContain('py_size_bytes{')
    expect(await scrape()).toContain('py_runs_total{')
    steps('delete')
    expect(await scrape()).not.toContain('nightly/backup')
  })

  it('is told of a wrong token', () => {
    const example = exampleIn('push.md').replace('http://127.0.0.1:8787', sandbox.url)
    expect(() => run(example.replace(TOKEN, 'wrong'))).toThrow('401')
  })

  it.each([
    ['text', 'text/plain', 'prometheus_client.parser'],
    ['OpenMetrics', 'application/openmetrics-text;version=1.0.0', 'prometheus_client.openmetrics.parser'],
  ])('reads /metrics as %s', async (_, accept, parser) => {
    const script = `
import sys
from ${parser} import text_string_to_metric_families
print(len([sample for family in text_string_to_metric_families(sys.stdin.read()) for sample in family.samples]))
`
    const text = await scrape(accept)
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    expect(Number(run(script, { input: text }))).toBe(samples.length)
  })

  it('reads /metrics as OpenMetrics whatever was pushed, and so does promtool as text', async () => {
    const pushes = fc.sample(mistaken(exposition(CLASHING_NAMES), { min: 0, max: 1 }), {
      seed: 1,
      numRuns: 100,
    })
    const statuses = { 200: 0, 400: 0 }
    for (const [index, { contentType, text }] of pushes.entries()) {
      const { status } = await sandbox.fetch(`/metrics/job/generated/group/${index % 40}`, {
        method: 'PUT',
        headers: {
          Authorization: `Bearer ${TOKEN}`,
          'Content-Type': contentType || 'text/plain',
        },
        body: text,
      })
      expect([200, 400], text).toContain(status)
      statuses[status as 200 | 400]++
      if (index % 20 === 19) {
        run(
          'import sys\nfrom prometheus_client.openmetrics import parser\n' +
            'list(parser.text_string_to_metric_families(sys.stdin.read()))',
          {
            input: await scrape('application/openmetrics-text;version=1.0.0'),
          },
        )
      }
    }
    expect(statuses[200]).toBeGreaterThan(10)
    expect(statuses[400]).toBeGreaterThan(10)
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: await scrape(), encoding: 'utf8' })
    if (checked.error) console.log('promtool is not on PATH: the text format is not checked by it')
    else expect([0, 3], checked.stderr.slice(0, 500)).toContain(checked.status) // 3: names that lint dislikes
  })
})
