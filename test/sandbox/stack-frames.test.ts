import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withSourceFrames } from '../../sandbox/inbox/sentry.ts'
import { type FindModule, mapStackFrames, modulesIn } from '../../sandbox/stack-frames.ts'

const SOURCE = `class Store {
  flush(): void {
    throwIt('${'x'.repeat(20)}')
  }
}
function throwIt(message: string): never {
  const unrelated = message.length
  throw new TypeError(message + unrelated)
}
export const run = (): void => new Store().flush()
export const runAnonymous = (): unknown => [1].map(() => throwIt('anonymous'))
`

let root: string
let findModule: FindModule

beforeAll(async () => {
  root = mkdtempSync(path.join(os.tmpdir(), 'edgewatch-test-'))
  await buildFrom(SOURCE)
  findModule = modulesIn(path.join(root, 'dist'))
})

afterAll(() => rmSync(root, { recursive: true, force: true }))

async function buildFrom(source: string): Promise<void> {
  mkdirSync(path.join(root, 'src'), { recursive: true })
  writeFileSync(path.join(root, 'src/store.ts'), source)
  await build({
    absWorkingDir: root,
    // Two entries, so that the code of both is in a chunk.
    entryPoints: { index: 'src/store.ts', other: 'src/store.ts' },
    outdir: 'dist',
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/code',
    format: 'esm',
    minify: true,
    sourcemap: true,
  })
}

/** What V8 says of an error that the built code throws: in a process of its own, since vitest maps frames itself. */
async function stackOf(call: 'run' | 'runAnonymous'): Promise<string> {
  const url = pathToFileURL(path.join(root, 'dist/index.js'))
  const script = `const { ${call} } = await import('${url}')
    try { ${call}() } catch ({ stack }) { console.log(stack) }`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  return stdout
}

const framesOf = (stack: string) =>
  stack
    .split('\n')
    .slice(1)
    .map((line) => line.trim())

test('frames get the file, line and function of the sources', async () => {
  const stack = await stackOf('run')
  expect(stack).not.toContain('throwIt')
  expect(stack).toContain('dist/chunks/code.js:1:')
  const mapped = mapStackFrames(stack, findModule)
  expect(framesOf(mapped).slice(0, 3)).toEqual([
    'at throwIt (src/store.ts:8:9)',
    'at Store.flush (src/store.ts:3:5)',
    'at run (src/store.ts:10:44)',
  ])
})

test('anonymous functions are mapped, and modules as Cloudflare names them', async () => {
  const stack = (await stackOf('runAnonymous')).replaceAll(/file:\/\/\S*\/dist\//g, '')
  const frames = framesOf(mapStackFrames(stack, findModule))
  expect(frames[0]).toBe('at throwIt (src/store.ts:8:9)')
  expect(frames[1]).toBe('at src/store.ts:11:58')
  expect(frames[2]).toMatch(/^at Array\.map \(/)
})

test('frames within a line of JSON are mapped, and it stays JSON', async () => {
  const stack = await stackOf('run')
  const line = `2026-11-29 | ERROR | ${JSON.stringify({ error: { stack } })}`
  const { error } = JSON.parse(mapStackFrames(line, findModule).slice('2026-11-29 | ERROR | '.length))
  expect(error.stack).toBe(mapStackFrames(stack, findModule))
  expect(error.stack).toContain('at Store.flush (src/store.ts:3:5)')
})

test.each([
  'at chunks/unknown.js:1:2',
  'at fetch (node:internal/deps/undici:1:2)',
  'at run (file:///elsewhere/node_modules/pkg/index.js:1:20)',
  'at run (src/store.ts:10:44)',
  'at index.js:9999:1',
  'GET /index.js:1:2',
  'looked at 12:30 (a.js)',
])('%s stays', (text) => {
  expect(mapStackFrames(text, findModule)).toBe(text)
})

test('what Sentry gets is mapped, also within texts', async () => {
  const stack = await stackOf('run')
  const [, name, file, line, column] = /at (\S+) \(file:\/\/(\S+\.js):(\d+):(\d+)/.exec(stack)!
  const frame = { filename: file, lineno: Number(line), colno: Number(column), function: name, in_app: true }
  const body = { items: [{ payload: { frames: [frame, { function: 'native' }], stack } }] }
  expect(withSourceFrames(body, findModule)).toEqual({
    items: [
      {
        payload: {
          frames: [
            { filename: 'src/store.ts', lineno: 8, colno: 9, function: 'throwIt', in_app: true },
            { function: 'native' },
          ],
          stack: mapStackFrames(stack, findModule),
        },
      },
    ],
  })
})

test('a rebuilt module is read anew', async () => {
  await buildFrom(`\n\n${SOURCE}`)
  try {
    expect(mapStackFrames(await stackOf('run'), findModule)).toContain('at throwIt (src/store.ts:10:9)')
  } finally {
    await buildFrom(SOURCE)
  }
})
