import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkConfig } from '../../src/config/load.ts'

test('the configuration in docs/business.md is one', () => {
  const text = readFileSync(new URL('../../docs/business.md', import.meta.url), 'utf8')
  const [, example] = /```ts\n(business: \{[\s\S]*?\n\})\n```/.exec(text) ?? []
  const config: unknown = Function(`return ({ ${example} })`)()
  expect(config).toHaveProperty('business.metrics')
  expect(() => checkConfig(config)).not.toThrow()
})
