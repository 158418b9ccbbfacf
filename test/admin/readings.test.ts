import { expect, it } from 'vitest'
import { Readings } from '../../src/admin/readings.ts'
import { err, ok } from '../../src/lib/result.ts'
import { silentLogger } from '../health/silent-logger.ts'

it('does not wait for what hangs', async () => {
  const readings = new Readings({ log: silentLogger, clock: () => 7, timeoutMs: 10 })
  const hanging = () => new Promise<never>(() => {})
  expect(await readings.read('part', hanging)).toEqual({
    state: 'missing',
    reason: 'no answer within 0.01 s',
  })
  expect(await readings.read('part', async () => ok('value'))).toEqual({
    state: 'fresh',
    value: 'value',
    atMs: 7,
  })
  expect(await readings.read('part', hanging)).toMatchObject({ state: 'old', value: 'value', atMs: 7 })
})

it('keeps parts apart, and tells why one failed', async () => {
  const readings = new Readings({ log: silentLogger, clock: () => 7 })
  await readings.read('one', async () => ok(1))
  const refused = async () => err({ message: 'connection refused', retryable: true })
  expect(await readings.read('two', refused)).toEqual({ state: 'missing', reason: 'connection refused' })
  expect(await readings.read('one', refused)).toEqual({
    state: 'old',
    value: 1,
    atMs: 7,
    reason: 'connection refused',
  })
})
