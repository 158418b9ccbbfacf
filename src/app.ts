import { waitUntil } from 'cloudflare:workers'
import compiledConfig from 'edgewatch:config'
import type { Context } from 'hono'
import { Hono } from 'hono'
import { TrieRouter } from 'hono/router/trie-router'
import { AdminAuth } from './admin/auth.ts'
import { errorPages } from './admin/error-page.tsx'
import { pageHeaders } from './admin/page-headers.ts'
import { dashboardPages } from './admin/pages/routes.ts'
import { adminRoutes } from './admin/routes.ts'
import { Sessions } from './admin/sessions.ts'
import { keepForms, signInRoutes, signOutRoutes } from './admin/sign-in.tsx'
import { alertRoutes } from './alerts/routes.ts'
import { alertsOf } from './alerts/settings.ts'
import { businessRoutes, eventRoutes } from './business/routes.ts'
import { withoutLinks } from './config/disabled.ts'
import { describeConfig } from './config/fill.ts'
import { publicMonitorIds } from './config/public-monitors.ts'
import { healthRoutes } from './health/routes.ts'
import { home } from './home.tsx'
import { incidentRoutes } from './incidents/routes.ts'
import { SECOND_MS, systemClock } from './lib/clock.ts'
import { renderError, renderUnmatched } from './lib/http-answers.ts'
import { newId } from './lib/ids.ts'
import { limitBody } from './lib/limit-body.ts'
import { responseHeaders } from './lib/response-headers.ts'
import { timeLimit } from './lib/time-limit.ts'
import { TokenGuard } from './lib/token-guard.ts'
import { requestContext, runWithContext } from './logging/context.ts'
import { metricsRoutes } from './metrics/routes.ts'
import { heartbeatRoutes, monitorRoutes } from './monitors/routes.ts'
import type { ObserveVariables } from './observe/middleware.ts'
import { isFailure, observe } from './observe/middleware.ts'
import { routeTemplate } from './observe/route.ts'
import { openApi } from './openapi.ts'
import { isPushPath, pushedRoutes, pushRoutes } from './push/routes.ts'
import type { Services } from './services.ts'
import { statusRoutes } from './status/routes.ts'

/** Longer than anything an admin route asks for may take: a test of a receiver has 10 s. */
const ADMIN_TIMEOUT_MS = 15 * SECOND_MS

/** What `/test/error` raises. */
class TestError extends Error {
  override readonly name = 'TestError'
}

