import { expect, it } from 'vitest'
import type { CheckResult } from '../../src/monitors/model.ts'
import { CheckRunner } from '../../src/monitors/run.ts'

const ignore = () => {}
const quiet = {
  log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  errors: { report: ignore, checkIn: () => undefined },
  clock: () => 1_000,
  sleep: async () => {},
}

it('what is checked beside many that hang is known before those are checked again', async () => {
  const monitors = Array.from({ length: 20 }, (_, index) => `m${index}`)
  const never = new Promise<never>(() => {})
  const again = Promise.withResolvers<readonly string[]>()
  let calls = 0
  const runner = new CheckRunner()
  void runner.start([{ region: 'asia', shard: 0, monitors }], () => ({ timeoutMs: 10_000, recheck: true }), {
    ...quiet,
    prober: () => ({
      run: async (request) => {
        calls += 1
        if (calls === 2) {
          again.resolve(request.monitors)
          return never
        }
        return request.monitors.map((monitor): CheckResult => {
          const outcome = monitor === 'm19' ? 'up' : 'failed'
          return { monitor, region: request.region, atMs: 1_000, outcome }
        })
      },
    }),
  })
  expect(await again.promise).toEqual(monitors.slice(0, 19))
  expect(runner.take().map(({ monitor }) => monitor)).toEqual(monitors)
  expect([runner.isUnderWay('m0', 'asia'), runner.isUnderWay('m19', 'asia')]).toEqual([true, false])
})
