// Run by wrangler before it starts or deploys the Worker: puts what browsers get of npm packages beside our own files.
import { copyFileSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

for (const file of ['uPlot.iife.min.js', 'uPlot.min.css']) {
  const target = fileURLToPath(new URL(`../public/assets/uplot/${file}`, import.meta.url))
  mkdirSync(dirname(target), { recursive: true })
  copyFileSync(fileURLToPath(import.meta.resolve(`uplot/dist/${file}`)), target)
}
