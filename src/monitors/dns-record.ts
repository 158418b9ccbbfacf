import type { MonitorOf } from '../config/monitors.ts'

/**
 * A record's data in one form, whoever wrote it. Names lose case and the trailing dot; addresses of IPv6 are shortened.
 * Text is case-sensitive: it only loses its quotes, and its parts are joined (RFC 1035, 3.3.14; RFC 7208, 3.3).
 */
export function normalRecord(type: MonitorOf<'dns'>['record'], data: string): string {
  const text = data.trim()
  if (type === 'TXT') return unquoted(text)
  if (type === 'AAAA') return URL.parse(`http://[${text}]/`)?.hostname ?? text
  return text
    .toLowerCase()
    .split(/\s+/)
    .map((part) => unquoted(part).replace(/\.$/, ''))
    .join(' ')
}

const QUOTED = /"((?:[^"\\]|\\.)*)"/g

/** `"one, " "and another"` is `one, and another`; a text without quotes is itself. */
function unquoted(text: string): string {
  if (!text.startsWith('"')) return text
  return [...text.matchAll(QUOTED)].map(([, part = '']) => part.replaceAll(/\\(.)/g, '$1')).join('')
}
