// wrangler runs this before it starts or deploys the Worker: bundles the Worker into `dist/`, and copies the browser files
// of npm packages to our own assets.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import written from '../edgewatch.config.ts'
import { compileConfig } from '../src/config/load.ts'
import { ConfigError } from '../src/config/mistakes.ts'
import { buildWorker } from './bundle.ts'

const DIST = fileURLToPath(new URL('../dist', import.meta.url))

try {
  const { modules, sourceMaps } = await buildWorker('src/index.ts', compileConfig(written))
  write({ ...modules, ...sourceMaps })
  copyAssets()
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  console.error(error.message)
  process.exitCode = 1
}

/** Makes `dist/` hold exactly these files. Unchanged files aren't touched, because wrangler watches them. */
function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(DIST, name)
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
    mkdirSync(path.dirname(file), { recursive: true })
    // Renamed into place, because wrangler may be reading it.
    const unfinished = `${file}.${process.pid}`
    writeFileSync(unfinished, text)
    renameSync(unfinished, file)
  }
  for (const entry of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    if (entry.isFile() && /\.js(\.map)?$/.test(file) && !(path.relative(DIST, file) in files)) {
      rmSync(file, { force: true })
    }
  }
}

function copyAssets(): void {
  for (const file of ['uPlot.iife.min.js', 'uPlot.min.css']) {
    const target = fileURLToPath(new URL(`../public/assets/uplot/${file}`, import.meta.url))
    mkdirSync(path.dirname(target), { recursive: true })
    copyFileSync(fileURLToPath(import.meta.resolve(`uplot/dist/${file}`)), target)
  }
}
