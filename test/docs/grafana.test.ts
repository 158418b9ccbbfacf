import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import written from '../../edgewatch.config.ts'
import { grafanaFiles } from '../../scripts/grafana/files.ts'

it.each(Object.entries(grafanaFiles()))('grafana/%s is what `npm run grafana` writes', (name, text) => {
  expect(readFileSync(new URL(`../../grafana/${name}`, import.meta.url), 'utf8')).toBe(text)
})

it('has the names of the metrics in the namespace of the configuration, and titles without it', () => {
  const files = grafanaFiles({ ...written, metrics: { namespace: 'esg' } })
  const text = Object.values(files).join('\n')
  for (const name of [
    'esg_api_requests_total',
    'esg_cache_operations_total',
    'esg_analysis_by_framework_total',
  ])
    expect(text).toContain(name)
  expect(text).not.toContain('edgewatch_api_')
  const titles = [...files['dashboard.json']!.matchAll(/"title": "(.*)"/g)].map(([, title]) => title)
  expect(titles).toEqual(expect.arrayContaining(['Analysis by Framework', 'Metrics Extracted', 'Customers']))
  expect(titles.filter((title) => /esg/i.test(title!))).toEqual([])
})

it('asks in its alerts for as many requests as a rule wants', () => {
  const rule = {
    id: 'errors',
    signal: 'error_ratio',
    operator: '>',
    threshold: 0.05,
    severity: 'info',
    summary: 's',
  }
  const alerts = (more: object) => grafanaFiles({ alerts: { rules: [{ ...rule, ...more }] } })['alerts.yaml']
  expect(alerts({ minRequests: 20, over: '10m' })).toContain(
    'and on() (sum(increase(edgewatch_api_requests_total{route!=""}[10m])) >= 20)',
  )
  expect(alerts({})).not.toContain('and on()')
})
