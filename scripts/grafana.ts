/** `npm run grafana`: writes Grafana's dashboard and alert rules. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { grafanaFiles } from './grafana/files.ts'

const folder = new URL('../grafana/', import.meta.url)
mkdirSync(folder, { recursive: true })
for (const [name, text] of Object.entries(grafanaFiles())) {
  writeFileSync(new URL(name, folder), text)
  console.log(`wrote grafana/${name}`)
}
