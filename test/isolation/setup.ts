import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterAll, afterEach, beforeAll, vi } from 'vitest'
import '@upstash/redis/cloudflare'
import 'toucan-js'
import '../../src/api-description.ts'
import * as worker from '../../src/index.ts'
import '../../src/lib/openapi/document.ts'
import '../../src/lib/pattern.ts'
import '../../src/lib/zod.ts'
import '../../src/monitors/json-assertion.ts'
import { servicesOf } from '../../src/services.ts'
import '../../src/vendors/mongodb/driver.ts'
import { takeDeployed } from '../app/deployed.ts'
import { type Shared, SharedState } from './shared-state.ts'

// Test files share a Worker. Each one starts with empty Durable Objects, and leaves the Worker as it found it or fails.
// What the Worker loads with `import()` is loaded here before: vitest makes two objects that import a module at the same
// time wait for one promise, which workerd forbids, and which the deployed Worker doesn't do.

const { default: handlers, ...classes } = worker

/** Everything that a test file could change for the next one. */
const shared: readonly Shared[] = [
  ['globalThis', globalThis],
  ['env', env],
  ['env.ANALYTICS', env.ANALYTICS],
  ['env.AUTH_LIMIT', env.AUTH_LIMIT],
  ['env.ERROR_LIMIT', env.ERROR_LIMIT],
  ['console', console],
  ['Math', Math],
  ['Date', Date],
  ['crypto', crypto],
  ['performance', performance],
  ['AbortSignal', AbortSignal],
  ['services', servicesOf(env)],
  ['worker', handlers],
  ...Object.entries(classes).map(([name, { prototype }]) => [`${name}.prototype`, prototype] as const),
]

let before: SharedState

beforeAll(async () => {
  await reset()
  before = new SharedState(shared)
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

afterAll(async () => {
  // Counts that nobody has handed over yet would reach the metrics store while the next file runs.
  await Promise.all([servicesOf(env), ...takeDeployed()].map(({ recorder }) => recorder.flush()))
  const changed = before.restore()
  if (changed.length > 0) throw new Error(`this file changed shared state: ${changed.join(', ')}`)
})
