import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const page = readFileSync(new URL('docs/platform.md', root), 'utf8')

it('the page about the platform names tests that there are, and leads to headings and files that there are', () => {
  const tests = [...page.matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) => path)
  expect(tests.length).toBeGreaterThan(5)
  expect(tests.filter((path) => !existsSync(new URL(path, root)))).toEqual([])

  const links = [...page.matchAll(/\]\((?!http)([^)]+)\)/g)].map(([, target = '']) => target)
  const headings = [...page.matchAll(/^## (.+)$/gm)].map(
    ([, text = '']) =>
      `#${text
        .toLowerCase()
        .replaceAll(/[^a-z0-9 ]/g, '')
        .replaceAll(' ', '-')}`,
  )
  const missing = links.filter((target) =>
    target.startsWith('#')
      ? !headings.includes(target)
      : !existsSync(new URL(target.replace(/#.*/, ''), new URL('docs/', root))),
  )
  expect(missing).toEqual([])
})
