import { Hono } from 'hono'
import type { AdminVariables } from '../auth.ts'
import { alertsPage } from './alerts.tsx'
import { businessPage } from './business.tsx'
import { cachePage } from './cache.tsx'
import { dependenciesPage } from './dependencies.tsx'
import { formRoutes } from './form-routes.ts'
import { linksPage } from './links.tsx'
import { monitorsPage } from './monitors.tsx'
import { overviewPage } from './overview.tsx'
import { PageKit, type PageSources } from './page-kit.tsx'
import { pushedPage } from './pushed.tsx'
import { requestsPage } from './requests.tsx'
import { settingsPage } from './settings.tsx'

/** The pages of the dashboard; to be mounted under `/admin`, behind its authentication. */
export function pageRoutes(sources: PageSources) {
  const kit = new PageKit(sources)
  return new Hono<{ Variables: AdminVariables }>()
    .get('/', overviewPage(kit))
    .get('/pages/requests', requestsPage(kit))
    .get('/pages/alerts', alertsPage(kit))
    .get('/pages/monitors', monitorsPage(kit))
    .get('/pages/dependencies', dependenciesPage(kit))
    .get('/pages/cache', cachePage(kit))
    .get('/pages/business', businessPage(kit))
    .get('/pages/pushed', pushedPage(kit))
    .get('/pages/settings', settingsPage(kit))
    .get('/pages/links', linksPage(kit))
    .route('/pages', formRoutes(sources))
}
