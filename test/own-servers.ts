import { afterAll, inject } from 'vitest'

type Fault =
  | { readonly mode: 'down' | 'hang' | 'slow' | 'wrong-body' }
  | { readonly mode: 'error'; readonly status?: number; readonly retryAfterSeconds?: number }
type FaultName = 'target' | 'control' | 'mongodb' | 'redis' | 'slack' | 'pagerduty' | 'webhook' | 'sentry'

/** Servers of one test file: what it breaks breaks for nobody else. */
export interface OwnServers {
  readonly vars: Readonly<Record<string, string>>
  readonly inboxUrl: string
  breakServer(name: FaultName, fault: Fault): Promise<void>
  mendServer(name: FaultName): Promise<void>
}

/** A replica set of three members, so far away. It ends with the test file. */
export async function startReplicaSet({ roundTripMs = 0 } = {}) {
  const controlUrl = inject('controlUrl')
  const started = await fetch(`${controlUrl}/replica-set?roundTripMs=${roundTripMs}`, { method: 'POST' })
  const address = new URL(started.headers.get('Location') ?? '', controlUrl)
  afterAll(async () => {
    await fetch(address, { method: 'DELETE' })
  })
  return {
    uri: await started.text(),
    /** The most connections that were open at the same time, to all members. */
    mostConnections: async () => Number(await (await fetch(address)).text()),
  }
}

/** Starts a MongoDB, a Redis, a target and an inbox of their own for a test file; they end with it. */
export async function startOwnServers(): Promise<OwnServers> {
  const controlUrl = inject('controlUrl')
  const started = await fetch(controlUrl, { method: 'POST' })
  if (started.status !== 201) throw new Error(`no servers: ${await started.text()}`)
  afterAll(async () => {
    await fetch(new URL(started.headers.get('Location') ?? '', controlUrl), { method: 'DELETE' })
  })
  const { vars, inboxUrl } = (await started.json()) as Pick<OwnServers, 'vars' | 'inboxUrl'>
  const change = async (name: FaultName, init: RequestInit) => {
    const response = await fetch(`${inboxUrl}/faults/${name}`, init)
    if (!response.ok) throw new Error(await response.text())
  }
  return {
    vars,
    inboxUrl,
    breakServer: (name, fault) => change(name, { method: 'POST', body: JSON.stringify(fault) }),
    mendServer: (name) => change(name, { method: 'DELETE' }),
  }
}
