import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { createApp } from '../../src/app.ts'
import { type Services, servicesOf } from '../../src/services.ts'

const VARIABLES = [
  'ADMIN_TOKEN',
  'INGEST_TOKEN',
  'METRICS_TOKEN',
  'HEARTBEAT_TOKEN',
  'MONGODB_URI',
  'UPSTASH_REDIS_REST_URL',
  'UPSTASH_REDIS_REST_TOKEN',
  'SENTRY_DSN',
  'PAGERDUTY_KEY',
  'SLACK_WEBHOOK_URL',
  'SLACK_MONITORING_WEBHOOK_URL',
  'WEBHOOK_URL',
  'WEBHOOK_SECRET',
]

const deployed: Services[] = []

/** The services of all apps that were deployed since the last call. */
export const takeDeployed = (): readonly Services[] => deployed.splice(0)

/** The app as it is deployed, with these variables and none of the sandbox's. */
export function deploy(variables: Record<string, unknown> = {}) {
  const bindings = Object.fromEntries(Object.entries(env).filter(([name]) => !VARIABLES.includes(name)))
  const services = servicesOf({ ...bindings, LOG_LEVEL: 'error', ...variables } as unknown as Env)
  deployed.push(services)
  const app = createApp(services)
  return {
    services,
    app,
    async request(path: string, init: RequestInit = {}) {
      const context = createExecutionContext()
      const response = await app.fetch(new Request(`http://edgewatch.test${path}`, init), env, context)
      void waitOnExecutionContext(context)
      return response
    },
  }
}

export const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })
