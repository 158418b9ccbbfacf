import { Hono } from 'hono'
import type { ReopenForm } from '../sign-in.tsx'
import { alertsPage } from './alerts.tsx'
import { businessPage } from './business.tsx'
import { cachePage } from './cache.tsx'
import { dependenciesPage } from './dependencies.tsx'
import { formRoutes } from './form-routes.ts'
import { incidentsPage } from './incidents.tsx'
import { linksPage } from './links.tsx'
import { monitorsPage } from './monitors.tsx'
import { overviewPage } from './overview.tsx'
import { type AdminContext, PageKit, type PageSources, type PageVariables } from './page-kit.tsx'
import { pushedPage } from './pushed.tsx'
import { requestsPage } from './requests.tsx'
import { settingsPage } from './settings.tsx'

/** The pages of the dashboard, and a way to show a form of theirs again. */
export function dashboardPages(sources: PageSources) {
  const kit = new PageKit(sources)
  const withForms = {
    alerts: alertsPage(kit),
    incidents: incidentsPage(kit),
    monitors: monitorsPage(kit),
    business: businessPage(kit),
    pushed: pushedPage(kit),
  }
  const routes = new Hono<{ Variables: PageVariables }>()
    .get('/', overviewPage(kit))
    .get('/pages/requests', requestsPage(kit))
    .get('/pages/alerts', withForms.alerts)
    .get('/pages/incidents', withForms.incidents)
    .get('/pages/monitors', withForms.monitors)
    .get('/pages/dependencies', dependenciesPage(kit))
    .get('/pages/cache', cachePage(kit))
    .get('/pages/business', withForms.business)
    .get('/pages/pushed', withForms.pushed)
    .get('/pages/settings', settingsPage(kit))
    .get('/pages/links', linksPage(kit))
    .route('/pages', formRoutes(sources, withForms))

  const reopen: ReopenForm = (c: AdminContext, { action, fields }, message) => {
    const [, name] = /^\/admin\/pages\/(\w+)\/\w+$/.exec(action) ?? []
    const page = Object.entries(withForms).find(([each]) => each === name)?.[1]
    if (!page) return undefined
    c.set('sent', { form: fields.get('form')?.[0], fields, message, mistakes: [] })
    return page(c)
  }

  return {
    /** To be mounted under `/admin`, behind its authentication. */
    routes,
    reopen,
  }
}
