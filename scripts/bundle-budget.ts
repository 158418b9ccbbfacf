import path from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Metafile } from 'esbuild'
import type { BuiltWorker } from './bundle.ts'

/** The most that the Worker's modules may weigh, in KiB gzip. */
export const BUDGET_KIB = {
  /** What an isolate evaluates before its first response: the main module and what it imports. */
  main: 180,
  all: 450,
} as const

/** Path prefixes of the inputs that an isolate must not evaluate before it needs them. */
const LAZY = [
  'node_modules/mongodb/',
  'node_modules/bson/',
  'node_modules/toucan-js/',
  'node_modules/@sentry/',
  'node_modules/@upstash/redis/',
  'node_modules/re2js/',
  'node_modules/json-p3/',
  'src/api-description.ts',
  'src/lib/openapi/document.ts',
  'src/config/schema.ts',
  'node_modules/zod/',
]

/** How much a built Worker weighs, compressed with gzip, in bytes. */
export interface Weight {
  readonly mainBytes: number
  readonly allBytes: number
}

/** See `Weight`. */
export function weigh({ modules, metafile }: BuiltWorker): Weight {
  const sizes = Object.entries(modules).map(
    ([name, text]) => [name, gzipSync(text, { level: 9 }).length] as const,
  )
  const main = evaluatedOutputs(metafile)
  const sum = (of: typeof sizes) => of.reduce((total, [, bytes]) => total + bytes, 0)
  return { mainBytes: sum(sizes.filter(([name]) => main.has(name))), allBytes: sum(sizes) }
}

/** Exceeded budgets and eager imports of a built Worker. */
export function weightMistakes(built: BuiltWorker, { mainBytes, allBytes } = weigh(built)): string[] {
  const over = (what: string, bytes: number, budgetKib: number) =>
    bytes > budgetKib * 1024
      ? [`${what}: ${(bytes / 1024).toFixed(1)} KiB gzip, the budget is ${budgetKib} KiB`]
      : []
  return [
    ...over('The main module with what it imports', mainBytes, BUDGET_KIB.main),
    ...over('All modules', allBytes, BUDGET_KIB.all),
    ...eagerImports(built.metafile),
  ]
}

/** The outputs that are evaluated at start: the main module and its static imports. */
function evaluatedOutputs({ outputs }: Metafile): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (output: string) => {
    const name = path.relative('dist', output)
    if (found.has(name)) return
    found.add(name)
    for (const { path: imported, kind } of outputs[output]?.imports ?? []) {
      if (kind !== 'dynamic-import' && imported in outputs) visit(imported)
    }
  }
  visit('dist/index.js')
  return found
}

/** For each lazy input in the main module, the shortest chain of imports that leads to it. */
function eagerImports({ inputs, outputs }: Metafile): string[] {
  const entry = outputs['dist/index.js']?.entryPoint ?? ''
  const main = evaluatedOutputs({ inputs, outputs })
  const evaluated = new Set([...main].flatMap((name) => Object.keys(outputs[`dist/${name}`]?.inputs ?? {})))
  const chains = new Map([[entry, [entry]]])
  for (const [from, chain] of chains) {
    for (const { path: imported, kind } of inputs[from]?.imports ?? []) {
      if (kind !== 'dynamic-import' && !chains.has(imported)) chains.set(imported, [...chain, imported])
    }
  }
  return LAZY.flatMap((lazy) => {
    const [chain] = [...chains.values()].filter((each) => {
      const last = each.at(-1)!
      return last.startsWith(lazy) && evaluated.has(last)
    })
    return chain ? [`${lazy} must be loaded with import(), but is imported: ${chain.join(' -> ')}`] : []
  })
}
