import { builtinModules } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Metafile, type Plugin } from 'esbuild'
import type { CompiledConfig } from '../src/config/compiled.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The module that a compiled configuration is imported as. */
export const CONFIG_MODULE = 'edgewatch:config'

/** A module with this configuration, as JSON: V8 reads it faster than an object literal. */
export const configModule = (compiled: CompiledConfig): string =>
  `export default JSON.parse(${JSON.stringify(JSON.stringify(compiled))})`

const configPlugin = (config: CompiledConfig): Plugin => ({
  name: 'config',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^${CONFIG_MODULE}$`) }, () => ({ path: 'config', namespace: 'config' }))
    onLoad({ filter: /.*/, namespace: 'config' }, () => ({ contents: configModule(config) }))
  },
})

/** CommonJS packages require Node's modules, which an ES module can only import. */
const requiredBuiltins: Plugin = {
  name: 'required-builtins',
  setup({ onResolve, onLoad }) {
    const namespace = 'required-builtin'
    onResolve({ filter: new RegExp(`^(node:)?(${builtinModules.join('|')})$`) }, ({ path: name, kind }) =>
      kind === 'require-call' ? { path: name.replace(/^(node:)?/, 'node:'), namespace } : undefined,
    )
    onLoad({ filter: /.*/, namespace }, ({ path: name }) => ({
      contents: `import builtin from ${JSON.stringify(name)}\nmodule.exports = builtin`,
    }))
  },
}

/** A built Worker. */
export interface BuiltWorker {
  /** The modules by name, `index.js` first. */
  readonly modules: Readonly<Record<string, string>>
  /** Their source maps. */
  readonly sourceMaps: Readonly<Record<string, string>>
  readonly metafile: Metafile
}

/** Bundles `entry`, a path in the project, as it is deployed. Writes nothing. */
export async function buildWorker(entry: string, config: CompiledConfig): Promise<BuiltWorker> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { index: entry },
    outdir: 'dist',
    write: false,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    target: 'es2024',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    // Not `browser`: those builds of the MongoDB driver's dependencies are far larger.
    conditions: ['workerd', 'worker', 'node'],
    external: ['cloudflare:*', 'node:*', ...builtinModules],
    alias: { 'whatwg-url': './scripts/platform-url.js' },
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    minify: true,
    sourcemap: true,
    metafile: true,
    logLevel: 'warning',
    plugins: [configPlugin(config), requiredBuiltins],
  })
  const texts = new Map(
    outputFiles.map((file) => [path.relative(path.join(ROOT, 'dist'), file.path), file.text]),
  )
  const ending = (suffix: string) =>
    Object.fromEntries(
      [...texts].filter(([name]) => name.endsWith(suffix)).sort(([a]) => (a === 'index.js' ? -1 : 1)),
    )
  return { modules: ending('.js'), sourceMaps: ending('.js.map'), metafile }
}
