import { describe, expect, it } from 'vitest'
import { TIMED_OUT, within } from '../../src/lib/deadline.ts'

describe('within a time limit', () => {
  it('gives what the work gives, and passes its rejection on', async () => {
    expect(await within(1000, Promise.resolve(7))).toEqual({ ok: true, value: 7 })
    await expect(within(1000, Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  })

  it('gives up, and leaves a late rejection unheard', async () => {
    const late = Promise.withResolvers<never>()
    expect(await within(0, late.promise)).toEqual({ ok: false, error: TIMED_OUT })
    late.reject(new Error('too late')) // unhandled, it would fail this run
    await new Promise((resolve) => setTimeout(resolve, 0))
  })
})
