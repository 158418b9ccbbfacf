import type { Config } from '../../config/schema.ts'
import { Badge, Empty, Section, severityTone, Table } from './elements.tsx'
import { type PageHandler, type PageKit, STEADY_SECONDS } from './page-kit.tsx'

const STATUS_PAGE = 'Status page'

/** Dashboards elsewhere, and the status page: ours, unless another one is configured. */
const Elsewhere = ({ links }: Pick<Config, 'links'>) => (
  <>
    <ul class="links">
      {links.map(({ name, url }) => (
        <li>
          <a href={url} rel="noreferrer">
            {name}
          </a>{' '}
          <span class="dim">{URL.parse(url)?.host}</span>
        </li>
      ))}
      {links.every(({ name }) => name !== STATUS_PAGE) && (
        <li>
          <a href="/status">{STATUS_PAGE}</a> <span class="dim">of this service</span>
        </li>
      )}
    </ul>
    {links.length === 0 && (
      <Empty>
        No other links are configured. Set <code>GRAFANA_URL</code>, <code>SENTRY_URL</code> and the like, or
        add your own to <code>links</code> in <code>edgewatch.config.ts</code>.
      </Empty>
    )}
  </>
)

const OWN = [
  ['/openapi.json', 'The HTTP API, described'],
  ['/health/detailed', 'Every check, with numbers'],
  ['/metrics', 'For Prometheus. Your browser asks for a password: enter the metrics token'],
  ['/admin/metrics', 'Requests, database, cache and scheduler, as JSON'],
  ['/admin/alerts', 'Alerts and what was delivered, as JSON'],
] as const

/** What this service has besides the dashboard. */
const Own = () => (
  <ul class="links">
    {OWN.map(([path, tells]) => (
      <li>
        <a href={path}>{path}</a> <span class="dim">{tells}</span>
      </li>
    ))}
  </ul>
)

/** Who is told of alerts, by their severity. */
const Channels = ({ alerts }: Pick<Config, 'alerts'>) => (
  <Table label="Who is told of alerts" columns={['Severity', 'Receivers']}>
    {(['critical', 'warning', 'info'] as const).map((severity) => (
      <tr>
        <th scope="row">
          <Badge tone={severityTone(severity)}>{severity}</Badge>
        </th>
        <td>{alerts.routes[severity].map((name) => receiverText(name, alerts)).join(', ') || 'nobody'}</td>
      </tr>
    ))}
  </Table>
)

function receiverText(name: string, { receivers }: Config['alerts']): string {
  const type = receivers.find((each) => each.name === name)?.type
  return type === undefined || type === name ? name : `${name} (${type})`
}

/** Where else to look, and who is told of alerts. */
export function linksPage(kit: PageKit): PageHandler {
  const { config } = kit.sources
  return (c) =>
    kit.render(
      c,
      'links',
      <>
        <div class="parts">
          <Section id="elsewhere" title="Elsewhere">
            <Elsewhere links={config.links} />
          </Section>
          <Section id="own" title="Of this service">
            <Own />
          </Section>
        </div>
        <Section id="channels" title="Who is told of alerts">
          <Channels alerts={config.alerts} />
        </Section>
      </>,
      STEADY_SECONDS,
    )
}
