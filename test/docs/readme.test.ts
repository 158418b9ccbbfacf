import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkConfig } from '../../src/config/load.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const readme = read('README.md')

/** The names in the first column of a table, which begins with this head. */
function firstColumn(head: string): string[] {
  const [, table = ''] = readme.split(`| ${head} |`)
  const rows = (table.split('\n\n')[0] ?? '').split('\n').slice(2)
  return rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ''),
  )
}

describe('the README', () => {
  it('names every variable that the configuration and the environment use, and no other', () => {
    const used = new Set(
      [...read('edgewatch.config.ts').matchAll(/\$\{([A-Z_]+)/g)]
        .map(([, name]) => name ?? '')
        .filter((name) => name !== 'NAME'),
    )
    const reads = read('src/config/env.ts').matchAll(/\b(?:text|choice|tokens)\('([A-Z_]+)'/g)
    for (const [, name] of reads) used.add(name ?? '')
    expect(firstColumn('variable or secret').sort()).toEqual([...used].sort())
  })

  it('names scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    for (const command of firstColumn('command').filter((name) => name.startsWith('npm'))) {
      const name = command.replace(/^npm (run )?/, '')
      expect(scripts).toHaveProperty([name])
    }
  })

  it('shows a rule that is one', () => {
    const [, example = ''] = /```ts\n(\{[\s\S]*?\n\})\n```/.exec(readme) ?? []
    const rule: unknown = Function(`return (${example})`)()
    expect(() => checkConfig({ alerts: { rules: [rule] } })).not.toThrow()
  })

  it('names every package that the Worker depends on', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> }
    const [, worker = ''] = /In the Worker:([\s\S]*?)For development/.exec(readme) ?? []
    for (const name of Object.keys(dependencies)) expect(worker).toContain(name)
  })

  it('links to files that there are', () => {
    for (const [, path = ''] of readme.matchAll(/\]\((?!http)([^)]+)\)/g))
      expect(() => read(path)).not.toThrow()
  })
})
