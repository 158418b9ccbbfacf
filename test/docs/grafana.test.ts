import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { grafanaFiles } from '../../scripts/grafana/files.ts'

it.each(Object.entries(grafanaFiles()))('grafana/%s is what `npm run grafana` writes', (name, text) => {
  expect(readFileSync(new URL(`../../grafana/${name}`, import.meta.url), 'utf8')).toBe(text)
})
