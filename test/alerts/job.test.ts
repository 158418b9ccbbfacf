import { afterEach, describe, expect, it, vi } from 'vitest'
import { runTick } from '../../src/alerts/job.ts'
import type { TickResult } from '../../src/alerts/ledger.ts'

/** Runs the job over a ledger that does `tick`; what was told, in order. */
async function run(tick: () => Promise<TickResult>) {
  const told: string[] = []
  const reported: unknown[] = []
  const line = (event: string) => void told.push(event)
  await runTick(
    7,
    { tick },
    {
      log: { debug: line, info: line, warn: line, error: line },
      errors: {
        report: (error) => void reported.push(error),
        checkIn: (slug, status, id) => {
          told.push(`${slug} ${status}${id === undefined ? '' : ` ${id}`}`)
          return 'check-in-1'
        },
      },
    },
  )
  return { told, reported }
}

describe('the cron', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it.each([
    ['ok', 'ok'],
    ['partial', 'ok'],
    ['refused', 'ok'],
    ['error', 'error'],
  ] as const)('checks in around a run that is %s', async (outcome, status) => {
    const { told, reported } = await run(async () => ({ outcome }))
    expect(told).toEqual(['edgewatch-tick in_progress', 'tick', `edgewatch-tick ${status} check-in-1`])
    expect(reported).toEqual([])
  })

  it('reports a ledger that fails', async () => {
    const { told, reported } = await run(() => Promise.reject(new Error('overloaded')))
    expect(told).toEqual(['edgewatch-tick in_progress', 'tick_failed', 'edgewatch-tick error check-in-1'])
    expect(reported.map(String)).toEqual(['Error: overloaded'])
  })

  it('does not wait for ever for a ledger that hangs', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const done = run(() => new Promise(() => {}))
    await vi.advanceTimersByTimeAsync(55_000)
    expect((await done).reported.map(String)).toEqual(['Error: the alert ledger timed out'])
  })
})
