import { describe, expect, it } from 'vitest'
import { disabledParts, withoutLinks } from '../../src/config/disabled.ts'
import { readEnvironment } from '../../src/config/env.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { ConfigInput } from '../../src/config/schema.ts'

const partsOf = (written: ConfigInput, variables: Record<string, string> = {}) =>
  disabledParts(loadConfig(written, variables), readEnvironment(variables))

const TOKENS = { ADMIN_TOKEN: 'admin' }

describe('what is switched off', () => {
  it('is each part that lacks a variable, with its name', () => {
    const mongodb = { uri: '${MONGODB_URI}', whenUnset: 'disable' } as const
    expect(partsOf({ mongodb }, TOKENS)).toEqual([{ part: 'mongodb', missing: ['MONGODB_URI'] }])
    expect(partsOf({ mongodb }, { ...TOKENS, MONGODB_URI: 'mongodb://db.test/shop' })).toEqual([])
    expect(partsOf({}, TOKENS)).toEqual([])
  })

  it('is the dashboard and the metrics without their tokens', () => {
    const admin = { part: 'admin', missing: ['ADMIN_TOKEN'] }
    expect(partsOf({})).toEqual([admin, { part: 'metrics', missing: ['METRICS_TOKEN'] }])
    expect(partsOf({}, { METRICS_TOKEN: 'scrape' })).toEqual([admin])
    expect(partsOf({ metrics: { public: true } })).toEqual([admin])
  })

  it('is what jobs and applications report, where it is declared and has no token', () => {
    const heartbeat = { name: 'Backup', type: 'heartbeat', every: 86_400, grace: 60 } as const
    const business = {
      metrics: [{ name: 'orders_total', type: 'counter', help: 'Orders.' } as const],
      events: { user_activity: [{ metric: 'orders_total' }] },
    }
    expect(partsOf({ monitors: [heartbeat], business }, TOKENS)).toEqual([
      { part: 'heartbeats', missing: ['HEARTBEAT_TOKEN'] },
      { part: 'events', missing: ['INGEST_TOKEN'] },
    ])
    const all = { ...TOKENS, HEARTBEAT_TOKEN: 'beat', INGEST_TOKEN: 'ingest' }
    expect(partsOf({ monitors: [heartbeat], business }, all)).toEqual([])
  })

  it('can be had without the links of the dashboard, without which nothing stops', () => {
    const links = [{ name: 'Grafana', url: '${GRAFANA_URL}', whenUnset: 'disable' } as const]
    const parts = partsOf({ links })
    expect(parts).toContainEqual({ part: 'links.Grafana', missing: ['GRAFANA_URL'] })
    expect(withoutLinks(parts).map(({ part }) => part)).toEqual(['admin', 'metrics'])
  })
})
