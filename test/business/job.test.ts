import { describe, expect, it } from 'vitest'
import { askHourly } from '../../src/business/job.ts'
import { HOUR_MS, MINUTE_MS } from '../../src/lib/clock.ts'
import { NOON, recordingLogger } from '../metrics/harness.ts'

const HOUR = Math.floor(NOON / HOUR_MS) * HOUR_MS

describe('the cron', () => {
  it('has the queue ask once an hour', async () => {
    const asked: number[] = []
    for (let minute = 0; minute < 180; minute++) {
      const refresh = async () => {
        asked.push(minute)
        return { backlog: 0, maxBacklog: 0 }
      }
      // Runs are never quite punctual, and their time says when they were due.
      await askHourly(HOUR + minute * MINUTE_MS + 17, { refresh }, recordingLogger())
    }
    expect(asked).toEqual([0, 60, 120])
  })

  it('goes on where the queue is away', async () => {
    const log = recordingLogger()
    const refresh = async () => {
      throw new Error('the object is away')
    }
    await askHourly(HOUR, { refresh }, log)
    expect(log.lines).toMatchObject([{ level: 'error', event: 'business_refresh_failed' }])
  })
})
