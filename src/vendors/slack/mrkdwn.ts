import { truncate } from '../../lib/text.ts'
import { webUrl } from '../../lib/web-url.ts'

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/**
 * A text for Slack, where `&`, `<` and `>` mean something, at most `maxLength` long once escaped. No escape and no
 * character is cut in two. https://docs.slack.dev/messaging/formatting-message-text/#escaping
 */
export function escapeMrkdwn(text: string, maxLength: number): string {
  const start = truncate(text, maxLength)
  const escaped = start.replaceAll(/[&<>]/g, (each) => ESCAPES[each]!)
  if (escaped.length <= maxLength) return escaped
  let result = ''
  for (const character of start) {
    const next = ESCAPES[character] ?? character
    if (result.length + next.length > maxLength - 1) break
    result += next
  }
  return `${result}…`
}

const MAX_URL_LENGTH = 1_500

/** A link in a list of its own; none where there is no URL that Slack could show. */
export function link(url: string | undefined, text: string): string[] {
  const href = webUrl(url)
    ?.replaceAll('|', '%7C')
    .replaceAll('<', '%3C')
    .replaceAll('>', '%3E')
    .replaceAll('&', '&amp;')
  return href === undefined || href.length > MAX_URL_LENGTH ? [] : [`<${href}|${text}>`]
}
