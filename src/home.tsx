import type { Context } from 'hono'
import { accepts } from 'hono/accepts'
import { raw } from 'hono/html'
import { withoutLinks } from './config/disabled.ts'
import type { Environment } from './config/env.ts'
import type { LoadedConfig } from './config/fill.ts'

interface Link {
  readonly path: string
  readonly tells: string
  readonly access: 'public' | 'token'
}

const linksOf = (metricsArePublic: boolean): readonly Link[] => {
  const metrics = metricsArePublic ? 'public' : 'token'
  return [
    { path: '/health', tells: 'Whether the service and what it needs are up', access: 'public' },
    { path: '/health/ready', tells: 'For load balancers: ready for requests or not', access: 'public' },
    { path: '/health/live', tells: 'For orchestrators: alive or not', access: 'public' },
    { path: '/health/detailed', tells: 'Every check, with numbers for admins', access: 'public' },
    { path: '/status', tells: 'The public status page', access: 'public' },
    { path: '/metrics', tells: 'For Prometheus', access: metrics },
    { path: '/metrics/cache', tells: 'Cache hits and misses', access: metrics },
    { path: '/admin', tells: 'The dashboard: sign in with an admin token', access: 'public' },
    { path: '/openapi.json', tells: 'The HTTP API, described', access: 'public' },
    { path: '/admin/metrics', tells: 'Requests by route, database, cache, scheduler', access: 'token' },
    { path: '/admin/business', tells: 'Active users, revenue by tier, use of frameworks', access: 'token' },
    { path: '/admin/alerts', tells: 'Alerts, incidents and what was delivered', access: 'token' },
    { path: '/admin/incidents', tells: 'Incidents, also those that people post', access: 'token' },
    { path: '/admin/monitors', tells: 'What is watched, and from where it is up or down', access: 'token' },
    { path: '/admin/maintenance', tells: 'Maintenance that was announced', access: 'token' },
    { path: '/admin/pushed', tells: 'What applications pushed, and when', access: 'token' },
    { path: '/admin/silences', tells: 'What is silenced, until when and why', access: 'token' },
  ]
}

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dee6, #333b46); --dim: light-dark(#57606a, #9aa5b1); --link: light-dark(#0b5cad, #7ab8ff) }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 3rem auto; padding: 0 1.25rem; background: light-dark(#fff, #12161b); color: light-dark(#1b1f24, #e8ecf1) }
h1 { font-size: 1.75rem; margin: 0 } h2 { font-size: 1rem; margin: 2rem 0 .5rem }
p { margin: .25rem 0 } .dim { color: var(--dim) }
ul { list-style: none; padding: 0; margin: 0; border-top: 1px solid var(--line) }
li { display: grid; grid-template-columns: 11rem 1fr; padding: .5rem 0; border-bottom: 1px solid var(--line) }
a { color: var(--link) } code { font-size: .9375rem }
@media (max-width: 34rem) { body { margin-top: 1.5rem } li { grid-template-columns: 1fr } }
`

/** `/`: says what this is, what is switched off or ignored, and where everything is; HTML or JSON by `Accept`. */
export function home(
  loaded: LoadedConfig,
  environment: Pick<Environment, 'name' | 'ignored'>,
): (c: Context) => Response | Promise<Response> {
  const { config, disabled } = loaded
  const disabledParts = withoutLinks(disabled).map(({ part }) => part)
  const about = {
    name: config.service.name,
    description: 'Production monitoring on the edge: health, metrics, errors and alerts.',
    version: config.service.version,
    environment: environment.name,
    disabled: disabledParts,
    ...(environment.ignored.length > 0 && { ignored_variables: environment.ignored }),
    links: linksOf(config.metrics.public),
  }

  return (c) => {
    c.header('Vary', 'Accept')
    const type = accepts(c, {
      header: 'Accept',
      supports: ['application/json', 'text/html'],
      default: 'application/json',
    })
    if (type === 'application/json') return c.json(about)
    return c.html(
      <>
        {raw('<!DOCTYPE html>')}
        <html lang="en">
          <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <title>{about.name}</title>
            <link rel="icon" href="/assets/icon.svg" />
            <style>{raw(STYLE)}</style>
          </head>
          <body>
            <main>
              <h1>{about.name}</h1>
              <p>{about.description}</p>
              <p class="dim">
                Version {about.version}, {about.environment}
              </p>
              <h2>Where to look</h2>
              <ul>
                {about.links.map(({ path, tells, access }) => (
                  <li>
                    {access === 'public' ? <a href={path}>{path}</a> : <code>{path}</code>}
                    <span>
                      {tells}
                      {access === 'token' && <span class="dim"> (needs a token)</span>}
                    </span>
                  </li>
                ))}
              </ul>
              {disabledParts.length > 0 && (
                <>
                  <h2>Switched off, because not configured</h2>
                  <p class="dim">{disabledParts.join(', ')}</p>
                </>
              )}
              {environment.ignored.length > 0 && (
                <>
                  <h2>Variables whose value makes no sense, and whose default is used</h2>
                  <p class="dim">{environment.ignored.join(', ')}</p>
                </>
              )}
            </main>
          </body>
        </html>
      </>,
    )
  }
}
