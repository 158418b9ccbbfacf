import { randomBytes } from 'node:crypto'
import { createRequire, isBuiltin } from 'node:module'
import type { Metafile } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import written from '../../edgewatch.config.ts'
import { type BuiltWorker, buildWorker } from '../../scripts/bundle.ts'
import { BUDGET_KIB, weigh, weightMistakes } from '../../scripts/bundle-budget.ts'
import { compileConfig } from '../../src/config/load.ts'

const config = compileConfig(written)

/** What an isolate must not evaluate before it needs it. */
const LAZY_PACKAGES = ['mongodb', 'bson', 'toucan-js', '@sentry', '@upstash/redis', 're2js', 'json-p3', 'zod']

type ImportKind = Metafile['inputs'][string]['imports'][number]['kind']

/** The inputs of a bundle in which each one imports the next, all in one main module. */
function chain(...links: readonly (readonly [input: string, kind?: ImportKind])[]): Metafile {
  const imports = (index: number) => {
    const next = links[index + 1]
    return next ? [{ path: next[0], kind: next[1] ?? ('import-statement' as const) }] : []
  }
  return {
    inputs: Object.fromEntries(links.map(([path], index) => [path, { bytes: 1, imports: imports(index) }])),
    outputs: {
      'dist/index.js': {
        bytes: 1,
        imports: [],
        exports: [],
        entryPoint: links[0]![0],
        inputs: Object.fromEntries(links.map(([path]) => [path, { bytesInOutput: 1 }])),
      },
    },
  }
}

const built = (metafile: Metafile, modules: Record<string, string> = { 'index.js': '' }): BuiltWorker => ({
  modules,
  sourceMaps: {},
  metafile,
})

/** A text that gzip makes about that large. */
const heavy = (kib: number) => randomBytes(kib * 1024).toString('base64')

describe('the built Worker', () => {
  let worker: BuiltWorker
  /** The inputs of what an isolate evaluates at its start. */
  let evaluated: Set<string>
  beforeAll(async () => {
    worker = await buildWorker('src/index.ts', config)
    const { outputs } = worker.metafile
    const atStart = new Set(['dist/index.js'])
    for (const output of atStart) {
      for (const { path, kind } of outputs[output]!.imports) {
        if (kind !== 'dynamic-import' && path in outputs) atStart.add(path)
      }
    }
    evaluated = new Set([...atStart].flatMap((output) => Object.keys(outputs[output]!.inputs)))
  }, 60_000)

  it.each(LAZY_PACKAGES)('has %s, but not in its main module', (name) => {
    const isOfPackage = (input: string) => input.startsWith(`node_modules/${name}/`)
    expect(Object.keys(worker.metafile.inputs).some(isOfPackage)).toBe(true)
    expect([...evaluated].filter(isOfPackage)).toEqual([])
  })

  it('stays within its budget', () => {
    expect(evaluated).toContain('src/app.ts')
    expect(weightMistakes(worker)).toEqual([])
    const { mainBytes, allBytes } = weigh(worker)
    expect(mainBytes).toBeGreaterThan(100 * 1024)
    expect(allBytes).toBeGreaterThan(mainBytes + 100 * 1024)
  })

  it("imports Node's modules, which no ES module can require", () => {
    const imports = Object.values(worker.metafile.outputs).flatMap(({ imports }) => imports)
    const pathsOf = (kind: ImportKind) => imports.filter((each) => each.kind === kind).map(({ path }) => path)
    expect(pathsOf('import-statement')).toContain('node:crypto')
    // The rest are optional packages of the MongoDB driver, which does without them.
    expect(pathsOf('require-call').filter(isBuiltin)).toEqual([])
  })

  it('prepares passwords as the package does, also those that are not ASCII', async () => {
    const inputs = Object.keys(worker.metafile.inputs)
    const [entry, ...others] = inputs.filter((each) => /saslprep\/dist\/(node|browser)\.js$/.test(each))
    expect(others).toEqual([])
    const { modules } = await buildWorker(entry!, config)
    expect(Object.keys(modules)).toEqual(['index.js'])
    const url = `data:text/javascript;base64,${Buffer.from(modules['index.js']!).toString('base64')}`
    const bundled = ((await import(/* @vite-ignore */ url)) as { default: Prepare }).default
    const require = createRequire(import.meta.url)
    const folder = require.resolve('@mongodb-js/saslprep').replace(/[^/]+$/, '')
    for (const variant of ['node.js', 'browser.js']) {
      const prepare = require(folder + variant) as Prepare
      for (const password of PASSWORDS) {
        expect(prepared(bundled, password), `${JSON.stringify(password)}, ${variant}`).toEqual(
          prepared(prepare, password),
        )
      }
    }
    expect(prepared(bundled, 'I\u00adX')).toBe('IX')
    expect(prepared(bundled, 'a\u00a0b')).toBe('a b')
    expect(prepared(bundled, '\ufb01\u2168')).toBe('fiIX')
    expect(prepared(bundled, '\u0007')).toMatch(/^Error: Prohibited/)
    expect(prepared(bundled, '\u0627\u0031')).toMatch(/^Error: /)
  })
})

