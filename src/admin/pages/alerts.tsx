import { alertsOf } from '../../alerts/settings.ts'
import { ok } from '../../lib/result.ts'
import { isSlug } from '../../lib/text.ts'
import { ActiveAlerts } from './active-alerts.tsx'
import { Deliveries } from './deliveries.tsx'
import { Part } from './elements.tsx'
import { formsOf, type PageHandler, type PageKit } from './page-kit.tsx'
import { Rules } from './rules.tsx'
import { Silences } from './silences.tsx'

/** What fires, what is silenced, what the rules measured, and who was told. */
export function alertsPage(kit: PageKit): PageHandler {
  const { config, ledger, clock } = kit.sources
  const alerts = alertsOf({ alerts: config.alerts, monitors: { configured: config.monitors } })
  return async (c) => {
    const overview = await kit.readings.read('alerts', async () => ok(await ledger().overview()))
    const forms = formsOf(c)
    const asked = c.req.query('alert') ?? ''
    const chosen = isSlug(asked) ? asked : undefined
    return kit.render(
      c,
      'alerts',
      <>
        <Part
          id="active"
          title="Active"
          aside={<a href="/admin/pages/incidents">Incidents</a>}
          reading={overview}
          show={(value) => <ActiveAlerts overview={value} chosen={chosen} forms={forms} now={clock()} />}
        />
        <Part
          id="silences"
          title="Silences"
          reading={overview}
          show={({ silences }) => <Silences silences={silences} alerts={alerts} forms={forms} />}
        />
        <Part id="rules" title="Rules" reading={overview} show={({ rules }) => <Rules rules={rules} />} />
        <Part
          id="deliveries"
          title="Delivery log, 7 days"
          reading={overview}
          show={({ outbox }) => <Deliveries outbox={outbox} />}
        />
      </>,
    )
  }
}
