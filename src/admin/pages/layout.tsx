import { raw } from 'hono/html'
import type { Child } from 'hono/jsx'
import { Time } from './elements.tsx'

/** The pages, in the order of the menu. */
export const PAGES = [
  { name: 'overview', path: '/admin', title: 'Overview' },
  { name: 'requests', path: '/admin/pages/requests', title: 'Requests' },
  { name: 'alerts', path: '/admin/pages/alerts', title: 'Alerts' },
  { name: 'incidents', path: '/admin/pages/incidents', title: 'Incidents' },
  { name: 'monitors', path: '/admin/pages/monitors', title: 'Monitors' },
  { name: 'dependencies', path: '/admin/pages/dependencies', title: 'Dependencies' },
  { name: 'cache', path: '/admin/pages/cache', title: 'Cache' },
  { name: 'business', path: '/admin/pages/business', title: 'Business' },
  { name: 'pushed', path: '/admin/pages/pushed', title: 'Pushed groups' },
  { name: 'settings', path: '/admin/pages/settings', title: 'Settings' },
  { name: 'links', path: '/admin/pages/links', title: 'Links' },
] as const

/** What every page of the dashboard has. */
export interface PageProps {
  readonly page: (typeof PAGES)[number]['name']
  readonly service: string
  readonly environment: string
  /** When it was made; milliseconds since the epoch. */
  readonly atMs: number
  /** After so many seconds it is worth reading anew; undefined for one that must not change by itself. */
  readonly refreshSeconds: number | undefined
  /** Of the session; undefined for who sent a bearer token. */
  readonly csrfToken: string | undefined
  readonly children?: Child
}

const ASSETS = '/assets'

/** The frame of an HTML document. */
export const Document = ({
  title,
  scripts,
  children,
}: {
  title: string
  scripts?: boolean
  children?: Child
}) => (
  <>
    {raw('<!DOCTYPE html>')}
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <meta name="color-scheme" content="light dark" />
        <title>{title}</title>
        <link rel="icon" href={`${ASSETS}/icon.svg`} />
        <link rel="stylesheet" href={`${ASSETS}/admin.css`} />
        {scripts && (
          <>
            <link rel="stylesheet" href={`${ASSETS}/uplot/uPlot.min.css`} />
            <script src={`${ASSETS}/uplot/uPlot.iife.min.js`} defer />
            <script src={`${ASSETS}/admin.js`} type="module" />
          </>
        )}
      </head>
      {children}
    </html>
  </>
)

/** A page of the dashboard. */
export const Page = ({
  page,
  service,
  environment,
  atMs,
  refreshSeconds,
  csrfToken,
  children,
}: PageProps) => {
  const { title } = PAGES.find(({ name }) => name === page)!
  return (
    <Document title={`${title} · ${service}`} scripts>
      <body data-refresh-seconds={refreshSeconds}>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <header class="bar">
          <p class="brand">
            <a href="/admin">{service}</a> <span class="environment">{environment}</span>
          </p>
          {csrfToken !== undefined && (
            <form method="post" action="/admin/logout">
              <input type="hidden" name="csrf" value={csrfToken} />
              <button type="submit" class="quiet">
                Sign out
              </button>
            </form>
          )}
        </header>
        <nav aria-label="Pages">
          <ul>
            {PAGES.map(({ name, path, title: label }) => (
              <li>
                <a href={path} {...(name === page && { 'aria-current': 'page' })}>
                  {label}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <main id="main" tabindex={-1}>
          <div class="head">
            <h1>{title}</h1>
            <p class="freshness" id="freshness">
              As of <Time atMs={atMs} /> UTC
              <span id="age" />
            </p>
          </div>
          {children}
        </main>
      </body>
    </Document>
  )
}