type Prepare = (password: string) => string

function prepared(prepare: Prepare, password: string): string {
  try {
    return prepare(password)
  } catch (error) {
    return String(error)
  }
}

/** One of each rule of https://www.rfc-editor.org/rfc/rfc4013, and one character of each block of the first planes. */
const PASSWORDS = [
  '',
  'pencil',
  'USER',
  'I\u00adX', // a soft hyphen is mapped to nothing
  'a\u200bb\ufeff',
  'a\u00a0b\u3000c\u2003', // spaces that are not ASCII
  '\u00aa\u2168\ufb01', // changed by NFKC
  'e\u0301\u1e9b\u0323',
  'пароль',
  '密码',
  '가각',
  '🔑',
  '\u0007', // prohibited
  'a\u0340',
  '\ue000',
  '\ufffd',
  '\u{e0001}',
  '\u06271', // right to left, but ends otherwise
  '\u0627\u0031\u0628',
  '\u0627a\u0628',
  'שלום',
  '\u0221', // unassigned in Unicode 3.2
  ...Array.from({ length: 0x300 }, (_, block) => block * 0x100 + 0x41)
    .filter((code) => code < 0xd800 || code > 0xdfff)
    .map((code) => String.fromCodePoint(code)),
]

describe('the budget of the bundle', () => {
  it('refuses what must be loaded late, and names the imports that lead to it', () => {
    const metafile = chain(['src/index.ts'], ['src/app.ts'], ['node_modules/re2js/build/index.js'])
    expect(weightMistakes(built(metafile))).toEqual([
      'node_modules/re2js/ must be loaded with import(), but is imported: ' +
        'src/index.ts -> src/app.ts -> node_modules/re2js/build/index.js',
    ])
  })

  it('names the shortest chain of several', () => {
    const metafile = chain(
      ['src/index.ts'],
      ['src/a.ts'],
      ['src/b.ts'],
      ['node_modules/re2js/build/index.js'],
    )
    metafile.inputs['src/index.ts']!.imports.push({ path: 'src/b.ts', kind: 'import-statement' })
    expect(weightMistakes(built(metafile))).toEqual([
      expect.stringContaining(': src/index.ts -> src/b.ts -> node_modules/re2js/build/index.js'),
    ])
  })

  it('refuses it too in a chunk that the main module imports', () => {
    const metafile = chain(['src/index.ts'], ['node_modules/zod/index.js'])
    const { inputs, ...main } = metafile.outputs['dist/index.js']!
    metafile.outputs = {
      'dist/index.js': {
        ...main,
        inputs: { 'src/index.ts': { bytesInOutput: 1 } },
        imports: [{ path: 'dist/chunks/a.js', kind: 'import-statement' }],
      },
      'dist/chunks/a.js': { bytes: 1, imports: [], exports: [], inputs },
    }
    expect(weightMistakes(built(metafile))).toEqual([expect.stringMatching(/^node_modules\/zod\/ must/)])
  })

  it('accepts what is loaded with import()', () => {
    const metafile = chain(['src/index.ts'], ['node_modules/re2js/build/index.js', 'dynamic-import'])
    expect(weightMistakes(built(metafile))).toEqual([])
  })

  it('refuses a main module, and modules, that are too large', () => {
    const metafile = chain(['src/index.ts'])
    const { main, all } = BUDGET_KIB
    expect(weightMistakes(built(metafile, { 'index.js': heavy(main - 20) }))).toEqual([])
    expect(weightMistakes(built(metafile, { 'index.js': heavy(main + 1) }))).toEqual([
      expect.stringMatching(/^The main module .* KiB gzip, the budget is 180 KiB$/),
    ])
    expect(weightMistakes(built(metafile, { 'index.js': '', 'chunks/a.js': heavy(all - 50) }))).toEqual([])
    expect(weightMistakes(built(metafile, { 'index.js': '', 'chunks/a.js': heavy(all + 1) }))).toEqual([
      expect.stringMatching(/^All modules: .* KiB gzip, the budget is 450 KiB$/),
    ])
  })
})
