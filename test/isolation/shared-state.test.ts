import { expect, it, vi } from 'vitest'
import { SharedState } from './shared-state.ts'

it('names what was changed, added and removed, and undoes it', () => {
  const original = () => 'original'
  const variables: Record<string, unknown> = { LOG_LEVEL: 'info', ADMIN_TOKEN: 'a' }
  const prototype = { settings: original }
  const state = new SharedState([
    ['env', variables],
    ['Store.prototype', prototype],
  ])

  variables.LOG_LEVEL = 'error'
  variables.MORE = 'x'
  delete variables.ADMIN_TOKEN
  vi.spyOn(prototype, 'settings')
  expect(state.restore().sort()).toEqual([
    'Store.prototype.settings',
    'env.ADMIN_TOKEN',
    'env.LOG_LEVEL',
    'env.MORE',
  ])
  expect(variables).toEqual({ LOG_LEVEL: 'info', ADMIN_TOKEN: 'a' })
  expect(prototype.settings).toBe(original)
  expect(state.restore()).toEqual([])
})

it('sees a replaced global function', () => {
  const state = new SharedState([['globalThis', globalThis]])
  const real = globalThis.setTimeout
  Object.assign(globalThis, { setTimeout: () => 0 })
  expect(state.restore()).toEqual(['globalThis.setTimeout'])
  expect(globalThis.setTimeout).toBe(real)
})
