import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import written from '../../edgewatch.config.ts'
import { buildWorker } from '../../scripts/bundle.ts'
import { compileConfig } from '../../src/config/load.ts'

const wrangler = unstable_readConfig({ config: 'wrangler.toml' })

it("keeps Cloudflare's cache away from the Worker, whose checks of itself would be answered from it", () => {
  const { cache, exports = {} } = wrangler
  expect(cache?.enabled ?? false).toBe(false)
  for (const entrypoint of Object.values(exports)) {
    expect(entrypoint).not.toMatchObject({ cache: { enabled: true } })
  }
})

it('keeps log lines, and no invocation logs besides', () => {
  expect(wrangler.observability?.logs).toMatchObject({
    enabled: true,
    invocation_logs: false,
    head_sampling_rate: 1,
  })
})

it('uploads every module that the main module imports: wrangler attaches only what a rule names', async () => {
  const { modules } = await buildWorker('src/index.ts', compileConfig(written))
  const rules: readonly { readonly type: string; readonly globs: readonly string[] }[] = wrangler.rules
  const globs = rules.filter(({ type }) => type === 'ESModule').flatMap((rule) => rule.globs)
  const chunks = Object.keys(modules).filter((name) => name !== 'index.js')
  expect(chunks.length).toBeGreaterThan(0)
  expect(chunks.filter((name) => !globs.some((glob) => path.matchesGlob(name, glob)))).toEqual([])
})

it('has types of its bindings as npm run types writes them, from the sources and not from the bundle', () => {
  const project = mkdtempSync(path.join(os.tmpdir(), 'edgewatch-types-'))
  try {
    for (const name of ['edgewatch.config.ts', 'package.json', 'scripts', 'wrangler.toml']) {
      cpSync(name, path.join(project, name), { recursive: true })
    }
    for (const name of ['src', 'node_modules']) symlinkSync(path.resolve(name), path.join(project, name))
    execFileSync(process.execPath, ['scripts/types.ts'], { cwd: project })
    const types = readFileSync(path.join(project, 'worker-configuration.d.ts'), 'utf8')
    expect(types).toBe(readFileSync('worker-configuration.d.ts', 'utf8'))
    expect(types).toContain('import("./src/index").AlertLedger')
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
})
