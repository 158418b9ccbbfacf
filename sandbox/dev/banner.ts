import { styleText } from 'node:util'
import type { Servers } from '../servers.ts'

const LABEL_WIDTH = 15
const VALUE_WIDTH = 29

/** What a person sees when everything runs: what is where, the tokens, and what to try. */
export function banner(
  serviceUrl: string,
  servers: Servers,
  sample: { readonly documents: number },
  tickSeconds: number,
): string {
  const title = styleText('bold', 'Edgewatch runs.')
  const rows = [
    ['Service', serviceUrl, `cron every ${tickSeconds} s`],
    ['Status page', `${serviceUrl}/status`, 'what the public sees'],
    ['Dashboard', `${serviceUrl}/admin`, 'the admin token opens it'],
    ['Inbox', servers.inboxUrl, 'stands for Slack, PagerDuty, the webhook and Sentry'],
    ['Target', servers.vars.API_URL ?? '', 'stands for the application that is watched'],
    ['MongoDB', servers.mongodbKind, sampleText(sample.documents)],
    ['Redis', servers.redisKind, ''],
    ['Admin token', servers.vars.ADMIN_TOKEN ?? '', ''],
    ['Ingest token', servers.vars.INGEST_TOKEN ?? '', 'for events and pushed metrics'],
    ['Heartbeats', servers.vars.HEARTBEAT_TOKEN ?? '', 'the token of jobs'],
  ]
  const [name, shown] = servers.breakable.includes('mongodb') ? ['mongodb', 'MongoDB'] : ['redis', 'Redis']
  const fault = `${servers.inboxUrl}/faults/${name}`
  const commands = [
    [`break ${shown}`, `curl -X POST ${fault} -d '{"mode":"down"}'`],
    ['look at it', `curl -i ${serviceUrl}/health`],
    ['mend it', `curl -X DELETE ${fault}`],
    [
      'scrape metrics',
      `curl -H 'Authorization: Bearer ${servers.vars.ADMIN_TOKEN ?? ''}' ${serviceUrl}/metrics`,
    ],
  ]
  return [
    '',
    `  ${title}`,
    '',
    ...rows.map(([label = '', value = '', note]) => row(label, value, note)),
    '',
    `  ${styleText('bold', 'Try')}, with the inbox open in a browser:`,
    '',
    ...commands.map(([label = '', command = '']) => row(label, command)),
    '',
    '  Ctrl-C ends everything.',
    '',
  ].join('\n')
}

const row = (label: string, value: string, note?: string): string =>
  `  ${label.padEnd(LABEL_WIDTH)}${note ? value.padEnd(VALUE_WIDTH) : value}${note ? styleText('dim', ` ${note}`) : ''}`

const sampleText = (documents: number): string =>
  documents > 0 ? `with ${documents} sample documents` : 'with the data that it had'
