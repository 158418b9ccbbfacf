import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { Location } from '../../src/config/locations.ts'
import { healthMonitor, mongoGateway, mongoWorker, servicesOf } from '../../src/services.ts'

const NAMESPACES = [
  'ALERT_LEDGER',
  'EVENT_QUEUE',
  'HEALTH_MONITOR',
  'INCIDENT_BOOK',
  'METRICS_STORE',
  'MONGO_GATEWAY',
  'PUSH_STORE',
  'UPTIME_MONITOR',
] as const

/** The objects that a deployment asks for, each with the hint it gives. */
async function askedFor(location: Location | undefined) {
  const asked = new Map<string, unknown>()
  const recorders = NAMESPACES.map((namespace) => {
    const getByName = (name: string, options: unknown) => {
      asked.set(`${namespace} ${name}`, options)
      return new Proxy({}, { get: () => async () => ({ windows: [], series: [] }) })
    }
    return [namespace, { getByName }]
  })
  const deployed: Env = { ...env, ...Object.fromEntries(recorders) }
  const services = servicesOf(deployed)
  Object.assign(services.config.service, { location })
  for (const stub of [healthMonitor, mongoGateway, mongoWorker]) stub(deployed)
  for (const stub of [services.ledger, services.incidentBook, services.uptime, services.pushed]) stub()
  services.business?.queue()
  await services.metrics.read({ windows: [], series: [] })
  return asked
}

describe('the Durable Objects', () => {
  it('are created near the configured location, and those without data move when it changes', async () => {
    const hint = { locationHint: 'weur' }
    expect(await askedFor('eu-west')).toEqual(
      new Map([
        ['ALERT_LEDGER singleton', hint],
        ['EVENT_QUEUE singleton', hint],
        ['HEALTH_MONITOR singleton-eu-west', hint],
        ['INCIDENT_BOOK singleton', hint],
        ['METRICS_STORE shard-0', hint],
        ['MONGO_GATEWAY singleton-eu-west', hint],
        ['MONGO_GATEWAY worker-eu-west', hint],
        ['PUSH_STORE singleton', hint],
        ['UPTIME_MONITOR singleton', hint],
      ]),
    )
  })

  it('are created near their first caller where no location is configured', async () => {
    const asked = await askedFor(undefined)
    expect(asked.size).toBe(9)
    for (const options of asked.values()) expect(options).toEqual({})
    expect([...asked.keys()]).toContain('MONGO_GATEWAY singleton')
  })
})