/** The HTTP side of the service: what goes around every request, and which routes there are. */
export function createApp(services: Services): Hono<{ Variables: ObserveVariables }> {
  const { env, config, environment, log, errors, catalog, recorder } = services
  const sessions = new Sessions({ tokens: environment.adminTokens, clock: systemClock, newId })
  const tokenLimits = { wrongTokenLimit: env.AUTH_LIMIT, clock: systemClock }
  const auth = new AdminAuth({
    guard: new TokenGuard({ purpose: 'admin', tokens: environment.adminTokens, ...tokenLimits }),
    sessions,
  })
  const heartbeatGuard = new TokenGuard({
    purpose: 'heartbeat',
    tokens: environment.heartbeatTokens,
    ...tokenLimits,
  })
  const ingestGuard = new TokenGuard({
    purpose: 'ingest',
    tokens: environment.ingestTokens,
    takesPasswords: true,
    ...tokenLimits,
  })
  const metricsGuard = new TokenGuard({
    purpose: 'metrics',
    tokens: environment.metricsTokens,
    takesPasswords: true,
    ...tokenLimits,
  })
  // Hono's default first builds a router that can't take these routes, and then this one.
  const app = new Hono<{ Variables: ObserveVariables }>({ router: new TrieRouter() })

  app.use(
    observe({
      clock: systemClock,
      recorder,
      // Accounts without Analytics Engine deploy without the binding.
      ...(env.ANALYTICS && {
        analytics: {
          dataset: env.ANALYTICS,
          labels: { environment: environment.name, deployment: env.VERSION.id },
        },
      }),
      log,
      slowMs: config.observe.slowMs,
      withContext: (c, requestId, work) => runWithContext(requestContext(requestId, c.req.raw), work),
    }),
  )
  app.use('/admin/*', pageHeaders, errorPages(config.service.name))
  app.use(responseHeaders())
  // Hono renders only errors; whatever else is thrown would pass by everything above.
  app.use((_, next) =>
    next().catch((thrown) => {
      throw thrown instanceof Error ? thrown : new Error('A non-Error value was thrown', { cause: thrown })
    }),
  )
  const limit = limitBody(config.observe.maxBodyBytes)
  // Pushes have a limit of their own.
  app.use((c, next) => (c.req.raw.body === null || isPushPath(c.req.path) ? next() : limit(c, next)))

  app.get('/', home(services, environment))
  app.get('/openapi.json', openApi(app, config.service))
  app.route(
    '/',
    healthRoutes({
      client: services.health,
      roles: services.roles,
      disabled: withoutLinks(services.disabled),
      service: {
        name: config.service.name,
        version: config.service.version,
        environment: environment.name,
        releaseId: env.VERSION.id,
      },
      details: config.health.details,
      isAdmin: (c) => auth.isAdmin(c),
      clock: systemClock,
    }),
  )

  app.route('/', statusRoutes({ reader: services.status, config, waitUntil }))

  const report = (c: Context, error: unknown) =>
    errors.report(error, { tags: { route: routeTemplate(c), method: c.req.method } })
  app.use((c, next) =>
    next().then(() => {
      if (isFailure(c) && !c.error) report(c, new Error(`answered with ${c.res.status}`))
    }),
  )

  // Before the routes under /metrics, which ask for another token.
  app.route(
    '/',
    pushRoutes({
      store: services.pushed,
      guard: ingestGuard,
      log,
      recorder,
      catalog,
    }),
  )
  app.route(
    '/metrics',
    metricsRoutes({
      store: services.exposed,
      catalog,
      guard: metricsGuard,
      anonymous: config.metrics.public ? { monitors: publicMonitorIds(config.monitors) } : undefined,
      cacheEnabled: config.redis !== undefined,
      log,
    }),
  )

  app.use('/heartbeat/*', heartbeatGuard.required)
  app.route('/heartbeat', heartbeatRoutes(services.uptime, log))

  const businessSettings = { business: services.business, catalog, recorder, clock: systemClock, log }
  app.use('/events/*', ingestGuard.required)
  app.route('/events', eventRoutes(businessSettings))

  const api = new Hono()
    .route(
      '/',
      incidentRoutes({
        incidents: services.incidents,
        book: services.incidentBook,
        monitors: config.monitors,
        clock: systemClock,
      }),
    )
    .route('/', monitorRoutes({ monitors: config.monitors, uptime: services.uptime, clock: systemClock }))
  const pages = dashboardPages({
    ...services,
    api,
    mongodb: config.mongodb && services.mongodb,
    described: () => describeConfig(compiledConfig, env as unknown as Record<string, unknown>),
    clock: systemClock,
  })
  const signIn = { auth, sessions, service: config.service.name, reopen: pages.reopen }
  app.route('/admin', signInRoutes(signIn))
  app.use('/admin/pages/*', keepForms(signIn))
  app.use('/admin/*', auth.required, timeLimit(ADMIN_TIMEOUT_MS))
  app.route('/admin', signOutRoutes(sessions))
  app.route('/admin', pages.routes)
  app.route(
    '/admin',
    adminRoutes({
      ...services,
      mongodb: config.mongodb && services.mongodb,
      cacheEnabled: config.redis !== undefined,
      clock: systemClock,
    }),
  )
  app.route(
    '/admin',
    alertRoutes({
      ledger: services.ledger,
      alerts: alertsOf({ alerts: config.alerts, monitors: { configured: config.monitors } }).map(
        ({ alert }) => alert,
      ),
      clock: systemClock,
    }),
  )
  app.route('/admin', api)
  app.route('/admin', pushedRoutes(services.pushed))
  app.route('/admin', businessRoutes(businessSettings))
  app.get('/test/error', auth.required, () => {
    throw new TestError('Test error for Sentry monitoring')
  })

  app.onError((error, c) => {
    const response = renderError(error, c)
    if (response.status >= 500 && !c.get('statusIsAnswer')) {
      log.error('request_failed', { route: routeTemplate(c), status: response.status, error })
      report(c, error)
    }
    if (error instanceof TestError) c.set('statusIsAnswer', true) // reported like any other, but nobody is paged
    return response
  })
  app.notFound(renderUnmatched(app))
  return app
}
