import type { Notification } from '../../alerts/receiver.ts'
import { formatDuration } from '../../lib/duration.ts'
import { oneLine } from '../../lib/text.ts'
import { alertUrl } from '../alert-url.ts'
import { escapeMrkdwn, link } from './mrkdwn.ts'

// Slack allows 50 blocks in a message, 150 characters in a header, 3,000 in a section and 2,000 in an element of a
// context (https://docs.slack.dev/reference/block-kit/blocks/).
const MAX_HEADER_LENGTH = 150
const MAX_SECTION_LENGTH = 3_000
const MAX_CONTEXT_LENGTH = 2_000
const MAX_FALLBACK_LENGTH = 3_000
// Slack advises against more attachments (https://docs.slack.dev/messaging/formatting-message-text/#attachments).
const MAX_ALERTS = 20
// Slack refuses blocks of more than about 13,000 characters in all (https://github.com/slackapi/bolt-js/issues/2509).
const MAX_LENGTH = 12_000

const COLOUR = { critical: '#d32f2f', warning: '#f9a825', info: '#1976d2' } as const
const RESOLVED_COLOUR = '#2e7d32'
const SEVERITY_SIGN = { critical: '🔴', warning: '🟠', info: '🔵' } as const
const KIND_WORD = {
  firing: 'firing',
  reminder: 'still firing',
  acknowledged: 'acknowledged',
  resolved: 'resolved',
  test: 'test',
} as const

type Notifications = readonly [Notification, ...Notification[]]

interface SlackMessage {
  readonly text: string
  readonly blocks: readonly object[]
  readonly attachments: readonly object[]
}

/**
 * One message for all of these: a headline, then each alert with a coloured edge. See `fitsInMessage`.
 * Times are shown in the reader's zone. https://docs.slack.dev/messaging/formatting-message-text/
 */
export function slackMessage(notifications: Notifications): SlackMessage {
  const headline = headlineOf(notifications)
  return {
    text: fallbackOf(notifications, headline),
    blocks: [{ type: 'header', text: { type: 'plain_text', text: oneLine(headline, MAX_HEADER_LENGTH) } }],
    attachments: notifications.map((each) =>
      attachmentOf(each, titleOf(each) === headline && headline.length <= MAX_HEADER_LENGTH),
    ),
  }
}

/** Whether Slack accepts these in one message. */
export function fitsInMessage(notifications: Notifications): boolean {
  if (notifications.length > MAX_ALERTS) return false
  const { text: _text, ...counted } = slackMessage(notifications)
  return JSON.stringify(counted).length <= MAX_LENGTH
}

/** One alert in the plainest form that Slack accepts. */
export const slackText = (notification: Notification): object => ({
  text: escapeMrkdwn(
    `${titleOf(notification)} · ${oneLine(notification.source.service, 100)}`,
    MAX_FALLBACK_LENGTH,
  ),
})

function headlineOf(notifications: Notifications): string {
  const [first] = notifications
  if (notifications.length === 1) return titleOf(first)
  const counts = Object.entries(KIND_WORD)
    .map(([kind, word]) => [notifications.filter((each) => each.kind === kind).length, word] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
  return `${signOfAll(notifications)} ${notifications.length} alerts: ${counts.join(', ')}`
}

/** What a phone shows, and screen readers read. Plain, but `&`, `<` and `>` mean something here too. */
function fallbackOf(notifications: Notifications, headline: string): string {
  const lines = notifications.length === 1 ? [headline] : [headline, ...notifications.map(titleOf)]
  return escapeMrkdwn(lines.map((line) => oneLine(line, 500)).join('\n'), MAX_FALLBACK_LENGTH)
}

function titleOf(notification: Notification): string {
  const word = notification.kind === 'firing' ? '' : `${KIND_WORD[notification.kind]}: `
  return `${signOf(notification)} ${word}${oneLine(notification.summary, 1_000) || notification.alert}`
}

/** @param titled whether the headline is this alert's title already */
function attachmentOf(notification: Notification, titled: boolean): object {
  const { runbook, source, value } = notification
  const parts = [
    `*${escapeMrkdwn(notification.severity, 20)}*`,
    escapeMrkdwn(oneLine(notification.condition, 300), 400),
    ...(value === undefined ? [] : [`value ${escapeMrkdwn(oneLine(value, 100), 150)}`]),
    whenOf(notification),
    `${escapeMrkdwn(oneLine(source.service, 100), 150)} (${escapeMrkdwn(oneLine(source.environment, 60), 80)})`,
    ...link(runbook, 'Runbook'),
    ...link(alertUrl(notification), 'Open'),
  ]
  return {
    color: notification.kind === 'resolved' ? RESOLVED_COLOUR : COLOUR[notification.severity],
    blocks: [
      ...(titled ? [] : [section(escapeMrkdwn(titleOf(notification), MAX_SECTION_LENGTH))]),
      { type: 'context', elements: contextOf(parts) },
    ],
  }
}

/** A context of up to two elements: what does not fit into the first goes into the second. */
function contextOf(parts: readonly string[]): object[] {
  const texts: string[] = []
  for (const part of parts) {
    const last = texts.at(-1)
    const joined = last === undefined ? part : `${last} · ${part}`
    if (last === undefined || joined.length > MAX_CONTEXT_LENGTH) texts.push(part)
    else texts[texts.length - 1] = joined
  }
  return texts.map(mrkdwn)
}

function whenOf({ kind, startedAtMs, resolvedAtMs }: Notification): string {
  if (kind !== 'resolved' || resolvedAtMs === undefined) return `since ${time(startedAtMs)}`
  return `from ${time(startedAtMs)}, for ${formatDuration(resolvedAtMs - startedAtMs)}`
}

function time(timeMs: number): string {
  const utc = `${new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  return `<!date^${Math.floor(timeMs / 1000)}^{date_short_pretty} {time}|${utc}>`
}

function signOf({ kind, severity }: Notification): string {
  if (kind === 'resolved') return '✅'
  return kind === 'test' ? '🧪' : SEVERITY_SIGN[severity]
}

function signOfAll(notifications: Notifications): string {
  const open = notifications.filter(({ kind }) => kind !== 'resolved')
  const worst = (['critical', 'warning', 'info'] as const).find((each) =>
    open.some(({ severity }) => severity === each),
  )
  return worst ? SEVERITY_SIGN[worst] : '✅'
}

// Verbatim: a URL or a channel's name within a text is not made a link or a mention.
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text, verbatim: true })
const section = (text: string) => ({ type: 'section', text: mrkdwn(text) })
