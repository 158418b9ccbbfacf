import type { Context } from 'hono'
import { Hono } from 'hono'
import { accepts } from 'hono/accepts'
import type { DisabledPart } from '../config/fill.ts'
import type { Clock } from '../lib/clock.ts'
import type { HealthClient } from './client.ts'
import type { Service } from './documents.ts'
import { CONSIDERED, detailedDocument, healthDocument, readyDocument } from './documents.ts'
import { componentChecks, disabledNotes, HEALTH_JSON, healthJson } from './health-json.ts'
import type { Roles } from './model.ts'
import type { Status } from './status.ts'
import { check, overall } from './status.ts'

/** What the health routes need. */
export interface HealthRoutesSettings {
  readonly client: Pick<HealthClient, 'read'>
  readonly roles: Roles
  /** Parts of the configuration that are off for lack of a variable. They have no effect on any status. */
  readonly disabled: readonly DisabledPart[]
  readonly service: Service
  /** Who sees messages and numbers: holders of the admin token, or everybody. */
  readonly details: 'admin' | 'always'
  /** Whether the request carries a valid admin token. */
  readonly isAdmin: (c: Context) => Promise<boolean>
  readonly clock: Clock
}

/**
 * `/health`, `/health/ready`, `/health/live` and `/health/detailed`, as JSON of their own or, by `Accept`, as
 * `application/health+json`. 200 or, where the service is down, 503. `live` touches nothing outside.
 */
export function healthRoutes(settings: HealthRoutesSettings): Hono {
  const { client, roles, disabled, service, clock } = settings

  const examine = async (c: Context) => {
    const [facts, details] = await Promise.all([
      client.read(),
      settings.details === 'always' || settings.isAdmin(c),
    ])
    const now = clock()
    return { facts, details, now, checks: check(facts, roles, now) }
  }

  const routes = new Hono()

  routes.get('/health/live', (c) =>
    answer(c, 'healthy', { status: 'alive' }, () => healthJson('healthy', service)),
  )

  routes.get('/health', async (c) => {
    const { facts, checks, details, now } = await examine(c)
    const document = healthDocument(facts, checks, service, details)
    return answer(c, document.status, document, () => ({
      ...healthJson(document.status, service),
      checks: componentChecks(facts, checks, CONSIDERED.health, now, details),
    }))
  })

  routes.get('/health/ready', async (c) => {
    const { facts, checks, details, now } = await examine(c)
    const document = readyDocument(checks, details)
    // What is optional can fail without making us less ready.
    const status = document.status === 'ready' ? 'healthy' : 'unhealthy'
    return answer(c, status, document, () => ({
      ...healthJson(status, service),
      ...('reason' in document && { output: document.reason }),
      checks: componentChecks(facts, checks, CONSIDERED.ready, now, details),
    }))
  })

  routes.get('/health/detailed', async (c) => {
    const { facts, checks, details, now } = await examine(c)
    const status = overall(checks, CONSIDERED.detailed)
    return answer(c, status, detailedDocument(facts, checks, disabled, now, details), () => ({
      ...healthJson(status, service),
      ...(disabled.length > 0 && { notes: disabledNotes(disabled, details) }),
      checks: componentChecks(facts, checks, CONSIDERED.detailed, now, details),
    }))
  })

  return routes
}

function answer(c: Context, status: Status, document: object, draft: () => object): Response {
  // For who observes: a 503 here tells of something else that is down, and pages once as that.
  c.set('statusIsAnswer', true)
  c.header('Cache-Control', 'no-store')
  c.header('Vary', 'Accept', { append: true })
  const code = status === 'unhealthy' ? 503 : 200
  const type = accepts(c, {
    header: 'Accept',
    supports: ['application/json', HEALTH_JSON],
    default: 'application/json',
  })
  if (type !== HEALTH_JSON) return c.json(document, code)
  return c.body(JSON.stringify(draft()), code, { 'Content-Type': HEALTH_JSON })
}
