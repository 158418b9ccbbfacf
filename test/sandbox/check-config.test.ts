import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'

let project: string
beforeEach(() => {
  project = mkdtempSync(path.join(os.tmpdir(), 'edgewatch-config-'))
  for (const name of ['package.json', 'scripts']) cpSync(name, path.join(project, name), { recursive: true })
  for (const name of ['src', 'node_modules']) symlinkSync(path.resolve(name), path.join(project, name))
})
afterEach(() => rmSync(project, { recursive: true, force: true }))

const configure = (config: object) =>
  writeFileSync(
    path.join(project, 'edgewatch.config.ts'),
    `import { defineConfig } from './src/config/load.ts'\nexport default defineConfig(${JSON.stringify(config)})\n`,
  )
const run = (file: string, ...args: string[]) => promisify(execFile)(file, args, { cwd: project })

test.each(['dev', 'deploy'])(
  'npm run %s says what is wrong with the configuration, and nothing else',
  async (script) => {
    configure({ observe: { slowMs: 'soon' }, colour: 'red' })
    await expect(run('npm', 'run', '--silent', script)).rejects.toMatchObject({
      stdout: '',
      stderr: `edgewatch.config.ts has 2 mistakes:
  observe.slowMs: found "soon", expected number
  colour: found a key that does not exist, expected it to be left out or spelt otherwise
`,
    })
  },
)

test('the check says how much it found to be fine', async () => {
  configure({ monitors: [{ name: 'Shop', url: 'https://shop.example' }] })
  const { stdout, stderr } = await run(process.execPath, 'scripts/check-config.ts')
  expect([stdout, stderr]).toEqual(['edgewatch.config.ts is fine: 1 monitor, 0 rules\n', ''])
})
